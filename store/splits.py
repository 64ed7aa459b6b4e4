"""Moves the later messages of a conversation into one of their own.

The caller holds the conversation. Knows neither how the new key is found nor who asked.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from domain.address import Address
from store.database import Connection
from store.sql import statements

_SQL = statements("splits")
_FIND_MESSAGE = _SQL["find_split_message"]
_FIND_TAKEN = _SQL["find_taken_ids"]
_BEGIN = _SQL["begin_split"]
_MOVE = tuple(
    _SQL[name]
    for name in (
        "move_later_messages",
        "move_later_queued",
        "copy_participants",
        "divide_read_marks",
        "lower_read_marks",
        "divide_awaiting",
    )
)
_RECORD = _SQL["record_split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitMessage:
    """The first message that is to move. `dedup_key` is that of its event; None if we wrote it.

    `others` is everybody but us whom it names; `further_own` is the own address that it came to or
    from, if that is not the first of its channel.
    """

    id: str
    subject: str | None
    dedup_key: str | None
    sent_at: datetime
    others: tuple[Address, ...]
    further_own: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What is to move where. `id` is a new one, `agent_id` whoever asked."""

    customer_id: int
    id: str
    from_id: str
    from_seq: int
    into_id: str
    key_hash: str
    generation: int
    is_current: bool
    message_id: str
    subject: str | None
    sent_at: datetime
    agent_id: str | None


async def find_split_message(
    conn: Connection, customer_id: int, conversation_id: str, from_seq: int
) -> SplitMessage | None:
    """Find the message with a seq in a conversation."""
    parameters = {
        "customer_id": customer_id,
        "conversation_id": conversation_id,
        "from_seq": from_seq,
    }
    row = await (await conn.execute(_FIND_MESSAGE, parameters)).fetchone()
    if row is None:
        return None
    return SplitMessage(
        id=row[0],
        subject=row[1],
        dedup_key=row[2],
        sent_at=row[3],
        others=tuple(Address(kind, value) for kind, value in row[4]),
        further_own=Address(*row[5]) if row[5] and row[5][1] != row[6] else None,
    )


async def find_taken_ids(conn: Connection, customer_id: int, ids: Collection[str]) -> set[str]:
    """Return which ids name a conversation, or one that was merged away."""
    cursor = await conn.execute(_FIND_TAKEN, {"customer_id": customer_id, "ids": list(ids)})
    return {row[0] for row in await cursor.fetchall()}


async def split_conversation(conn: Connection, split: Split) -> int:
    """Move the messages with all that hangs on them; return how many they are.

    Counts, times and previews of both conversations are the caller's to renew.
    """
    parameters = asdict(split)
    await conn.execute(_BEGIN, parameters)
    for statement in _MOVE:
        await conn.execute(statement, parameters)
    row = await (await conn.execute(_RECORD, parameters)).fetchone()
    return row[0] if row else 0
