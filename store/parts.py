"""Parts of texts: which wait for others, and which are in a message. Which text a part is of, and
when it is whole, is decided elsewhere. Runs inside the caller's transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.divided_text import PARTS_WITHIN, WaitingPart
from domain.event import ClaimedEvent
from domain.identity import hash64
from store.database import Connection
from store.sql import statements

_SQL = statements("parts")
_HOLD_GROUPS = _SQL["hold_groups"]
_NOTE_PARTS = _SQL["note_parts"]
_LIST_WAITING = _SQL["list_waiting"]
_READ_EVENTS = _SQL["read_events"]
_AWAIT_PARTS = _SQL["await_parts"]
_HOLD_JOINED = _SQL["hold_joined"]
_MARK_JOINED = _SQL["mark_joined"]
_FIND_JOINED = _SQL["find_joined"]
_LIST_JOINED = _SQL["list_joined"]

EventKey = tuple[int, str]
GroupKey = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPart:
    """A row of `message_parts` to be."""

    customer_id: int
    event_id: str
    channel_id: str
    group: str
    number: int
    total: int
    received_at: datetime


async def hold_groups(conn: Connection, groups: Iterable[GroupKey]) -> None:
    """Let nobody else join parts of these texts until the transaction ends."""
    keys = sorted({hash64(f"part\0{customer_id}\0{group}") for customer_id, group in groups})
    await conn.execute(_HOLD_GROUPS, {"keys": keys})


async def note_parts(conn: Connection, parts: Sequence[NewPart]) -> None:
    """Note parts; each once, however often its event is processed."""
    await conn.execute(
        _NOTE_PARTS,
        {
            "wait": PARTS_WITHIN,
            "customer_ids": [part.customer_id for part in parts],
            "event_ids": [part.event_id for part in parts],
            "channel_ids": [part.channel_id for part in parts],
            "group_hashes": [part.group for part in parts],
            "part_numbers": [part.number for part in parts],
            "part_totals": [part.total for part in parts],
            "received_ats": [part.received_at for part in parts],
        },
    )


async def list_waiting(
    conn: Connection, groups: Collection[GroupKey]
) -> Mapping[GroupKey, Sequence[WaitingPart]]:
    """List the parts of these texts that are in no message."""
    names = {
        "customer_ids": [customer_id for customer_id, _ in groups],
        "group_hashes": [group for _, group in groups],
    }
    waiting: dict[GroupKey, list[WaitingPart]] = {}
    cursor = await conn.execute(_LIST_WAITING, names)
    for customer_id, group, event_id, number, total, received_at, is_due in await cursor.fetchall():
        part = WaitingPart(
            event_id=event_id, number=number, total=total, received_at=received_at, is_due=is_due
        )
        waiting.setdefault((customer_id, group), []).append(part)
    return waiting


async def read_part_events(conn: Connection, keys: Collection[EventKey]) -> list[ClaimedEvent]:
    """Read the events of parts; those that were forgotten are left out."""
    async with conn.cursor(row_factory=class_row(ClaimedEvent)) as cursor:
        await cursor.execute(_READ_EVENTS, _of(keys))
        return await cursor.fetchall()


async def await_parts(conn: Connection, keys: Collection[EventKey]) -> None:
    """Let claimed parts wait for the others of their text; that is no failed attempt."""
    await conn.execute(_AWAIT_PARTS, _of(keys))


async def hold_joined(conn: Connection, keys: Collection[EventKey]) -> set[str]:
    """Claim parts that wait in the queue; return those that nobody else has."""
    return {row[0] for row in await (await conn.execute(_HOLD_JOINED, _of(keys))).fetchall()}


async def mark_joined(conn: Connection, messages: Mapping[EventKey, str]) -> bool:
    """Say which message each part is in; False where one of them was in another already."""
    names = _of(messages) | {"message_ids": list(messages.values())}
    marked = await (await conn.execute(_MARK_JOINED, names)).fetchall()
    return len(marked) == len(messages)


async def find_joined(conn: Connection, keys: Collection[EventKey]) -> Mapping[str, str]:
    """Say which message each of these events is in, if it is a part of one."""
    return dict(await (await conn.execute(_FIND_JOINED, _of(keys))).fetchall())


async def list_joined(
    conn: Connection, messages: Collection[EventKey]
) -> Mapping[str, Sequence[str]]:
    """List the events that are parts of these messages, by message."""
    names = {
        "customer_ids": [customer_id for customer_id, _ in messages],
        "message_ids": [message_id for _, message_id in messages],
    }
    parts: dict[str, list[str]] = {}
    for message_id, event_id in await (await conn.execute(_LIST_JOINED, names)).fetchall():
        parts.setdefault(message_id, []).append(event_id)
    return parts


def _of(keys: Iterable[EventKey]) -> dict[str, list[object]]:
    found = list(keys)
    return {
        "customer_ids": [customer_id for customer_id, _ in found],
        "event_ids": [event_id for _, event_id in found],
    }
