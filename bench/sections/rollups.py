"""What roll-ups cost a worker, how far they are behind, how soon they answer among many messages.

The cost is that of the same work with and without the consumer beside it, in turns. Behind is how
long it takes until a message that can be read is counted, while a whole worker is at work.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench import queue_worker
from bench.backlog import Traffic, events_of, record
from bench.databases import CUSTOMER_ID, add_channel, execute, fresh_database, read_one, run
from bench.figures import Figure, Target, figure, latency_of
from bench.plan import Plan
from bench.processes import call, worker_process
from store.database import Connection, connect
from store.rollup_rebuilds import request_rebuild
from worker.background.rollups import rebuild_portion

SECTION = "rollups"

_PER_SECOND = 500
_TICK_SECONDS = 0.05
_LOAD_BATCH = 500
_MOST_BEHIND = Target(most=2.0)
_MOST_COST = Target(most=5.0)
_MOST_OF_A_REPORT = Target(most=100.0)
_PATIENCE_SECONDS = 60.0
_CALLS = 20
_SEED_FILES = [Path(__file__).parent.parent / name for name in ("seed.sql", "seed_messages.sql")]


class _Seen(NamedTuple):
    """How many messages there were at a time, and how many of them were counted."""

    at: float
    messages: int
    counted: int


def measure(plan: Plan) -> list[Figure]:
    """Measure cost, delay and answers, each on a database of its own."""
    return [*_cost(plan), *_delay(plan), *_answers(plan)]


def _cost(plan: Plan) -> list[Figure]:
    rates: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(plan.sizes.worker_rounds):
        for rolls_up in rates:
            rates[rolls_up].append(_drain(plan, rolls_up))
            plan.say(
                f"worker, roll-ups {'on' if rolls_up else 'off'}: {rates[rolls_up][-1]:,.0f}/s"
            )
    off, on = median(rates[False]), median(rates[True])
    return [
        figure(SECTION, "1 worker without roll-ups", off, "/s"),
        figure(SECTION, "1 worker with roll-ups", on, "/s"),
        figure(
            SECTION,
            "what roll-ups take of a worker's speed",
            100 * (1 - on / off),
            " %",
            _MOST_COST,
        ),
    ]


def _drain(plan: Plan, rolls_up: bool) -> float:
    with fresh_database(plan.server_url) as url:
        run(_fill(url, plan))
        run(execute(url, b"CHECKPOINT"))
        job = queue_worker.Job(database_url=url, rolls_up=rolls_up)
        result = call("bench.queue_worker", job, queue_worker.Result)
    return result.events / (result.ended - result.began)


async def _fill(url: str, plan: Plan) -> None:
    async with await connect(url, "bench") as conn:
        traffic = Traffic(
            sms_channel=await add_channel(conn, "sms", "sms"), contacts=plan.sizes.worker_contacts
        )
        await record(conn, events_of(traffic, plan.sizes.worker_events), _LOAD_BATCH)


def _delay(plan: Plan) -> list[Figure]:
    with fresh_database(plan.server_url) as url, worker_process(url):
        seen = run(_watch(url, plan))
    total = seen[-1].messages
    counted = [each.counted for each in seen]
    behind = sorted(
        seen[bisect_left(counted, each.messages)].at - each.at for each in seen if each.messages > 0
    )
    p95 = behind[int(0.95 * (len(behind) - 1))]
    name = f"behind, of {total:,} messages at {_PER_SECOND}/s"
    plan.say(f"{name}: p95 {p95:.2f} s")
    return [
        figure(SECTION, f"{name}: p95", p95, " s", _MOST_BEHIND),
        figure(SECTION, f"{name}: longest", behind[-1], " s"),
    ]


async def _watch(url: str, plan: Plan) -> list[_Seen]:
    """Let messages come in evenly, and look how many of them are there, and are counted."""
    total = int(plan.sizes.rollup_seconds * _PER_SECOND)
    async with await connect(url, "bench") as posting, await connect(url, "bench") as looking:
        traffic = Traffic(
            sms_channel=await add_channel(posting, "sms", "sms"),
            contacts=plan.sizes.worker_contacts,
        )
        coming = asyncio.create_task(_post(posting, traffic, total))
        seen = [_Seen(0.0, 0, 0)]
        began = perf_counter()
        while seen[-1].counted < total and perf_counter() - began < _patience(plan):
            seen.append(await _look(looking))
            await asyncio.sleep(_TICK_SECONDS)
        await coming
    if seen[-1].counted != total:
        raise RuntimeError(f"{seen[-1].counted} of {total} messages were counted")
    return seen


def _patience(plan: Plan) -> float:
    return plan.sizes.rollup_seconds + _PATIENCE_SECONDS


async def _post(conn: Connection, traffic: Traffic, total: int) -> None:
    events = events_of(traffic, total)
    each = int(_PER_SECOND * _TICK_SECONDS)
    began = perf_counter()
    for nth in range(total // each):
        await asyncio.sleep(max(0.0, began + nth * _TICK_SECONDS - perf_counter()))
        await record(conn, islice(events, each), each)


async def _look(conn: Connection) -> _Seen:
    row = await (await conn.execute(_COUNTED)).fetchone()
    assert row is not None
    return _Seen(perf_counter(), row[0], row[1])


def _answers(plan: Plan) -> list[Figure]:
    with fresh_database(plan.server_url) as url:
        return run(_ask_many(url, plan))


async def _ask_many(url: str, plan: Plan) -> list[Figure]:
    conversations = plan.sizes.rollup_conversations
    async with await connect(url, "bench", prepare=False) as conn:
        setting = {"conversations": str(conversations)}
        set_size = b"SELECT set_config('bench.conversations', %(conversations)s, false)"
        await conn.execute(set_size, setting)
        for file in _SEED_FILES:
            await conn.execute(file.read_bytes())
        await conn.execute(_CLOSINGS)
    await execute(url, b"VACUUM ANALYZE")
    async with await connect(url, "bench") as conn:
        messages = await read_one(conn, b"SELECT count(*) FROM messages")
        began = perf_counter()
        await request_rebuild(conn, CUSTOMER_ID, "command")
        while await rebuild_portion(conn, CUSTOMER_ID):
            pass
        seconds = perf_counter() - began
        plan.say(f"{conversations:,} conversations counted in {seconds:,.0f} s")
    await execute(url, b"VACUUM ANALYZE rollups", b"VACUUM ANALYZE conversation_figures")
    size = f"{conversations:,} conversations, {messages:,} messages"
    rate = figure(SECTION, f"rebuild of {size}", conversations / seconds, " conversations/s")
    async with await connect(url, "bench") as conn:
        sizes = await read_one(conn, _SIZES)
        rows = [figure(SECTION, f"what is kept for them ({size})", sizes, " MB")]
        return [
            rate,
            *rows,
            *[await _ask(conn, size, name, _QUESTIONS[name]) for name in _QUESTIONS],
        ]


async def _ask(conn: Connection, size: str, name: str, question: bytes) -> Figure:
    times: Sequence[float] = []
    for _ in range(_CALLS):
        began = perf_counter()
        await (await conn.execute(question)).fetchall()
        times = sorted([*times, perf_counter() - began])
    slow = 1000 * times[int(0.95 * (len(times) - 1))]
    return Figure(
        section=SECTION,
        name=f"{name}, p95 ({size})",
        value=slow,
        unit=" ms",
        latency=latency_of(times),
        target=_MOST_OF_A_REPORT,
        is_met=_MOST_OF_A_REPORT.is_met(slow),
    )


_COUNTED = b"""
    SELECT
        (SELECT count(*) FROM messages),
        (
            SELECT coalesce(sum(amount), 0)::bigint FROM rollups
            WHERE customer_id = 1 AND grain = 'day' AND grouped_by = 'all'
                AND figure = 'messages_in'
        )
