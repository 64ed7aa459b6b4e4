"""A dump taken while events wait, restored into a new cluster: everything goes on there.

Who followed is told to begin anew, then hears of everything once; nothing is missing in search.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx

from app.embedded_postgres import embedded_postgres
from app.postgres_tools import run_tool
from bench.databases import add_channel, empty_database, fresh_database, read_one, run
from bench.faults.count import count, wait_until_processed
from bench.faults.installation import HOST, Installation, installation
from bench.faults.plan import FaultPlan
from bench.faults.sender import Sender
from bench.faults.traffic import message_ids, writer_of
from bench.figures import Figure, Target, figure
from domain.channel import Channel
from store.database import connect

SECTION = "restore"

_ADMIN_KEY = "the key of the fault bench"
_CONNECTIONS = 64
_RATE = 200.0
_REPEATED = 100
_SETTLE_SECONDS = 120.0
_NONE = Target(most=0)
_GONE = 410
_UNINDEXED = b"""
    SELECT count(*) FROM messages AS m
    WHERE NOT EXISTS (SELECT FROM search_documents AS d WHERE d.message_id = m.id)
"""
_OLDER = b"SELECT count(*) FROM messages WHERE direction = 'inbound'"


def break_it(plan: FaultPlan) -> list[Figure]:
    """Send, dump, restore, send on, and count."""
    folder = plan.folder / "restore"
    file = folder / "inlet.sql"
    data_dir = folder / "data"
    seconds = plan.lengths.restore_seconds
    with embedded_postgres(folder / "before") as server, fresh_database(server) as url:
        channel = run(_channel(url))
        with _house(data_dir, url) as (running, client):
            sent, accepted = run(_send(running, channel, seconds, 0))
            old = client.get("/api/changes", params={"after": "now"}).json()["page"]["next_cursor"]
            began = monotonic()
            _tool("pg_dump", "--no-owner", "--no-privileges", "--file", str(file), url)
    with embedded_postgres(folder / "after") as server, empty_database(server) as url:
        _tool("psql", "-Xq1", "-v", "ON_ERROR_STOP=1", "-f", str(file), "-d", url)
        with _house(data_dir, url) as (running, client):
            away = monotonic() - began
            waited = wait_until_processed(url, _SETTLE_SECONDS)
            known = run(_read(url, _OLDER))
            refused = client.get("/api/changes", params={"after": old}).status_code
            reset = _first_event(client, old)
            anew = client.get("/api/changes", params={"after": "now"}).json()["page"]["next_cursor"]
            first = sent - _REPEATED
            _, more = run(_send(running, channel, seconds, first))
            accepted |= more
            wait_until_processed(url, _SETTLE_SECONDS)
            new = len(message_ids(accepted)) - known
            told = _told(client, anew, new)
            unindexed = _until_none(lambda: run(_read(url, _UNINDEXED)))
            counted = count(url, message_ids(accepted))
    return [
        figure(SECTION, "dump, restore and start", away, " s"),
        figure(SECTION, "processed what waited in the dump", waited, " s"),
        figure(SECTION, "old cursors that were taken", int(refused != _GONE), "", _NONE),
        figure(SECTION, "old streams without a reset", int(reset != "reset"), "", _NONE),
        figure(SECTION, "changes not told, or told twice", abs(len(told) - new), "", _NONE),
        figure(SECTION, "changes told twice", len(told) - len(set(told)), "", _NONE),
        figure(SECTION, "messages that search misses", unindexed, "", _NONE),
        *counted.figures(SECTION),
    ]


@contextmanager
def _house(folder: Path, url: str) -> Generator[tuple[Installation, httpx.Client]]:
    with (
        installation(folder, url, INLET_ADMIN_KEY=_ADMIN_KEY) as running,
        httpx.Client(
            base_url=f"http://{HOST}:{running.port}",
            headers={"Authorization": f"Bearer {_ADMIN_KEY}"},
            timeout=_SETTLE_SECONDS,
            trust_env=False,
        ) as client,
    ):
        yield running, client


async def _channel(url: str) -> Channel:
    async with await connect(url, "bench") as conn:
        return await add_channel(conn, "sms", "restored")


async def _send(
    running: Installation, channel: Channel, seconds: float, first: int
) -> tuple[int, set[int]]:
    """Send what begins with a number; return where it ended, and what was accepted."""
    write = writer_of(channel, HOST, running.port)
    sender = Sender(
        HOST,
        running.port,
        connections=_CONNECTIONS,
        write=lambda number: write(number + first),
    )
    await sender.send(_RATE, seconds)
    await sender.settle(_SETTLE_SECONDS)
    sender.close()
    if sender.unsettled:
        raise RuntimeError("not every delivery was answered in the end")
    return first + sender.sent, {number + first for number in sender.outcome.accepted}


def _first_event(client: httpx.Client, last_id: str) -> str:
    """Come back to a stream, and say what is told first."""
    headers = {"Last-Event-ID": last_id}
    with client.stream("GET", "/api/stream", headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                return line.removeprefix("event: ")
    return ""


def _told(client: httpx.Client, after: str, wanted: int) -> list[str]:
    """Follow the changes until so many messages were told, and a little longer."""
    told: list[str] = []
    deadline = monotonic() + _SETTLE_SECONDS
    is_last = False
    while not is_last:
        is_last = len(told) >= wanted or monotonic() > deadline
        page = client.get("/api/changes", params={"after": after, "limit": 500}).json()
        told += [item["message_id"] for item in page["items"] if item["type"] == "message.received"]
        after = page["page"]["next_cursor"]
        if not page["items"]:
            sleep(0.2)
    return told


def _until_none(look: Callable[[], int]) -> int:
    deadline = monotonic() + _SETTLE_SECONDS
    while (found := look()) and monotonic() < deadline:
        sleep(0.2)
    return found


async def _read(url: str, query: bytes) -> int:
    async with await connect(url, "bench") as conn:
        return int(await read_one(conn, query))


def _tool(name: str, *arguments: str) -> None:
    done = run_tool(None, name, *arguments)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()}")
