"""What channels took and refused reaches the tables, also after an outage."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from conftest import OpenConnection
from flows import an_sms, event_of, make_channel, until
from spool_house import database_away

from app.ids import new_id
from ingest.channel_counts import ChannelCounts
from ingest.reporting import Reporting
from store.database import Connection, open_pool
from store.web_processes import WebIdentity, WebReport

_AT = datetime(2026, 11, 21, 8, 59, 58, tzinfo=UTC)
_HOURS = b"""
    SELECT extract(hour FROM hour AT TIME ZONE 'UTC')::int,
        accepted, duplicates, rejected, unreadable
    FROM channel_hours ORDER BY hour, accepted
"""
_ACTIVITY = b"""
    SELECT last_accepted_at, last_rejected_at, last_rejected_reason FROM channel_activity
"""
_PROCESSES = b"SELECT pid, version, accepted, rejected, unavailable FROM web_processes"


@dataclass(slots=True)
class Desk:
    """Counts of channels, what reports them, and the hour it believes in."""

    now: datetime = _AT
    channel_counts: ChannelCounts = field(default_factory=ChannelCounts)
    identity: WebIdentity = field(
        default_factory=lambda: WebIdentity(
            id=new_id(), host="tests", pid=7, version="0.0.1", started_at=_AT
        )
    )

    def clock(self) -> datetime:
        return self.now

    def measure(self) -> WebReport:
        return WebReport(
            identity=self.identity,
            accepted=self.channel_counts.accepted_total,
            duplicates=self.channel_counts.duplicates_total,
            rejected=self.channel_counts.rejected_total,
            unavailable=self.channel_counts.unavailable_total,
            spool_rows=0,
            spool_bytes=0,
            spool_oldest_at=None,
            waiting_rows=0,
            streams=0,
            commit_ms=1.5,
        )


@asynccontextmanager
async def _reporting(database_url: str, desk: Desk) -> AsyncGenerator[Reporting]:
    pool = open_pool(database_url, "spool house reporting", 1)
    await pool.open()
    try:
        yield Reporting(pool, desk.channel_counts, desk.measure, desk.clock)
    finally:
        await pool.close()


async def _rows(conn: Connection, query: bytes) -> list[tuple[object, ...]]:
    return await (await conn.execute(query)).fetchall()


async def test_what_was_counted_is_added_up_by_the_hour(
    database_url: str, open_connection: OpenConnection
) -> None:
    desk = Desk()
    async with open_connection() as conn, _reporting(database_url, desk) as reporting:
        channel = await make_channel(conn, "sms")
        desk.channel_counts.accepted(channel, 3, _AT)
        desk.channel_counts.unreadable(channel)
        events = [event_of(channel, an_sms(name)) for name in "abc"]
        desk.channel_counts.recorded(events, {channel.id: 1})
        await reporting.report()
        await reporting.report()
        desk.channel_counts.rejected(channel, "bad_signature", _AT)
        desk.channel_counts.unavailable()
        await reporting.report()
        desk.now += timedelta(minutes=1)
        desk.channel_counts.accepted(channel, 1, desk.now)
        desk.channel_counts.rejected(channel, "stale", _AT - timedelta(hours=1))
        await reporting.report()
        assert await _rows(conn, _HOURS) == [(8, 3, 2, 1, 1), (9, 1, 0, 1, 0)]
        assert await _rows(conn, _ACTIVITY) == [(desk.now, _AT, "bad_signature")]
        assert await _rows(conn, _PROCESSES) == [(7, "0.0.1", 4, 2, 1)]


async def test_an_outage_makes_figures_late_and_loses_none(
    database_url: str, open_connection: OpenConnection
) -> None:
    desk = Desk()
    async with open_connection() as conn, _reporting(database_url, desk) as reporting:
        channel = await make_channel(conn, "sms")
        async with database_away(database_url):
            for _ in range(2):
                desk.channel_counts.accepted(channel, 2, desk.now)
                desk.channel_counts.rejected(channel, "bad_signature", _AT)
                await reporting.report()
            desk.now += timedelta(minutes=1)
            desk.channel_counts.accepted(channel, 5, desk.now)
            await reporting.report()

        async def is_reported() -> bool:
            await reporting.report()
            return bool(await _rows(conn, _HOURS))

        await until(is_reported)
        await reporting.report()
        assert await _rows(conn, _HOURS) == [(8, 4, 0, 2, 0), (9, 5, 0, 0, 0)]
        assert await _rows(conn, _ACTIVITY) == [(desk.now, _AT, "bad_signature")]


async def test_a_channel_that_is_gone_holds_nothing_up(
    database_url: str, open_connection: OpenConnection
) -> None:
    desk = Desk()
    async with open_connection() as conn, _reporting(database_url, desk) as reporting:
        gone, there = await make_channel(conn, "sms"), await make_channel(conn, "email")
        await conn.execute(b"DELETE FROM channels WHERE id = %s", (gone.id,))
        for channel in (gone, there):
            desk.channel_counts.accepted(channel, 1, _AT)
        await reporting.report()
        assert await _rows(conn, _HOURS) == [(8, 1, 0, 0, 0)]
        assert len(await _rows(conn, _PROCESSES)) == 1
