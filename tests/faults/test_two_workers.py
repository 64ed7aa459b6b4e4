"""Several workers over one backlog do what one would have done, and never wait for each other."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from flows import (
    NOW,
    OWN_EMAIL,
    Seen,
    a_channel,
    a_mail,
    an_sms,
    conversations,
    count_of,
    empty,
    event_of,
    make_channel,
    until,
    values,
    work,
    worker_config,
)
from worker_process import worker_process

from domain.channel import Channel
from domain.message import InboundMessage
from store.database import Connection, connect
from store.events import record_events
from worker.loop import run_worker

_PEOPLE = [f"p{number}@example.org" for number in range(6)]
_WORKING = b"""
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'inlet work' AND datname = current_database()
"""
_REPORTS = b"SELECT count(*) FROM workers WHERE host <> 'tests'"
_DEADLOCKS = b"SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def _backlog(seed: int, size: int) -> list[tuple[Channel, InboundMessage]]:
    """Write texts of few people and threads of many mails, in any order."""
    rng = Random(seed)  # noqa: S311  # a backlog, not a secret
    sms, email = a_channel("sms"), a_channel("email", "email")
    posts: list[tuple[Channel, InboundMessage]] = []
    for number in range(size):
        sender = f"+1415556{rng.randrange(10):04}"
        body = f"Body {rng.randrange(20)}"
        posts.append((sms, an_sms(f"m{number}", sender, body=body, minute=number)))
    for thread in range(size // 10):
        names: list[str] = []
        for nth in range(10):
            name = f"t{thread}-{nth}"
            parent = rng.choice(names) if names else None
            references = names if rng.random() < 0.5 else ()
            sender = rng.choice(_PEOPLE)
            posts.append(
                (
                    email,
                    a_mail(
                        name,
                        sender,
                        answers=parent,
                        references=references if parent else (),
                        cc=_PEOPLE,
                        to=(OWN_EMAIL,),
                        minute=nth,
                    ),
                )
            )
            names.append(name)
    rng.shuffle(posts)
    return posts


async def _arrive(conn: Connection, posts: Sequence[tuple[Channel, InboundMessage]]) -> None:
    """Record posts in this order, each as if it had arrived when it was sent."""
    await make_channel(conn, "sms")
    await make_channel(conn, "email", "email")
    for start in range(0, len(posts), 500):
        await record_events(
            conn,
            [
                event_of(channel, message, received_at=message.sent_at or NOW)
                for channel, message in posts[start : start + 500]
            ],
        )


async def _expected(
    conn: Connection, url: str, backlog: list[tuple[Channel, InboundMessage]]
) -> list[Seen]:
    """Let one worker do it, in the order in which it was written, and forget it again."""
    await _arrive(conn, sorted(backlog, key=lambda post: post[1].provider_message_id))
    await work(url, 500)
    seen = await conversations(conn)
    await empty(conn)
    return seen


async def _check(conn: Connection, expected: list[Seen], count: int) -> None:
    assert await conversations(conn) == expected
    assert await count_of(conn, "messages") == count
    told = b"SELECT count(*) FROM outbox WHERE type = 'message.received'"
    assert await values(conn, told) == [count]
    assert await count_of(conn, "inbound_queue") == 0
    assert await count_of(conn, "inbound_failures") == 0
    assert await count_of(conn, "email_awaited") == 0


async def _check_deadlocks(conn: Connection) -> None:
    """Look when the workers' connections have ended, for that is when they tell."""

    async def have_ended() -> bool:
        return await values(conn, _WORKING) == [0]

    await until(have_ended)
    assert await values(conn, _DEADLOCKS) == [0]


@pytest.mark.parametrize("seed", range(3))
async def test_four_at_once(fresh_database_url: str, seed: int) -> None:
    """Batches of different sizes, so that they overlap in every way."""
    backlog = _backlog(seed, 400)
    async with await connect(fresh_database_url, "tests") as conn:
        expected = await _expected(conn, fresh_database_url, backlog)
        await _arrive(conn, backlog)
        await asyncio.gather(*(work(fresh_database_url, size) for size in (3, 17, 40, 100)))
        await _check(conn, expected, len(backlog))
        await _check_deadlocks(conn)


async def test_the_batches_of_one_worker(fresh_database_url: str) -> None:
    """Batches that are full follow each other over three connections, and do as one would."""
    backlog = _backlog(5, 400)
    stop = asyncio.Event()
    async with await connect(fresh_database_url, "tests") as conn:
        expected = await _expected(conn, fresh_database_url, backlog)
        await _arrive(conn, backlog)
        config = worker_config(fresh_database_url, batch_size=7)
        working = asyncio.create_task(run_worker(config, stop))

        async def is_done() -> bool:
            return await count_of(conn, "inbound_queue") == 0

        await until(is_done)
        assert await values(conn, _WORKING) == [3]
        stop.set()
        await working
        await _check(conn, expected, len(backlog))
        await _check_deadlocks(conn)


async def test_two_processes(fresh_database_url: str, tmp_path: Path) -> None:
    """Half of the backlog is there when they start; the rest comes while they work."""
    backlog = _backlog(7, 1400)
    half = len(backlog) // 2
    logs = [tmp_path / "one", tmp_path / "two"]
    async with await connect(fresh_database_url, "tests") as conn:
        expected = await _expected(conn, fresh_database_url, backlog)
        await _arrive(conn, backlog[:half])
        async with (
            worker_process(fresh_database_url, logs[0], batch_size=25),
            worker_process(fresh_database_url, logs[1], batch_size=60),
        ):

            async def is_done() -> bool:
                return await count_of(conn, "inbound_queue") == 0

            async def are_there() -> bool:
                return await values(conn, _REPORTS) == [2]

            await until(are_there)
            await _arrive(conn, backlog[half:])
            await until(is_done)
        await _check(conn, expected, len(backlog))
        await _check_deadlocks(conn)
        shares = await values(conn, b"SELECT processed FROM workers WHERE host <> 'tests'")
        assert len(shares) == 2
        assert sum(map(int, map(str, shares))) == len(backlog)
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    assert not [line for line in lines if line["level"] not in {"info", "debug"}]
