"""People at the inbox of one installation: how long each kind of request takes them, and how many
people this machine can hold.

An installation as `inlet up` starts it: one web process, one worker, one Postgres. It has many
customers with a hundred people each. Two ways: by the API, and at the page with all that it asks
for by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from time import perf_counter

from app.listener import listening_socket
from bench import people_clients
from bench.databases import execute, fresh_database, run
from bench.figures import Figure, Latency, Target, figure, latency_of
from bench.people_clients import Result
from bench.plan import Plan
from bench.processes import HOST, Server, call, web_server, worker_process
from domain.address import Address
from domain.identity import hash64
from store.database import Connection, connect

SECTION = "people"

_BENCH = Path(__file__).parent.parent
_SEED_FILES = [_BENCH / name for name in ("seed.sql", "seed_messages.sql", "seed_search.sql")]
_COPIES = _BENCH / "seed_people.sql"
_TARGET = Target(most=200.0, most_p99_ms=400.0)
_SET = b"SELECT set_config(%(name)s, %(value)s, false)"
_OPEN = b"""
    SELECT id::text FROM conversations
    WHERE customer_id = 1 AND status IN ('open', 'pending') ORDER BY id
"""
_WORDS = b"""
    SELECT word FROM search_words
    WHERE customer_id = 1 AND word ~ '^[a-z]{4,}$' ORDER BY md5(word) LIMIT 200
"""
_POSTMASTER = b"SELECT pg_read_file('postmaster.pid')"
_REHASH = (
    b"ANALYZE rehashed",
    b"UPDATE addresses SET hash = r.new FROM rehashed AS r WHERE r.old = hash",
    b"UPDATE messages SET from_hash = r.new FROM rehashed AS r WHERE r.old = from_hash",
    b"UPDATE message_recipients SET address_hash = r.new FROM rehashed AS r"
    b" WHERE r.old = address_hash",
    b"UPDATE conversation_participants SET address_hash = r.new FROM rehashed AS r"
    b" WHERE r.old = address_hash",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The installation that is measured, and what its people can look at."""

    web: Server
    pids: list[int]
    provider_port: int
    conversations: list[str]
    words: list[str]


def measure(plan: Plan) -> list[Figure]:
    """Fill an installation and let people come to it, by the API and at the page."""
    with listening_socket(HOST, 0) as free:
        provider_port = free.getsockname()[1]
    with fresh_database(plan.server_url) as url:
        began = perf_counter()
        conversations, words, postmaster = run(_seed(url, plan, provider_port))
        plan.say(f"{plan.sizes.people_customers} customers made in {perf_counter() - began:,.0f} s")
        with web_server(url, ("-m", "app.cli", "serve")) as web, worker_process(url) as worker:
            place = _Place(
                web=web,
                pids=[web.pid, worker, postmaster],
                provider_port=provider_port,
                conversations=conversations,
                words=words,
            )
            return [
                *_rounds(plan, place, plan.sizes.people, is_page=False),
                *_rounds(plan, place, plan.sizes.people_at_page, is_page=True),
            ]


def _rounds(plan: Plan, place: _Place, sizes: Sequence[int], *, is_page: bool) -> list[Figure]:
    """Measure ever fewer people, until they are served in time."""
    figures: list[Figure] = []
    held = 0
    for people in sizes:
        done = call("bench.people_clients", _job(plan, place, people, is_page), Result)
        found = _figures(people, done, " at the page" if is_page else " by the API")
        for entry in found:
            plan.say(f"{entry.name}: {entry.value or 0:,.1f} {entry.unit} {entry.latency or ''}")
        figures += found
        if all(entry.is_met is not False for entry in found):
            held = people
            break
    name = f"people {'at the page' if is_page else 'by the API'}, served in time"
    wanted = None if is_page else Target(least=sizes[0])
    return [*figures, figure(SECTION, name, held, "people", wanted)]


