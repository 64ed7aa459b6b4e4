"""One action on many conversations: every one once, in steps, by any number of workers."""

import asyncio
from datetime import timedelta

import pytest
from conftest import OpenConnection
from flows import NOW, an_sms, count_of, make_channel, record, until, values, work
from structure import make_agent

from app.ids import new_id
from domain.actor import Actor
from domain.bulk import BulkAction
from domain.errors import Conflict, NotFound, ValidationFailed
from inbox.conversations.bulk import ask_for_bulk, count_affected
from inbox.operations.jobs import get_job, stop_job
from store.conversation_filter import ConversationFilter
from store.database import Connection, connect
from store.jobs import BulkRequest, StoredJob
from worker.background.jobs import run_jobs, step_job
from worker.background.repeating import BackgroundConfig

_PROGRAM = Actor(customer_id=1)


def _config(database_url: str) -> BackgroundConfig:
    return BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: NOW,
        new_id=new_id,
        on_commit=lambda: None,
    )


async def _fill(database_url: str, conn: Connection, number: int) -> list[str]:
    channel = await make_channel(conn, "sms")
    people = [f"+1415556{nth:04}" for nth in range(number)]
    texts = [an_sms(person, person, minute=nth % 50) for nth, person in enumerate(people)]
    await record(conn, channel, *texts)
    await work(database_url, 500)
    return [
        str(conversation_id)
        for conversation_id in await values(conn, b"SELECT id FROM conversations ORDER BY id")
    ]


async def _ask(conn: Connection, request: BulkRequest, actor: Actor = _PROGRAM) -> StoredJob:
    async with conn.transaction():
        return await ask_for_bulk(conn, actor, request, job_id=new_id(), entry_id=new_id())


async def _finish(database_url: str, conn: Connection, job: StoredJob) -> StoredJob:
    while await step_job(conn, _config(database_url)):
        pass
    return await get_job(conn, 1, job.id)


async def test_all_that_a_filter_matches_is_changed_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ids = await _fill(database_url, conn, 450)
        agent = await make_agent(conn)
        await conn.execute(
            b"UPDATE conversations SET status = 'spam' WHERE id = ANY(%s)", (ids[:9],)
        )
        action = BulkAction(status="closed", assigns=True, assignee_id=agent, add_tag="march")
        wanted = ConversationFilter(statuses=("open", "pending"))
        job = await _ask(conn, BulkRequest(action=action, wanted=wanted))
        assert (job.status, job.total) == ("queued", 441)
        done = await _finish(database_url, conn, job)
        assert (done.status, done.changed, done.unchanged, done.failed) == ("done", 441, 0, 0)
        closed = b"SELECT count(*) FROM conversations WHERE status = 'closed' AND assignee_id = %s"
        assert await values(conn, closed, agent) == [441]
        assert await count_of(conn, "conversation_tags") == 441
        versions = b"SELECT DISTINCT version FROM conversations WHERE status = 'closed'"
        assert await values(conn, versions) == [2]
        actions = b"SELECT (action, count(*))::text FROM audit GROUP BY action ORDER BY 1"
        assert await values(conn, actions) == [
            "(conversation.assigned,441)",
            "(conversation.status_changed,441)",
            "(conversation.tagged,441)",
            "(job.created,1)",
        ]
        told = b"SELECT count(*) FROM outbox WHERE type = 'conversation.updated'"
        assert await values(conn, told) == [441]


