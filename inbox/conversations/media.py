"""Has an attachment fetched once more that its provider did not give. Knows no HTTP."""

from domain.errors import Conflict, NotFound
from store.database import Connection
from store.media import queue_media_again
from store.message_listing import list_attachments


async def fetch_again(
    conn: Connection, customer_id: int, message_id: str, position: int | None
) -> None:
    """Have an attachment fetched that could not be.

    Raises: NotFound, Conflict where it is here already, or is being fetched.
    """
    attachments = await list_attachments(conn, customer_id, [message_id])
    if position is None or all(each.position != position for each in attachments):
        raise NotFound("there is no such attachment")
    if not await queue_media_again(conn, customer_id, message_id, position):
        raise Conflict("only an attachment that could not be fetched can be fetched again")
