"""Retry and replay as jobs: how fast, how far, and that they never get in the way."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest
from conftest import OpenConnection
from flows import NOW, an_sms, conversations, dump, make_channel, record, until, values, work
from operator_samples import fail_all, queued, settle_all, store_channel, store_event
from recovering import OPERATOR, ask, beside, dead_letters, finish

from app.ids import new_id
from domain.errors import NotFound
from domain.recovery import EventSelection, Order
from inbox.operations.jobs import get_job, stop_job
from inbox.operations.recovery import count_selected
from store.dead_letters import list_dead_letters
from store.jobs import JobFilter, list_jobs
from worker.background.jobs import run_jobs, step_job

_AUDIT = b"SELECT (action, object_id, detail)::text FROM audit ORDER BY id"


async def test_a_job_says_how_far_it_is_and_who_asked(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await dead_letters(conn, "support", range(5), "unreadable")
        job = await ask(conn, "drop", EventSelection(), Order(reason="spam from a test"))
        assert (job.kind, job.status, job.total) == ("drop", "queued", 5)
        assert (job.reason, job.events_per_second) == ("spam from a test", None)
        done = await finish(database_url, conn, job)
        assert (done.status, done.changed, done.unchanged) == ("done", 5, 0)
        assert await list_dead_letters(conn, 1, limit=9) == []
        assert await list_jobs(conn, 1, JobFilter(kind="drop"), limit=9) == [done]
        assert await list_jobs(conn, 1, JobFilter(status="running"), limit=9) == []
        (entry,) = [str(entry) for entry in await values(conn, _AUDIT)]
    assert entry.startswith(f"(dead_letters.dropped,{job.id},")
    assert "spam from a test" in entry


async def test_a_job_leaves_alone_what_came_after_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        ids = [await store_event(conn, channel, number) for number in range(3)]
        await fail_all(conn)
        job = await ask(conn, "retry", EventSelection())
        late = await store_event(conn, channel, 9)
        await fail_all(conn)
        done = await finish(database_url, conn, job)
        assert done.changed == 3
        assert sorted(await queued(conn)) == ids
        assert [entry.event_id for entry in await list_dead_letters(conn, 1, limit=9)] == [late]


async def test_a_rate_is_kept_by_any_number_of_workers(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await dead_letters(conn, "support", range(90), "unreadable")
        began = monotonic()
        job = await ask(conn, "retry", EventSelection(), Order(events_per_second=100))
        stop = asyncio.Event()
        workers = [asyncio.create_task(run_jobs(beside(database_url), stop)) for _ in range(3)]
        depths: list[tuple[float, int]] = []

        async def is_done() -> bool:
            depths.append((monotonic() - began, len(await queued(conn))))
            return (await get_job(conn, 1, job.id)).status == "done"

        await until(is_done)
        stop.set()
        await asyncio.gather(*workers)
        assert len(await queued(conn)) == 90
    # The first step may queue a fifth of a second's worth; none earns more than it has waited for.
    assert all(depth <= 100 * (seconds + 0.2) for seconds, depth in depths)


async def test_a_job_waits_while_much_is_queued_already(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await dead_letters(conn, "support", range(3), "unreadable")
        channel = await make_channel(conn, "busy")
        await record(conn, channel, *(an_sms(str(number)) for number in range(2000)))
        await conn.execute(b"UPDATE inbound_queue SET lane = 1")
        job = await ask(conn, "retry", EventSelection())
        assert await step_job(conn, beside(database_url))
        held = await get_job(conn, 1, job.id)
        assert (held.status, held.changed) == ("running", 0)
        assert len(await queued(conn)) == 2000
        await conn.execute(b"DELETE FROM inbound_queue")
        assert (await finish(database_url, conn, job)).changed == 3


async def test_a_canceled_job_queues_no_more(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await dead_letters(conn, "support", range(50), "unreadable")
        job = await ask(conn, "retry", EventSelection(), Order(events_per_second=10))
        assert await step_job(conn, beside(database_url))
        async with conn.transaction():
            stopped = await stop_job(conn, OPERATOR, job.id, entry_id=new_id())
        assert (stopped.status, stopped.changed) == ("canceled", 2)
        assert not await step_job(conn, beside(database_url))
        with pytest.raises(NotFound):
            await get_job(conn, 1, job.id, kind="bulk")


async def test_a_replay_of_everything_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        people = [f"+1415556{number:04}" for number in range(40)]
        texts = [
            an_sms(f"{person}-{minute}", person, minute=minute)
            for person in people
            for minute in range(5)
        ]
        ids = await record(conn, channel, *texts)
        await work(database_url)
        seen, before = await conversations(conn), await dump(conn)
        job = await ask(conn, "replay", EventSelection(channel_id=channel.id))
        done = await finish(database_url, conn, job)
        assert (done.total, done.changed, done.unchanged) == (len(ids), len(ids), 0)
        assert await values(conn, b"SELECT DISTINCT lane FROM inbound_queue") == [1]
        assert await work(database_url) == len(ids)
        assert await conversations(conn) == seen
        after = await dump(conn)
    changing = {"jobs", "audit", "workers"}
    assert {name: rows for name, rows in after.items() if name not in changing} == {
        name: rows for name, rows in before.items() if name not in changing
    }


async def test_a_replay_takes_what_arrived_in_a_span(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        ids = [await store_event(conn, channel, number) for number in range(10)]
        await settle_all(conn)
        second = await store_event(conn, channel, 20)
        selection = EventSelection(
            since=NOW + timedelta(seconds=3), until=NOW + timedelta(seconds=6)
        )
        assert (await count_selected(conn, 1, "replay", selection)).count == 3
        await finish(database_url, conn, await ask(conn, "replay", selection))
        assert sorted(await queued(conn)) == [*ids[3:6], second]
        again = await finish(database_url, conn, await ask(conn, "replay", selection))
        assert (again.changed, again.unchanged) == (0, 3)


async def test_a_job_that_cannot_go_on_does_not_hold_up_others(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await dead_letters(conn, "support", range(3), "unreadable")
        odd = await ask(conn, "retry", EventSelection())
        await conn.execute(b'UPDATE jobs SET request = \'{"since": "never"}\'')
        other = await ask(conn, "drop", EventSelection())
        assert (await finish(database_url, conn, other)).changed == 3
        failed = await get_job(conn, 1, odd.id)
    assert (failed.status, failed.error_class) == ("failed", "ValidationError")