async def test_what_is_so_already_is_left_alone(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ids = await _fill(database_url, conn, 5)
        agent = await make_agent(conn)
        actor = Actor(customer_id=1, agent_id=agent)
        await conn.execute(b"INSERT INTO conversation_tags VALUES (1, %s, 'old')", (ids[0],))
        await conn.execute(
            b"INSERT INTO conversation_tags SELECT 1, %s, 'tag' || n FROM generate_series(1, 50) n",
            (ids[1],),
        )
        request = BulkRequest(
            action=BulkAction(add_tag="new", remove_tag="old", reads=True),
            ids=(*ids[:3], new_id()),
        )
        done = await _finish(database_url, conn, await _ask(conn, request, actor))
        assert (done.changed, done.unchanged, done.failed) == (2, 0, 2)
        tags = b"SELECT conversation_id::text FROM conversation_tags WHERE tag = 'new' ORDER BY 1"
        assert await values(conn, tags) == sorted([ids[0], ids[2]])
        assert await count_of(conn, "read_marks") == 3
        again = await _finish(database_url, conn, await _ask(conn, request, actor))
        assert (again.changed, again.unchanged, again.failed) == (0, 2, 2)


async def test_a_job_by_names_takes_as_many_steps_as_it_needs(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ids = await _fill(database_url, conn, 430)
        request = BulkRequest(action=BulkAction(status="spam"), ids=tuple(reversed(ids)))
        job = await _ask(conn, request)
        steps = 0
        while await step_job(conn, _config(database_url)):
            steps += 1
        done = await get_job(conn, 1, job.id)
        assert (steps, done.status, done.changed) == (3, "done", 430)


async def test_many_workers_share_jobs(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await _fill(database_url, conn, 450)
        jobs = [
            await _ask(conn, BulkRequest(action=BulkAction(add_tag=tag))) for tag in ("a", "b", "c")
        ]
        stop = asyncio.Event()
        workers = [asyncio.create_task(run_jobs(_config(database_url), stop)) for _ in range(3)]

        async def are_done() -> bool:
            return await values(conn, b"SELECT DISTINCT status FROM jobs") == ["done"]

        await until(are_done)
        stop.set()
        await asyncio.gather(*workers)
        assert [(await get_job(conn, 1, job.id)).changed for job in jobs] == [450] * 3
        assert await values(conn, b"SELECT DISTINCT version FROM conversations") == [4]


async def test_a_canceled_job_stops_after_the_step_in_hand(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _fill(database_url, conn, 450)
        job = await _ask(conn, BulkRequest(action=BulkAction(status="closed")))
        assert await step_job(conn, _config(database_url))
        async with conn.transaction():
            stopped = await stop_job(conn, _PROGRAM, job.id, entry_id=new_id())
        assert (stopped.status, stopped.changed) == ("canceled", 200)
        assert not await step_job(conn, _config(database_url))
        async with conn.transaction():
            again = await stop_job(conn, _PROGRAM, job.id, entry_id=new_id())
        assert again.ended_at == stopped.ended_at
        done = await _finish(
            database_url, conn, await _ask(conn, BulkRequest(action=BulkAction(status="closed")))
        )
        assert (done.changed, done.unchanged) == (250, 200)
        with pytest.raises(Conflict):
            await stop_job(conn, _PROGRAM, done.id, entry_id=new_id())
        with pytest.raises(NotFound):
            await stop_job(conn, _PROGRAM, new_id(), entry_id=new_id())


async def test_a_job_that_cannot_go_on_fails_alone(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ids = await _fill(database_url, conn, 3)
        agent = await make_agent(conn)
        action = BulkAction(assigns=True, assignee_id=agent)
        job = await _ask(conn, BulkRequest(action=action, ids=tuple(ids)))
        await conn.execute(b"DELETE FROM agents")
        other = await _ask(conn, BulkRequest(action=BulkAction(status="pending")))
        failed = await _finish(database_url, conn, job)
        assert (failed.status, failed.error_class) == ("failed", "ForeignKeyViolation")
        assert (await get_job(conn, 1, other.id)).changed == 3


async def test_what_cannot_be_asked_for(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await _fill(database_url, conn, 3)
        with pytest.raises(Conflict):
            await _ask(conn, BulkRequest(action=BulkAction(reads=True)))
        with pytest.raises(ValidationFailed):
            await _ask(conn, BulkRequest(action=BulkAction(assigns=True, assignee_id=new_id())))
        wanted = ConversationFilter(active_after=NOW + timedelta(days=1))
        request = BulkRequest(action=BulkAction(status="open"), wanted=wanted)
        assert await count_affected(conn, 1, request) == 0
