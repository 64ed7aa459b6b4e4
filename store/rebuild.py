"""The second schema, into which conversations are derived again, and what it is filled from.

Its tables have the names and shapes of the first one's, so the worker's own statements write them.
Knows no comparison.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import IsolationLevel

from domain.address import Address
from domain.event import ClaimedEvent, FetchedContent
from store.database import Connection
from store.sql import statements

_SQL = statements("rebuild")
_MAKE = _SQL["make_schema"]
_DROP = _SQL["drop_schema"]
_HOLD_REBUILD = _SQL["hold_rebuild"]
_ENTER = _SQL["enter_schema"]
_COUNT_EVENTS = _SQL["count_events"]
_NEXT_EVENTS = _SQL["next_events"]
_EVENTS_OF = _SQL["events_of"]
_INSERT_DERIVED = _SQL["insert_derived"]
_INSERT_REFS = _SQL["insert_refs"]
_COUNT_DERIVED = _SQL["count_derived"]
_ANALYZE = _SQL["analyze_derived"]
_HOLD_STILL = _SQL["hold_conversations_still"]
_HAS_WORKERS = _SQL["has_workers"]
_COMPARE_IN_MEMORY = _SQL["compare_in_memory"]

_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose events are read: those of a customer, or of one of its channels."""

    customer_id: int
    channel_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What an event stands for: `message`, `copy` or `part` of one, `receipt`, or `unread`.

    `key_hash` is the key of its own conversation and `home` that one's id; `own_id` and
    `references` are the Message-IDs of a mail, hashed; `own_address` is where it came to.
    """

    event_id: str
    channel_id: str
    kind: str
    key_hash: str | None = None
    home: str | None = None
    own_id: str | None = None
    own_address: Address | None = None
    references: tuple[str, ...] = ()
    preview: str | None = None


async def make_schema(conn: Connection) -> None:
    """Make the schema anew."""
    await conn.execute(_MAKE)


async def drop_schema(conn: Connection) -> None:
    await conn.execute(_DROP)


async def hold_rebuild(conn: Connection) -> bool:
    """Keep others from rebuilding until the transaction ends; False where somebody does."""
    row = await (await conn.execute(_HOLD_REBUILD)).fetchone()
    return bool(row and row[0])


async def enter_schema(conn: Connection) -> None:
    """Let all statements of this transaction find the second schema first."""
    await conn.execute(_ENTER)


async def count_events(conn: Connection, scope: Scope) -> int:
    """Count the events that there are to read, those that still wait included."""
    row = await (await conn.execute(_COUNT_EVENTS, _of(scope))).fetchone()
    return row[0] if row else 0


async def next_events(
    conn: Connection, scope: Scope, after_id: str, limit: int, *, are_copies: bool
) -> list[ClaimedEvent]:
    """Read settled events that were not derived yet, in the order of their ids.

    Either those that became a message, or those that brought one once more: which of two copies is
    the message was decided when they came in.
    """
    parameters = {
        "after_id": after_id,
        "limit": limit,
        "most_bytes": _MOST_BYTES,
        "are_copies": are_copies,
    }
    cursor = await conn.execute(_NEXT_EVENTS, _of(scope) | parameters)
    return [_event(row) for row in await cursor.fetchall()]


async def events_of(conn: Connection, scope: Scope, ids: Collection[str]) -> list[ClaimedEvent]:
    """Read events by their ids."""
    parameters = {"customer_id": scope.customer_id, "ids": list(ids)}
    cursor = await conn.execute(_EVENTS_OF, parameters)
    return [_event(row) for row in await cursor.fetchall()]


async def insert_derived(conn: Connection, scope: Scope, derived: Sequence[Derived]) -> None:
    """Note what events stand for."""
    own_addresses = [message.own_address for message in derived]
    await conn.execute(
        _INSERT_DERIVED,
        {
            "customer_id": scope.customer_id,
            "event_ids": [message.event_id for message in derived],
            "channel_ids": [message.channel_id for message in derived],
            "kinds": [message.kind for message in derived],
            "key_hashes": [message.key_hash for message in derived],
            "homes": [message.home for message in derived],
            "own_ids": [message.own_id for message in derived],
            "own_kinds": [own and own.kind for own in own_addresses],
            "own_addresses": [own and own.value for own in own_addresses],
            "previews": [message.preview for message in derived],
        },
    )
    references = [(message, reference) for message in derived for reference in message.references]
    if references:
        await conn.execute(
            _INSERT_REFS,
            {
                "customer_id": scope.customer_id,
                "channel_ids": [message.channel_id for message, _ in references],
                "event_ids": [message.event_id for message, _ in references],
                "hashes": [reference for _, reference in references],
            },
        )


async def count_derived(conn: Connection, scope: Scope) -> tuple[int, int]:
    """Count the events that were read, and those of them that nobody understands any more."""
    parameters = {"customer_id": scope.customer_id}
    row = await (await conn.execute(_COUNT_DERIVED, parameters)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


async def analyze_derived(conn: Connection) -> None:
    """Let the planner know what was written."""
    await conn.execute(_ANALYZE)


async def use_snapshots(conn: Connection, wanted: bool) -> None:
    """Let each transaction see one moment from now on, or each statement its own again."""
    await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ if wanted else None)


async def hold_still(conn: Connection) -> None:
    """Let whoever writes conversations wait until the transaction ends."""
    await conn.execute(_HOLD_STILL)


async def has_workers(conn: Connection) -> bool:
    """Say whether workers were seen lately."""
    row = await (await conn.execute(_HAS_WORKERS)).fetchone()
    return bool(row and row[0])


async def compare_in_memory(conn: Connection) -> None:
    """Give this transaction room for sorting, and little patience with locks."""
    await conn.execute(_COMPARE_IN_MEMORY)


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id, "channel_id": scope.channel_id}


def _event(row: tuple[Any, ...]) -> ClaimedEvent:
    customer_id, id_, channel_id, provider, kind, dedup_key, body, content_type, *rest = row
    received_at, headers_json, fetched_type, fetched = rest
    return ClaimedEvent(
        customer_id=customer_id,
        id=id_,
        channel_id=channel_id,
        provider=provider,
        kind=kind,
        dedup_key=dedup_key,
        body=body,
        content_type=content_type,
        received_at=received_at,
        attempt=1,
        is_settled=False,
        headers_json=headers_json,
        fetched=None
        if fetched is None
        else FetchedContent(content_type=fetched_type, body=fetched),
    )
