"""How long lists, searches, counts and threads take, among few conversations and among many.

Both databases answer in turn, in short blocks, so that whatever else the machine does hits both
alike. Every question goes through the API over one connection, and to the store alone.
"""

import gc
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

from app.ids import new_id, new_key
from bench.databases import CUSTOMER_ID, execute, fresh_database, read_one, run
from bench.figures import Figure, Target, latency_of
from bench.http_client import Client, body_of
from bench.plan import Plan
from bench.processes import HOST, web_server
from bench.questions import Question, ask_store, draw
from domain.api_key import hash_key
from store.api_keys import insert_key
from store.database import connect

SECTION = "list"

_BENCH = Path(__file__).parent.parent
_SEED_FILES = [_BENCH / name for name in ("seed.sql", "seed_messages.sql", "seed_search.sql")]
_BLOCK = 50
_WARM_UP_CALLS = 200
_LIST = Target(most_p99_ms=10.0)
_SIMPLE_LIST = Target(most=1.5, most_p99_ms=10.0)
_SEARCH = Target(most_p99_ms=50.0)
_COUNTS = Target(most_p99_ms=15.0)
# What other filters find is a hundred times more among many, and more work to sort out.
_SIMPLE = frozenset({"first page", "deep page", "one status", "one channel", "one address"})

_FIRST_AGENT = b"SELECT id FROM agents WHERE name = 'agent 1'"

Ask = Callable[[Question], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installation:
    """A database with so many conversations, and a web process before it."""

    conversations: int
    url: str
    port: int
    key: str
    agent_id: str

    def client(self) -> Client:
        return Client(HOST, self.port, f"Bearer {self.key}")


def measure(plan: Plan) -> list[Figure]:
    """Put every kind of question to both sizes, by both routes."""
    sizes = plan.sizes
    with (
        _installation(plan, sizes.few_conversations) as few,
        _installation(plan, sizes.many_conversations) as many,
    ):
        return run(_measure(plan, few, many))


@contextmanager
def _installation(plan: Plan, conversations: int) -> Generator[_Installation]:
    with fresh_database(plan.server_url) as url:
        began = perf_counter()
        key = new_key()
        agent_id = run(_seed(url, conversations, key))
        plan.say(f"{conversations:,} conversations made in {perf_counter() - began:,.0f} s")
        with web_server(url, ("-m", "app.cli", "serve")) as server:
            yield _Installation(
                conversations=conversations,
                url=url,
                port=server.port,
                key=key,
                agent_id=agent_id,
            )


async def _seed(url: str, conversations: int, key: str) -> str:
    """Fill a database and let the first agent in; returns their id."""
    async with await connect(url, "bench", prepare=False) as conn:
        setting = {"conversations": str(conversations)}
        set_size = b"SELECT set_config('bench.conversations', %(conversations)s, false)"
        await conn.execute(set_size, setting)
        for file in _SEED_FILES:
            await conn.execute(file.read_bytes())
        agent_id: str = await read_one(conn, _FIRST_AGENT)
        await insert_key(
            conn,
            customer_id=CUSTOMER_ID,
            key_id=new_id(),
            name="bench",
            key_hash=hash_key(key),
            scopes=["conversations:read"],
            agent_id=agent_id,
        )
    await execute(url, b"VACUUM ANALYZE", b"CHECKPOINT")
    return agent_id


async def _measure(plan: Plan, few: _Installation, many: _Installation) -> list[Figure]:
    figures: list[Figure] = []
    async with (
        await connect(few.url, "bench") as few_conn,
        await connect(many.url, "bench") as many_conn,
    ):
        with few.client() as few_client, many.client() as many_client:
            few_questions = await draw(few_conn, few_client, few.agent_id)
            many_questions = await draw(many_conn, many_client, many.agent_id)
            routes: Mapping[str, tuple[Ask, Ask]] = {
                "API": (_api(few_client), _api(many_client)),
                "store": (
                    lambda question: ask_store(few_conn, question),
                    lambda question: ask_store(many_conn, question),
                ),
            }
            for name in few_questions:
                asked = (few_questions[name], many_questions[name])
                for route, asks in routes.items():
                    times = await _take_turns(asks, asked, plan.sizes.list_calls)
                    figures += _summary(f"{name}, {route}", (few, many), times)
                    plan.say(f"{figures[-1].name}: {figures[-1].value:.2f}x")
    return figures


def _api(client: Client) -> Ask:
    async def ask(question: Question) -> None:
        body_of(client.get(question.path))

    return ask


async def _take_turns(
    asks: Sequence[Ask], questions: Sequence[Sequence[Question]], calls: int
) -> list[list[float]]:
    """Time so many calls to each installation, in blocks that alternate."""
    streams = [cycle(asked) for asked in questions]
    block = min(_BLOCK, calls)
    for ask, stream in zip(asks, streams, strict=True):
        for question in islice(stream, min(_WARM_UP_CALLS, calls)):
            await ask(question)
    times: list[list[float]] = [[] for _ in asks]
    gc.collect()
    gc.disable()
    for _ in range(0, calls, block):
        for ask, stream, taken in zip(asks, streams, times, strict=True):
            for question in islice(stream, block):
                began = perf_counter()
                await ask(question)
                taken.append(perf_counter() - began)
    gc.enable()
    return times


def _summary(
    name: str, installations: tuple[_Installation, _Installation], times: Sequence[list[float]]
) -> list[Figure]:
    few, many = (latency_of(durations) for durations in times)
    ratio = many.p99_ms / few.p99_ms
    kind, _, route = name.rpartition(", ")
    target = _target_of(kind) if route == "API" else None
    return [
        Figure(section=SECTION, name=f"{name}, {installations[0].conversations:,}", latency=few),
        Figure(
            section=SECTION,
            name=f"{name}, {installations[1].conversations:,}",
            value=ratio,
            unit="x p99",
            latency=many,
            target=target,
            is_met=target.is_met(ratio, many) if target else None,
        ),
    ]


def _target_of(kind: str) -> Target:
    if kind.startswith("search"):
        return _SEARCH
    if kind == "counts":
        return _COUNTS
    return _SIMPLE_LIST if kind in _SIMPLE else _LIST