def _job(plan: Plan, place: _Place, people: int, is_page: bool) -> people_clients.Job:
    sizes = plan.sizes
    return people_clients.Job(
        host=HOST,
        port=place.web.port,
        provider_port=place.provider_port,
        customers=sizes.people_customers,
        people=people,
        conversations=place.conversations,
        words=place.words,
        writers=sizes.people_conversations // 2,
        think_seconds=sizes.people_think_seconds,
        seconds=sizes.people_seconds,
        seed=f"people {people}",
        is_page=is_page,
        web_pid=place.web.pid,
        pids=place.pids,
    )


def _figures(people: int, done: Result, how: str) -> list[Figure]:
    label = f"{people:,} people{how}"
    cores = done.server_cpu / done.seconds
    asked = sum(len(seconds) for seconds in done.taken.values())
    failed = sum(done.failed.values())
    return [
        _late(f"{label}, stream opened, all at first", done.opened),
        *(_late(f"{label}, {kind}", done.taken[kind]) for kind in sorted(done.taken)),
        figure(SECTION, f"{label}, failed", failed, "requests", Target(most=0)),
        figure(SECTION, f"{label}, asked", asked / done.seconds, "requests/s"),
        figure(SECTION, f"{label}, told by streams", done.events / done.seconds, "events/s"),
        figure(SECTION, f"{label}, cores", 1000 * cores / people, "per thousand"),
        figure(SECTION, f"{label}, web process", 100 * done.web_cpu / done.seconds, "% of a core"),
        figure(SECTION, f"{label}, clients", 100 * done.own_cpu / done.seconds, "% of a core"),
        figure(SECTION, f"{label}, memory", done.person_bytes / 1024, "KiB each"),
    ]


def _late(name: str, seconds: list[float]) -> Figure:
    """Judge the p95 and the p99 of one kind of request."""
    ordered = sorted(seconds)
    p95 = 1000 * ordered[int(0.95 * len(ordered))] if ordered else float("nan")
    latency: Latency = latency_of(ordered)
    return Figure(
        section=SECTION,
        name=f"{name}, p95",
        value=p95,
        unit="ms",
        latency=latency,
        target=_TARGET,
        is_met=_TARGET.is_met(p95, latency),
        details={"requests": len(ordered)},
    )


async def _seed(url: str, plan: Plan, provider_port: int) -> tuple[list[str], list[str], int]:
    """Fill the database; return open conversations, words, and the number of Postgres' process."""
    sizes = plan.sizes
    settings = {
        "bench.conversations": sizes.people_conversations,
        "bench.customers": sizes.people_customers,
        "bench.people": ceil(max(sizes.people) / sizes.people_customers),
        "bench.send_url": f"http://{HOST}:{provider_port}/sends",
    }
    async with await connect(url, "bench", prepare=False) as conn:
        for name, value in settings.items():
            await conn.execute(_SET, {"name": name, "value": str(value)})
        for file in _SEED_FILES:
            await conn.execute(file.read_bytes())
        await _hash_addresses(conn)
        await conn.execute(_COPIES.read_bytes())
        conversations = await _column(conn, _OPEN)
        words = await _column(conn, _WORDS)
        postmaster = await _column(conn, _POSTMASTER)
    await execute(url, b"VACUUM ANALYZE", b"CHECKPOINT")
    return conversations, words, int(postmaster[0].split()[0])


async def _hash_addresses(conn: Connection) -> None:
    """Give addresses their own hashes: the seeds make others, and replies are written here."""
    cursor = await conn.execute(b"SELECT hash, kind, value FROM addresses")
    rows = [
        (old, hash64(str(Address(kind, value)))) for old, kind, value in await cursor.fetchall()
    ]
    await conn.execute(b"CREATE TEMP TABLE rehashed (old bigint PRIMARY KEY, new bigint)")
    async with conn.cursor() as copying, copying.copy(b"COPY rehashed FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)
    for command in _REHASH:
        await conn.execute(command)


async def _column(conn: Connection, query: bytes) -> list[str]:
    return [row[0] for row in await (await conn.execute(query)).fetchall()]
