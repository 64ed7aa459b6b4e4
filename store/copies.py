"""Events that brought a mail once more: each is noted, and whom it names is added to the message.

Who follows the outbox is told of it. Knows nothing of how a copy is recognised.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.conversation import ParticipantRole
from domain.message import RecipientRole
from store.database import Connection
from store.sql import statements

_SQL = statements("copies")
_INSERT_COPIES = _SQL["insert_copies"]
_ADD_RECIPIENTS = _SQL["add_recipients"]
_FIND_COPIED = _SQL["find_copied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCopy:
    """A row of `message_copies` to be. `recipients` are role, address and part in it."""

    customer_id: int
    event_id: str
    message_id: str
    recipients: Collection[tuple[RecipientRole, int, ParticipantRole]]


async def insert_copies(conn: Connection, copies: Sequence[NewCopy]) -> None:
    """Note copies of messages that are stored."""
    await conn.execute(
        _INSERT_COPIES,
        {
            "customer_ids": [copy.customer_id for copy in copies],
            "event_ids": [copy.event_id for copy in copies],
            "message_ids": [copy.message_id for copy in copies],
        },
    )
    rows = [
        (copy.customer_id, copy.message_id, address_hash, role, part)
        for copy in copies
        for role, address_hash, part in copy.recipients
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        names = ("customer_ids", "message_ids", "address_hashes", "roles", "parts")
        await conn.execute(_ADD_RECIPIENTS, dict(zip(names, columns, strict=True)))


async def find_copied(
    conn: Connection, messages: Collection[tuple[int, str]]
) -> list[tuple[int, str]]:
    """Find which of these messages came in more than once, each named by customer and id."""
    cursor = await conn.execute(
        _FIND_COPIED,
        {
            "customer_ids": [customer_id for customer_id, _ in messages],
            "message_ids": [message_id for _, message_id in messages],
        },
    )
    return await cursor.fetchall()
