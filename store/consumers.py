"""How far each consumer of the outbox is. Its row is its lock: one process at a time runs it."""

from typing import Any

from store.changes import ChangeCursor
from store.database import Connection
from store.sql import statements

_SQL = statements("consumers")
_ADD = _SQL["add_consumer"]
_FIND = _SQL["find_consumer"]
_HOLD = _SQL["hold_consumer"]
_ADVANCE = _SQL["advance_consumer"]


async def add_consumer(conn: Connection, consumer: str) -> None:
    """Make a consumer known; it begins at the start of what is kept."""
    await conn.execute(_ADD, {"consumer": consumer})


async def find_consumer(conn: Connection, consumer: str) -> ChangeCursor | None:
    """Say how far a consumer is; None where it is not known."""
    return _cursor(await (await conn.execute(_FIND, {"consumer": consumer})).fetchone())


async def hold_consumer(conn: Connection, consumer: str) -> ChangeCursor | None:
    """Take the consumer's turn until the transaction ends; None where another one has it."""
    return _cursor(await (await conn.execute(_HOLD, {"consumer": consumer})).fetchone())


async def advance_consumer(conn: Connection, consumer: str, to: ChangeCursor) -> None:
    """Note how far a consumer is."""
    await conn.execute(_ADVANCE, {"consumer": consumer, "xid": str(to.xid), "seq": to.seq})


def _cursor(row: tuple[Any, ...] | None) -> ChangeCursor | None:
    return ChangeCursor(*row) if row else None