"""
_SIZES = b"""
    SELECT (
        pg_total_relation_size('rollups') + pg_total_relation_size('conversation_figures')
    ) / 1e6::double precision
"""
# Who closed what is closed, when the last message was a while ago.
_CLOSINGS = b"""
    INSERT INTO audit (customer_id, id, agent_id, action, conversation_id, detail, at)
    SELECT
        1, md5('closing ' || c.id)::uuid, c.assignee_id, 'conversation.status_changed', c.id,
        '{"from": "open", "to": "closed"}', c.closed_at + interval '2 hours'
    FROM conversations AS c
    WHERE c.status = 'closed'
    ORDER BY c.closed_at
"""
_PERCENTILES = b"""
    SELECT k.starts_at, duration_of_class(min(k.class) FILTER (WHERE k.upto >= 0.5 * k.total))
    FROM (
        SELECT
            r.starts_at, r.detail::integer AS class,
            sum(r.amount) OVER (PARTITION BY r.starts_at ORDER BY r.detail::integer) AS upto,
            sum(r.amount) OVER (PARTITION BY r.starts_at) AS total
        FROM rollups AS r
        WHERE r.customer_id = 1 AND r.grain = 'day' AND r.grouped_by = 'all'
            AND r.figure = 'first_response' AND r.group_key = ''
            AND r.starts_at >= now() - interval '365 days'
    ) AS k
    GROUP BY k.starts_at
"""
_VOLUMES = b"""
    SELECT r.figure, r.starts_at, sum(r.amount)
    FROM rollups AS r
    WHERE r.customer_id = 1 AND r.grain = 'day' AND r.grouped_by = 'all' AND r.group_key = ''
        AND r.figure IN (
            'messages_in', 'messages_out', 'conversations_new', 'conversations_closed',
            'conversations_reopened', 'delivery'
        )
        AND r.starts_at >= now() - interval '365 days'
    GROUP BY r.figure, r.starts_at
"""
_BY_AGENT = b"""
    SELECT r.group_key, r.figure, sum(r.amount), sum(r.milliseconds)
    FROM rollups AS r
    WHERE r.customer_id = 1 AND r.grain = 'day' AND r.grouped_by = 'agent'
        AND r.figure IN ('messages_out', 'conversations_closed', 'first_response', 'resolution')
        AND r.starts_at >= now() - interval '90 days'
    GROUP BY r.group_key, r.figure
"""
_QUESTIONS: Mapping[str, bytes] = {
    "what came and went, a year by day": _VOLUMES,
    "median of first responses, a year by day": _PERCENTILES,
    "what each agent did, 90 days": _BY_AGENT,
}
