"""Derives everything again from the events into a second schema, and says what differs.

The events are read while all goes on; the comparison sees one moment. Knows no command line; what
is done about a difference is `rebuild_apply`'s.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from domain.actor import Actor
from domain.errors import OperatorError
from domain.provider import Provider
from store.database import Connection, DatabaseError
from store.faults import fault_of
from store.notifications import notify_changes
from store.rebuild import (
    Scope,
    analyze_derived,
    compare_in_memory,
    count_derived,
    count_events,
    drop_schema,
    has_workers,
    hold_rebuild,
    hold_still,
    make_schema,
    use_snapshots,
)
from store.rebuild_difference import (
    TableDifference,
    find_differences,
    list_differences,
)
from store.rebuild_placing import begin_comparison, list_decisions
from worker.rebuild.apply import Applying, apply_differences
from worker.rebuild.derive import Derivation
from worker.rebuild.families import families_of

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildConfig:
    """What a rebuild works with. `progress` hears how many events were read, of about how many.

    `most_seconds` is how long workers may be kept waiting: less than they let a claim take.
    """

    connect: Callable[[], Awaitable[Connection]]
    providers: Mapping[str, Provider]
    new_id: Callable[[], str]
    most_seconds: float = 20.0
    progress: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild found. `unread` events were settled once, and nobody understands them now."""

    events: int
    unread: int
    tables: list[TableDifference] = field(default_factory=list[TableDifference])
    is_applied: bool = False

    @property
    def is_equal(self) -> bool:
        return not self.tables


async def rebuild(
    config: RebuildConfig, scope: Scope, actor: Actor | None = None, reason: str | None = None
) -> Rebuilt:
    """Derive, compare, and where an actor asks for it make the first schema equal to the second.

    Raises: OperatorError where another rebuild runs, or others were in the way of applying.
    """
    guard, conn = await config.connect(), await config.connect()
    try:
        async with guard.transaction():
            if not await hold_rebuild(guard):
                raise OperatorError("another rebuild is running: wait until it has ended")
            await make_schema(conn)
            try:
                return await _rebuild(conn, config, scope, actor, reason)
            finally:
                with suppress(DatabaseError):
                    await drop_schema(conn)
    finally:
        await conn.close()
        await guard.close()


async def _rebuild(
    conn: Connection, config: RebuildConfig, scope: Scope, actor: Actor | None, reason: str | None
) -> Rebuilt:
    total = await count_events(conn, scope)
    derivation = Derivation(conn, scope, config.providers)
    done = 0
    # No further than to what there was at first: what comes in meanwhile is for the comparison.
    while done < total and (count := await derivation.read_some()):
        done += count
        config.progress(min(done, total), total)
    await analyze_derived(conn)
    await use_snapshots(conn, True)
    async with conn.transaction():
        found = await _compare(conn, scope, derivation)
    await use_snapshots(conn, False)
    if actor is None or found.is_equal:
        return found
    applying = Applying(
        scope=scope,
        providers=config.providers,
        actor=actor,
        entry_id=config.new_id(),
        reason=reason,
    )
    most_seconds = config.most_seconds if await has_workers(conn) else None
    try:
        async with asyncio.timeout(most_seconds):
            return await _apply(conn, derivation, applying)
    except TimeoutError:
        raise OperatorError(
            "workers would have to wait for too long, and nothing was changed: stop them and try "
            "again; what comes in meanwhile is kept"
        ) from None


async def _compare(conn: Connection, scope: Scope, derivation: Derivation) -> Rebuilt:
    await derivation.read_rest()
    await compare_in_memory(conn)
    await begin_comparison(conn, scope, families_of(await list_decisions(conn, scope)))
    await find_differences(conn, scope)
    events, unread = await count_derived(conn, scope)
    return Rebuilt(events=events, unread=unread, tables=await list_differences(conn, scope))


async def _apply(conn: Connection, derivation: Derivation, applying: Applying) -> Rebuilt:
    for _ in range(_TRIES):
        try:
            async with conn.transaction():
                await compare_in_memory(conn)
                await hold_still(conn)
                found = await _compare(conn, applying.scope, derivation)
                if not found.is_equal:
                    await apply_differences(conn, applying, found.tables)
        except DatabaseError as error:
            if fault_of(error) != "contention":
                raise
            continue
        await notify_changes(conn)
        return replace(found, is_applied=True)
    raise OperatorError("others were in the way, and nothing was changed: try again")
