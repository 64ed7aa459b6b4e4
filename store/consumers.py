"""How far each consumer of the outbox is, whose turn it is, and what a consumer could not do."""

from collections.abc import Sequence
from typing import Any

from store.changes import ChangeCursor, OutboxRow
from store.database import Connection
from store.sql import statements

_SQL = statements("consumers")
_ADD = _SQL["add_consumer"]
_NOTE_OFF = _SQL["note_off"]
_NOTE_ON = _SQL["note_on"]
_IS_OFF = _SQL["is_off"]
_LIST_MISSING = _SQL["list_missing"]
_END_CATCHING_UP = _SQL["end_catching_up"]
_FIND = _SQL["find_consumer"]
_TAKE_TURN = _SQL["take_turn"]
_WAIT_FOR_TURN = _SQL["wait_for_turn"]
_HOLD = _SQL["hold_consumer"]
_ADVANCE = _SQL["advance_consumer"]
_SET_ASIDE = _SQL["set_aside"]

_LONGEST_TURN_MILLISECONDS = 300_000


async def add_consumer(conn: Connection, consumer: str) -> None:
    """Make a consumer known; it begins at the start of what is kept."""
    await conn.execute(_ADD, {"consumer": consumer})


async def note_off(conn: Connection, consumers: Sequence[str]) -> None:
    """Note that consumers are off: the outbox keeps nothing for them."""
    await conn.execute(_NOTE_OFF, {"consumers": list(consumers)})


async def is_off(conn: Connection, consumer: str) -> bool:
    """Say whether a consumer is noted to be off."""
    row = await (await conn.execute(_IS_OFF, {"consumer": consumer})).fetchone()
    return bool(row and row[0])


async def note_on(conn: Connection, consumer: str) -> None:
    """Note that a consumer is on: the outbox keeps what it has not done."""
    await conn.execute(_NOTE_ON, {"consumer": consumer})


async def list_missing(conn: Connection) -> list[str]:
    """List the consumers that lack what the outbox no longer tells, but for those that are off."""
    return [row[0] for row in await (await conn.execute(_LIST_MISSING)).fetchall()]


async def end_catching_up(conn: Connection, consumer: str) -> None:
    """Note that a consumer lacks nothing any more, unless it was switched off meanwhile."""
    await conn.execute(_END_CATCHING_UP, {"consumer": consumer})


async def find_consumer(conn: Connection, consumer: str) -> ChangeCursor | None:
    """Say how far a consumer is; None where it is not known."""
    return _cursor(await (await conn.execute(_FIND, {"consumer": consumer})).fetchone())


async def take_turn(conn: Connection, consumer: str) -> ChangeCursor | None:
    """Take the consumer's turn until the transaction ends; None where another one has it.

    The transaction may then be idle for minutes, while what was read is worked on.
    """
    parameters = {"consumer": consumer, "milliseconds": _LONGEST_TURN_MILLISECONDS}
    return _cursor(await (await conn.execute(_TAKE_TURN, parameters)).fetchone())


async def wait_for_turn(conn: Connection, consumer: str) -> None:
    """Take the consumer's turn until the transaction ends, as soon as it is free."""
    await conn.execute(_WAIT_FOR_TURN, {"consumer": consumer})


async def hold_consumer(conn: Connection, consumer: str) -> ChangeCursor | None:
    """Hold the consumer's cursor until the transaction ends; None where another one does."""
    return _cursor(await (await conn.execute(_HOLD, {"consumer": consumer})).fetchone())


async def advance_consumer(conn: Connection, consumer: str, to: ChangeCursor) -> None:
    """Note how far a consumer is."""
    await conn.execute(_ADVANCE, {"consumer": consumer, "xid": str(to.xid), "seq": to.seq})


async def set_aside(conn: Connection, consumer: str, row: OutboxRow, error_class: str) -> None:
    """Keep which change a consumer could not do, for its operator."""
    await conn.execute(
        _SET_ASIDE,
        {
            "consumer": consumer,
            "seq": row.seq,
            "customer_id": row.customer_id,
            "type": row.type,
            "conversation_id": row.conversation_id,
            "message_id": row.message_id,
            "object_id": row.object_id,
            "error_class": error_class,
        },
    )


def _cursor(row: tuple[Any, ...] | None) -> ChangeCursor | None:
    return ChangeCursor(*row[:3]) if row else None
