"""What is kept and what goes: customer by customer, and never what still waits for somebody."""

from datetime import datetime, timedelta

from conftest import OpenConnection
from flows import NOW, an_sms, count_of, event_of, make_channel, make_due, values, work

from app.clock import utc_now
from app.ids import new_id
from domain.channel import Channel
from domain.recovery import EventSelection
from domain.retention import Retention, first_id_of
from store.database import Connection, connect
from store.events import record_events
from store.replay import replay_events
from store.workers import WorkerReport, report_worker, worker_totals
from worker.background.chores import Chores
from worker.background.repeating import BackgroundConfig

_LONG_AGO = NOW - timedelta(days=100)
_UNREADABLE = b"not what is documented"
_EVENTS = b"SELECT id FROM inbound_events ORDER BY id"
_QUARANTINE = b"""
    INSERT INTO quarantined_deliveries (
        customer_id, id, channel_id, reason, method, url, headers, body, body_bytes, received_at
    )
    VALUES (%s, %s, %s, 'bad_signature', 'POST', '', '{}', '', 0, %s)
"""


async def _do_all(
    conn: Connection, database_url: str, retention: Retention, now: datetime = NOW
) -> None:
    """Do every chore once, whenever it was last done."""
    await conn.execute("DELETE FROM chore_runs")
    config = BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: now,
        new_id=new_id,
        on_commit=lambda: None,
        retention=retention,
    )
    chores = Chores(config)
    while not await chores.step(conn):
        pass


async def _receive(conn: Connection, channel: Channel, name: str, at: datetime) -> str:
    """Record an event as it was recorded then, with an id of that time."""
    post = _UNREADABLE + name.encode() if name.startswith("unreadable") else an_sms(name)
    event_id = first_id_of(at)[:-6] + name.encode().hex()[-6:].rjust(6, "0")
    await record_events(conn, [event_of(channel, post, event_id=event_id, received_at=at)])
    return event_id


async def test_settled_events_go_and_what_was_made_of_them_stays(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await _receive(conn, channel, "old", _LONG_AGO)
        young = await _receive(conn, channel, "new", NOW - timedelta(days=6))
        await work(database_url)
        dead = await _receive(conn, channel, "unreadable", _LONG_AGO)
        await work(database_url)
        queued = await _receive(conn, channel, "que", _LONG_AGO)
        await _do_all(conn, database_url, Retention(event_days=7, dead_letter_days=1000))
        assert await values(conn, _EVENTS) == sorted([dead, queued, young])
        assert await count_of(conn, "messages") == 2
        assert await count_of(conn, "conversations") == 1
        assert await values(conn, b"SELECT body FROM conversation_messages") == ["Hello"] * 2


async def test_events_are_kept_for_ever_unless_somebody_says_otherwise(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await _receive(conn, channel, "old", _LONG_AGO)
        await work(database_url)
        await _do_all(conn, database_url, Retention())
        assert await count_of(conn, "inbound_events") == 1
        await conn.execute("UPDATE customers SET event_days = 30")
        await _do_all(conn, database_url, Retention())
        assert await count_of(conn, "inbound_events") == 0


async def test_a_dead_letter_goes_with_its_event_unless_it_was_retried(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        dead = await _receive(conn, channel, "unreadable", _LONG_AGO)
        other = await _receive(conn, channel, "unreadable 2", _LONG_AGO)
        retried = await _receive(conn, channel, "fine", _LONG_AGO)
        await work(database_url)
        await conn.execute(
            b"INSERT INTO dead_letters VALUES (1, %s, 'a', 'b', 1, %s, 'retried', %s)",
            (retried, _LONG_AGO, _LONG_AGO),
        )
        await conn.execute(b"UPDATE dead_letters SET failed_at = %s", (_LONG_AGO,))
        await conn.execute(
            b"UPDATE dead_letters SET failed_at = %s WHERE event_id = %s", (NOW, other)
        )
        assert await count_of(conn, "inbound_failures") == 2
        await _do_all(conn, database_url, Retention(dead_letter_days=90))
        assert await values(conn, _EVENTS) == sorted([other, retried])
        assert await values(conn, b"SELECT event_id FROM dead_letters") == [other]
        assert await values(conn, b"SELECT event_id FROM inbound_failures") == [other]
        assert dead not in await values(conn, _EVENTS)


async def test_what_is_replayed_meanwhile_stays(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        old = await _receive(conn, channel, "old", _LONG_AGO)
        await work(database_url)
        async with open_connection() as other, other.transaction():
            await replay_events(other, 1, EventSelection(ids=(old,)))
            await _do_all(conn, database_url, Retention(event_days=7))
        await _do_all(conn, database_url, Retention(event_days=7))
        assert await values(conn, _EVENTS) == [old]
        await make_due(conn)
        await work(database_url)
        await _do_all(conn, database_url, Retention(event_days=7))
        assert await values(conn, _EVENTS) == []


async def test_refused_deliveries_go_customer_by_customer(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for days in (10, 20, 40):
            at = NOW - timedelta(days=days)
            await conn.execute(_QUARANTINE, (1, first_id_of(at), channel.id, at))
        await _do_all(conn, database_url, Retention(quarantine_days=30))
        assert await count_of(conn, "quarantined_deliveries") == 2
        await conn.execute("UPDATE customers SET quarantine_days = 15")
        await _do_all(conn, database_url, Retention(quarantine_days=30))
        assert await count_of(conn, "quarantined_deliveries") == 1


async def test_a_customer_keeps_changes_for_longer(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await conn.execute(
            b"INSERT INTO outbox (customer_id, type, created_at) VALUES (1, 'x', %s)",
            (NOW - timedelta(days=8),),
        )
        await conn.execute("UPDATE customers SET outbox_days = 9")
        await _do_all(conn, database_url, Retention(outbox_days=7))
        assert await count_of(conn, "outbox") == 1
        await conn.execute("UPDATE customers SET outbox_days = NULL")
        await _do_all(conn, database_url, Retention(outbox_days=7))
        assert await count_of(conn, "outbox") == 0


async def test_workers_that_are_gone_still_count(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        for claimed in (3, 4, 5):
            await report_worker(conn, _report(claimed))
        before = await worker_totals(conn)
        for seen_at in (NOW - timedelta(days=8), NOW - timedelta(days=9)):
            await conn.execute(
                b"UPDATE workers SET seen_at = %s"
                b" WHERE id = (SELECT max(id::text)::uuid FROM workers WHERE host <> 'gone')",
                (seen_at,),
            )
            await _do_all(conn, database_url, Retention())
        after = await worker_totals(conn)
        assert await values(conn, b"SELECT host FROM workers ORDER BY host") == ["gone", "here"]
        assert (after.claimed, after.latencies, after.latency_sum) == (
            before.claimed, before.latencies, before.latency_sum,
        )  # fmt: skip


def _report(claimed: int) -> WorkerReport:
    return WorkerReport(
        id=new_id(),
        host="here",
        pid=1,
        started_at=NOW,
        claimed=claimed,
        processed=claimed,
        error=0,
        dead_letter=0,
        latency_bounds=[0.5, 1.0],
        latency_counts=[claimed, 0, 1],
        latency_sum=claimed / 2,
    )


async def test_a_clock_that_is_ahead_makes_nothing_old(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await _receive(conn, channel, "now", utc_now())
        await work(database_url)
        ahead = utc_now() + timedelta(days=400)
        await _do_all(conn, database_url, Retention(event_days=30), ahead)
        assert await count_of(conn, "inbound_events") == 1
