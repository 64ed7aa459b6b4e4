"""The outbox, read without gaps: what happened, in the order (xid, seq), below the oldest writer.

A sequence commits out of order, so a reader that follows it alone skips what commits late. Below
`pg_snapshot_xmin` nothing can appear any more. Knows no cursor text and no JSON.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.outbound import OutboundStatus
from store.database import Connection
from store.sql import statements

_SQL = statements("changes")
_OF_CUSTOMER = _SQL["changes_of_customer"]
_OF_ALL = _SQL["changes_of_all"]
_CURSOR_OF_NOW = _SQL["cursor_of_now"]
_PRUNE = _SQL["prune_changes"]

_HEAD_FIELDS = 6


class ChangeCursor(NamedTuple):
    """A place in the outbox: behind the row of this transaction and seq.

    Cursors of one epoch compare; each server that the outbox came to begins another.
    """

    xid: int
    seq: int
    epoch: int = 0


BEGINNING = ChangeCursor(0, 0)


class OutboxRow(NamedTuple):
    """One change. `version`, `message_seq` and `message_status` are those that it had then."""

    customer_id: int
    xid: int
    seq: int
    type: str
    conversation_id: str | None
    message_id: str | None
    object_id: str | None
    version: int | None
    message_seq: int | None
    created_at: datetime
    message_status: OutboundStatus | None
    epoch: int

    @property
    def cursor(self) -> ChangeCursor:
        return ChangeCursor(self.xid, self.seq, self.epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a reader found. Shape: `rows` in order.

    `read_to` is where to read on: behind the last row, or, where all was read, behind everything
    that is over. `is_held_back`: more is committed, but an open transaction may still come before
    it (only told to readers of all customers). `pruned_to` is how far the outbox was emptied,
    `here` is where to begin for whoever has missed something.
    """

    rows: list[OutboxRow]
    read_to: ChangeCursor
    has_more: bool
    is_held_back: bool
    pruned_to: ChangeCursor
    here: ChangeCursor
    newest_xid: int

    def misses(self, after: ChangeCursor) -> bool:
        """Say whether rows behind this cursor are gone, or it is of another server's counting."""
        return after != BEGINNING and (
            after.epoch != self.here.epoch or after < self.pruned_to or after.xid > self.newest_xid
        )


async def changes_of_customer(
    conn: Connection, customer_id: int, after: ChangeCursor, limit: int
) -> Changes:
    """Read a customer's changes behind a cursor."""
    parameters = {
        "customer_id": customer_id,
        "xid": str(after.xid),
        "seq": after.seq,
        "limit": limit,
    }
    cursor = await conn.execute(_OF_CUSTOMER, parameters)
    return _changes(await cursor.fetchall(), after, limit)


async def changes_of_all(conn: Connection, after: ChangeCursor, limit: int) -> Changes:
    """Read all customers' changes behind a cursor: for consumers and for the live feed."""
    parameters = {"xid": str(after.xid), "seq": after.seq, "limit": limit}
    cursor = await conn.execute(_OF_ALL, parameters)
    return _changes(await cursor.fetchall(), after, limit)


async def cursor_of_now(conn: Connection) -> ChangeCursor:
    """Return the cursor behind which everything lies that is not over yet."""
    row = await (await conn.execute(_CURSOR_OF_NOW)).fetchone()
    return ChangeCursor(row[0], 0, row[1]) if row else BEGINNING


async def prune_changes(conn: Connection, now: datetime, days: int, limit: int) -> int:
    """Remove up to `limit` of the oldest changes that are older than `days`, or their customer's.

    The outbox is one log, emptied from its front: a change stays while an older one has to.
    What a consumer has not done yet stays. Returns how many are gone; fewer than `limit` means
    that this was all.
    """
    row = await (
        await conn.execute(
            _PRUNE, {"now": now, "before": now - timedelta(days=days), "limit": limit}
        )
    ).fetchone()
    return row[0] if row else 0


def _changes(found: list[tuple[Any, ...]], after: ChangeCursor, limit: int) -> Changes:
    """Take apart rows that each begin with what holds for all of them."""
    xmin, xmax, is_held_back, pruned_xid, pruned_seq, epoch = found[0][:_HEAD_FIELDS]
    rows = [
        OutboxRow(*row[_HEAD_FIELDS:], epoch=epoch)
        for row in found
        if row[_HEAD_FIELDS] is not None
    ]
    has_more = len(rows) == limit
    here = ChangeCursor(xmin, 0, epoch)
    return Changes(
        rows=rows,
        read_to=rows[-1].cursor if has_more else max(after, here),
        has_more=has_more,
        is_held_back=is_held_back,
        pruned_to=BEGINNING if pruned_xid is None else ChangeCursor(pruned_xid, pruned_seq, epoch),
        here=here,
        newest_xid=xmax,
    )
