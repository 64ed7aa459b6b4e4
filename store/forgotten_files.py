"""Files that nobody uses, or that were kept for long enough: forgotten first, removed afterwards.

Who gets the same bytes in between finds them forgotten and keeps them anew; nobody relies on what
is being removed from the store. Runs inside the caller's transaction; knows no store and no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.database import Connection
from store.files import FileKey
from store.moved_files import columns_of
from store.sql import statements

_SQL = statements("forgotten_files")
_NEXT = _SQL["next_files"]
_HOLD_UNUSED = _SQL["hold_unused"]
_FORGET_UNUSED = _SQL["forget_unused"]
_CLAIM_FORGOTTEN = _SQL["claim_forgotten"]
_RELEASE_REMOVED = _SQL["release_removed"]
_LOCK_FORGOTTEN = _SQL["lock_forgotten"]
_DELETE_UNUSED = _SQL["delete_unused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """What counts as unused: it came before a time, and no message has it.

    With `since`, only messages count that are newer, or that are still to be sent.
    """

    came_before: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a step forgot, and the last file that it looked at, if there may be more."""

    forgotten: int
    after: FileKey | None


async def forget_some(
    conn: Connection, unused: Unused, after: FileKey, last_customer: int, limit: int
) -> Looked:
    """Forget what is unused among the next files behind a key."""
    cursor = await conn.execute(
        _NEXT,
        {
            "came_before": unused.came_before,
            "unused_since": unused.since,
            "after_customer": after[0],
            "after_hash": after[1],
            "last_customer": last_customer,
            "most_files": limit,
        },
    )
    found = await cursor.fetchall()
    forgotten = await _forget(conn, unused, [(row[0], row[1]) for row in found if row[2]])
    last = (found[-1][0], found[-1][1]) if len(found) == limit else None
    return Looked(forgotten=forgotten, after=last)


async def _forget(conn: Connection, unused: Unused, keys: Sequence[FileKey]) -> int:
    if not keys:
        return 0
    held = await (await conn.execute(_HOLD_UNUSED, columns_of(keys))).fetchall()
    parameters = columns_of(held) | {"unused_since": unused.since}
    return (await conn.execute(_FORGET_UNUSED, parameters)).rowcount


async def claim_forgotten(
    conn: Connection, after: FileKey, seconds: float
) -> tuple[FileKey, datetime] | None:
    """Hold the next file that is to be removed from the store, for so long."""
    parameters = {"after_customer": after[0], "after_hash": after[1], "seconds": seconds}
    row = await (await conn.execute(_CLAIM_FORGOTTEN, parameters)).fetchone()
    return ((row[0], row[1]), row[2]) if row else None


async def settle_removed(conn: Connection, key: FileKey, held_until: datetime) -> None:
    """Note that the store has a file no more; its row goes where no message has it."""
    parameters = {"customer_id": key[0], "hash": key[1]}
    released = await conn.execute(_RELEASE_REMOVED, parameters | {"held_until": held_until})
    if released.rowcount and await (await conn.execute(_LOCK_FORGOTTEN, parameters)).fetchone():
        await conn.execute(_DELETE_UNUSED, parameters)
