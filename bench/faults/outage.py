"""Postgres stopped for minutes under load, once with the web process killed meanwhile."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from app.embedded_postgres import embedded_postgres
from app.postgres_tools import account_for, run_tool
from bench.databases import add_channel, run
from bench.faults.count import count, wait_until_processed
from bench.faults.installation import HOST, Installation, installation
from bench.faults.plan import FaultPlan
from bench.faults.sender import Outcome, Sender
from bench.faults.traffic import message_ids, writer_of
from bench.figures import Figure, Target, figure
from domain.channel import Channel
from store.database import connect

SECTION = "outage"

_CONNECTIONS = 64
_BEFORE_SECONDS = 3.0
_AFTER_SECONDS = 3.0
_SETTLE_SECONDS = 120.0
_BEFORE_A_SECOND = Target(most_p99_ms=1000)


def break_it(plan: FaultPlan) -> list[Figure]:
    """Take the database away twice and count."""
    return [*_once(plan, "web lives", False), *_once(plan, "web killed", True)]


def _once(plan: FaultPlan, name: str, kills_web: bool) -> list[Figure]:
    folder = plan.folder / name.replace(" ", "_")
    section = f"{SECTION}, {name}"
    with (
        _stoppable(folder / "database") as server,
        installation(folder / "data", server.url) as running,
    ):
        channel = run(_channel(server.url))
        outcome, drained = run(_send(running, server, channel, plan, kills_web))
        took = wait_until_processed(server.url, _SETTLE_SECONDS)
        counted = count(server.url, message_ids(outcome.accepted))
    plan.say(f"{name}: {len(outcome.accepted)} accepted, {outcome.unanswered} repeated")
    latency = outcome.latency
    answered = Figure(
        section=section,
        name="first try to success",
        latency=latency,
        target=_BEFORE_A_SECOND,
        is_met=latency.p99_ms <= 1000,
        details={"slowest_ms": 1000 * max(outcome.seconds)},
    )
    return [
        answered,
        figure(section, "tries without an answer", outcome.unanswered, ""),
        figure(section, "tries answered 5xx", outcome.server_errors, "", Target(most=0)),
        figure(section, "deliveries refused", outcome.refused, "", Target(most=0)),
        figure(section, "spool empty after its return", drained, " s", Target(most=60)),
        figure(section, "all processed after that", took, " s"),
        *counted.figures(section),
    ]


class _Server:
    """A Postgres of our own that nobody starts again for us."""

    def __init__(self, url: str, pgdata: Path) -> None:
        self.url = url
        self._pgdata = pgdata
        self._account = account_for(pgdata)

    def stop(self) -> None:
        self._tool("-m", "fast", "-w", "stop")

    def start(self) -> None:
        self._tool("-l", "log", "-w", "-t", "60", "start")

    def _tool(self, *arguments: str) -> None:
        result = run_tool(self._account, "pg_ctl", *arguments, folder=self._pgdata, seconds=90)
        if result.returncode:
            raise RuntimeError(f"pg_ctl {arguments[-1]}: {result.stderr.strip()}")


@contextmanager
def _stoppable(folder: Path) -> Generator[_Server]:
    with embedded_postgres(folder) as url:
        yield _Server(url, folder.resolve() / "postgres")


async def _channel(url: str) -> Channel:
    async with await connect(url, "bench") as conn:
        return await add_channel(conn, "sms", "cut off")


async def _send(
    running: Installation, server: _Server, channel: Channel, plan: FaultPlan, kills_web: bool
) -> tuple[Outcome, float]:
    """Send before, during and after; returns how long the spool took to empty, too."""
    rate, seconds = plan.lengths.outage_rate, plan.lengths.outage_seconds
    sender = Sender(
        HOST, running.port, connections=_CONNECTIONS, write=writer_of(channel, HOST, running.port)
    )
    total = _BEFORE_SECONDS + seconds + _AFTER_SECONDS
    sending = asyncio.create_task(sender.send(rate, total))
    await asyncio.sleep(_BEFORE_SECONDS)
    await asyncio.to_thread(server.stop)
    stopped = monotonic()
    if kills_web:
        await asyncio.sleep(seconds / 2)
        running.kill("web")
    await asyncio.sleep(max(0.0, stopped + seconds - monotonic()))
    await asyncio.to_thread(server.start)
    drained = await asyncio.to_thread(running.wait_until_spool_is_empty, _SETTLE_SECONDS)
    await sending
    await sender.settle(_SETTLE_SECONDS)
    sender.close()
    if sender.unsettled:
        raise RuntimeError("not every delivery was answered in the end")
    return sender.outcome, drained
