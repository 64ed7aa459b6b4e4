"""Who asks which channel's provider for what was missed, how often, and what came of it last.

A hold is a row, not a transaction: asking outlasts one. Its fence decides who may still keep
anything. Runs inside the caller's transaction; knows no provider and no HTTP.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from domain.channel import Channel
from store.database import Connection
from store.sql import statements

_SQL = statements("reconciliations")
_ADD = _SQL["add_reconciliation"]
_SET_INTERVAL = _SQL["set_reconciliation_interval"]
_HOLD = _SQL["hold_reconciliation"]
_HOLD_DUE = _SQL["hold_due_reconciliation"]
_KEEP = _SQL["keep_reconciliation"]
_END = _SQL["end_reconciliation"]
_COVERAGE = _SQL["find_coverage"]
_FIND = _SQL["find_reconciliation"]
_LIST_FAILED = _SQL["list_failed_reconciliations"]
_LIST_RECORDED = _SQL["list_recorded_keys"]
_FIND_RECEIVING = _SQL["find_receiving_channel"]

MOST_MINUTES = 10_080  # a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Somebody's turn to ask for a channel. `began_at` is by the database clock."""

    customer_id: int
    channel_id: str
    fence: int
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Up to when what came in is here; None where nobody knows.

    `event_days` is for how long the customer keeps events; None: as the settings say.
    """

    until: datetime | None
    event_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How a channel's provider is asked; the rest is of the last time."""

    channel_id: str
    every_minutes: int | None
    began_at: datetime | None
    ended_at: datetime | None
    covered_until: datetime | None
    listed_count: int
    new_count: int
    error_class: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of asking. `covered_until` None: that does not change."""

    covered_until: datetime | None
    listed_count: int
    new_count: int
    error_class: str | None = None
    detail: str | None = None


async def set_interval(conn: Connection, channel: Channel, every_minutes: int | None) -> None:
    """Have workers ask for a channel every so often; None: they do not."""
    await conn.execute(_ADD, _of(channel))
    await conn.execute(_SET_INTERVAL, _of(channel) | {"every_minutes": every_minutes})


async def hold_channel(conn: Connection, channel: Channel, hold_seconds: float) -> Hold | None:
    """Be the one who asks for this channel; None where somebody else is."""
    await conn.execute(_ADD, _of(channel))
    cursor = await conn.execute(_HOLD, _of(channel) | {"hold_seconds": hold_seconds})
    row = await cursor.fetchone()
    return _hold(row) if row else None


async def hold_due(conn: Connection, hold_seconds: float) -> Hold | None:
    """Be the one who asks for the next channel that is due; None where none is."""
    row = await (await conn.execute(_HOLD_DUE, {"hold_seconds": hold_seconds})).fetchone()
    return _hold(row) if row else None


async def keep_hold(conn: Connection, hold: Hold, hold_seconds: float) -> bool:
    """Make a hold last; False where it was lost. Its row is locked for this transaction."""
    cursor = await conn.execute(_KEEP, _key(hold) | {"hold_seconds": hold_seconds})
    return await cursor.fetchone() is not None


async def end_hold(conn: Connection, hold: Hold, outcome: Outcome) -> None:
    """Note what came of asking, and let others; nothing changes where the hold was lost."""
    await conn.execute(
        _END,
        _key(hold)
        | {
            "covered_until": outcome.covered_until,
            "listed_count": outcome.listed_count,
            "new_count": outcome.new_count,
            "error_class": outcome.error_class,
            "detail": outcome.detail,
        },
    )


async def find_coverage(conn: Connection, channel: Channel) -> Coverage:
    """Find up to when what came to a channel is here."""
    row = await (await conn.execute(_COVERAGE, _of(channel))).fetchone()
    return Coverage(until=row[0] if row else None, event_days=row[1] if row else None)


async def find_reconciliation(conn: Connection, channel: Channel) -> Reconciliation | None:
    """Find how a channel's provider is asked; None where it never was, and will not be."""
    async with conn.cursor(row_factory=class_row(Reconciliation)) as cursor:
        await cursor.execute(_FIND, _of(channel))
        return await cursor.fetchone()


async def list_failed(conn: Connection) -> list[tuple[str, str]]:
    """List the channels for which workers could not ask the last time, each with why."""
    return [(row[0], row[1]) for row in await (await conn.execute(_LIST_FAILED)).fetchall()]


async def list_recorded(
    conn: Connection, channel: Channel, dedup_keys: Collection[str]
) -> frozenset[str]:
    """Return which of these events the channel has already."""
    cursor = await conn.execute(_LIST_RECORDED, _of(channel) | {"dedup_keys": list(dedup_keys)})
    return frozenset([row[0] for row in await cursor.fetchall()])


async def find_receiving_channel(
    conn: Connection, channel: Channel, own_address: str
) -> str | None:
    """Find which channel of the same provider and customer a number belongs to."""
    wanted = {"customer_id": channel.customer_id, "provider": channel.provider}
    cursor = await conn.execute(_FIND_RECEIVING, wanted | {"own_address": own_address})
    row = await cursor.fetchone()
    return row[0] if row else None


def _of(channel: Channel) -> dict[str, Any]:
    return {"customer_id": channel.customer_id, "channel_id": channel.id}


def _key(hold: Hold) -> dict[str, Any]:
    return {
        "customer_id": hold.customer_id,
        "channel_id": hold.channel_id,
        "fence": hold.fence,
    }


def _hold(row: Sequence[Any]) -> Hold:
    return Hold(
        customer_id=row[0],
        channel_id=row[1],
        fence=row[2],
        began_at=row[3],
    )
