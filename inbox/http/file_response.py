"""Hands out a file that somebody sent: to be kept, never to be run. Knows no route.

Pictures alone are shown, as what their bytes are, whatever the sender says.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import structlog
from starlette.responses import Response

from domain.errors import FileUnavailable, NotFound
from domain.file_name import safe_name
from domain.file_type import file_type, image_type
from domain.media_type import media_type
from store.blobs import BlobError, BlobStore, BlobTrouble, read_blob
from store.files import StoredFile

_LOG = structlog.get_logger(__name__)

_MOST_POSITION = 1_000_000
_BYTES = "application/octet-stream"
# What phones show or keep; nothing that a browser would run.
_MEDIA = re.compile(
    r"(?:image|video|audio)/(?!svg)[a-z0-9][a-z0-9.+-]*"
    r"|application/pdf|text/(?:plain|vcard|x-vcard|calendar)"
)
_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_WORDS: Mapping[BlobTrouble, str] = {
    "away": "the store of files does not answer",
    "missing": "the store of files does not have it: an operator may have to restore it",
    "damaged": "what the store of files has is not what was put there",
}


def parse_position(text: str) -> int | None:
    """Read which file of a message is meant; None where there can be none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_POSITION))
    return int(text) if is_number else None


async def file_response(
    blobs: BlobStore | None, customer_id: int, file: StoredFile | None
) -> Response:
    """Answer with a file. What the sender says that it is, is not repeated.

    Raises: NotFound; FileUnavailable where the store does not give it.
    """
    content, filename = await _read(blobs, customer_id, file)
    name = quote(safe_name(filename), safe="")
    return Response(
        content,
        media_type=_BYTES,
        headers={**_HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


async def picture_response(
    blobs: BlobStore | None, customer_id: int, file: StoredFile | None
) -> Response:
    """Answer with a picture, to be shown.

    Raises: NotFound, also where it is none; FileUnavailable where the store does not give it.
    """
    content, _ = await _read(blobs, customer_id, file)
    kind = image_type(content)
    if kind is None:
        raise NotFound("the file is no picture that browsers show")
    return Response(content, media_type=kind, headers=_HEADERS)


async def media_response(
    blobs: BlobStore | None, customer_id: int, file: StoredFile | None
) -> Response:
    """Answer a provider with a file of a text, as what it is; to a browser it is a download.

    Raises: NotFound; FileUnavailable where the store does not give it.
    """
    content, _ = await _read(blobs, customer_id, file)
    claimed = media_type(file.content_type or "") if file else ""
    detected = file_type(content)
    kind = next((each for each in (detected, claimed) if each and _MEDIA.fullmatch(each)), _BYTES)
    headers = {**_HEADERS, "Content-Disposition": "attachment"}
    return Response(content, headers={**headers, "Content-Type": kind})


async def _read(
    blobs: BlobStore | None, customer_id: int, file: StoredFile | None
) -> tuple[bytes, str | None]:
    if file is None:
        raise NotFound("there is no such file, or it is still at its provider")
    if file.is_forgotten:
        raise NotFound("the file is no longer kept: it was kept for a limited time")
    if file.content is not None:
        return file.content, file.filename
    try:
        return await read_blob(blobs, (customer_id, file.hash)), file.filename
    except BlobError as error:
        _log_not_read(error)
        raise FileUnavailable(_WORDS[error.trouble]) from error


async def read_inline(
    blobs: BlobStore | None, customer_id: int, files: Iterable[tuple[str, bytes, bytes | None]]
) -> dict[str, bytes]:
    """Read the files that a mail shows, by Content-ID; what the store does not give is left out."""
    contents: dict[str, bytes] = {}
    for content_id, digest, content in files:
        try:
            if content is None:
                content = await read_blob(blobs, (customer_id, digest))
        except BlobError as error:
            _log_not_read(error)
            if error.trouble == "away":
                break  # nobody waits for it once more for each
        else:
            contents[content_id] = content
    return contents


def _log_not_read(error: BlobError) -> None:
    """Log that the store did not give a file."""
    _LOG.warning("file_not_read", trouble=error.trouble, error_class=error.error_class)
