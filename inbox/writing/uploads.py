"""Bringing files for messages to come, by the API or with a form. Knows no message."""

from asyncio import to_thread
from collections.abc import Callable
from hashlib import sha256

from domain.errors import QuotaExceeded
from domain.file_name import safe_name
from domain.media_type import media_type
from inbox.http.body import MOST_BODY_BYTES
from inbox.page.page_request import PageRequest
from store.customers import has_room_for
from store.database import Connection
from store.uploads import NewUpload, insert_upload

MOST_UPLOAD_BYTES = 28_000_000  # what the provider that takes the most takes
MOST_FORM_BYTES = MOST_UPLOAD_BYTES + MOST_BODY_BYTES
_LONGEST_TYPE = 100


async def bring_file(
    conn: Connection,
    customer_id: int,
    new_id: Callable[[], str],
    *,
    filename: str | None,
    content_type: str,
    content: bytes,
) -> NewUpload:
    """Keep a file, so that a message can have it.

    Raises: QuotaExceeded.
    """
    if not await has_room_for(conn, customer_id, len(content)):
        raise QuotaExceeded("the files that are kept leave no room for this one")
    upload = NewUpload(
        customer_id=customer_id,
        id=new_id(),
        filename=safe_name(filename),
        content_type=media_type(content_type)[:_LONGEST_TYPE] or None,
        content=content,
        # Up to a tenth of a second: others need not wait for it.
        file_hash=(await to_thread(sha256, content)).digest(),
    )
    await insert_upload(conn, upload)
    return upload


async def bring_files_of_form(conn: Connection, page_request: PageRequest) -> list[str]:
    """Keep the files that were chosen in a form; return their ids."""
    brought = [
        await bring_file(
            conn,
            page_request.key.customer_id,
            page_request.shared.new_id,
            filename=file.filename,
            content_type=file.content_type,
            content=file.content,
        )
        for file in page_request.files
    ]
    return [upload.id for upload in brought]
