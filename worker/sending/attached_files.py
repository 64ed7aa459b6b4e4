"""Reads the files that a message is sent with, wherever they lie. Knows no provider."""

from collections.abc import Sequence

import structlog

from domain.outbound import OutboundAttachment, Retry
from store.blobs import BlobError, BlobStore, read_blob
from store.uploads import AttachedFile

_LOG = structlog.get_logger(__name__)

_UNAVAILABLE = Retry(
    after_seconds=None, code="files_unavailable", detail="its files cannot be read now"
)


async def read_attached(
    blobs: BlobStore | None, customer_id: int, files: Sequence[AttachedFile]
) -> tuple[OutboundAttachment, ...] | Retry:
    """Read files that are kept, or say why the message cannot be sent now."""
    attachments: list[OutboundAttachment] = []
    for file in files:
        content = file.content
        if content is None:
            try:
                content = await read_blob(blobs, (customer_id, file.hash))
            except BlobError as error:
                _LOG.warning("file_not_read", trouble=error.trouble, error_class=error.error_class)
                return _UNAVAILABLE
        attachments.append(
            OutboundAttachment(
                filename=file.filename, content_type=file.content_type, content=content
            )
        )
    return tuple(attachments)
