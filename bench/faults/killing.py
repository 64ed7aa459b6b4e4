"""SIGKILL of web, worker and Postgres in random order while deliveries come in."""

import asyncio
from random import Random

from app.embedded_postgres import embedded_postgres
from bench.databases import add_channel, run
from bench.faults.count import count, wait_until_processed
from bench.faults.installation import HOST, Installation, installation
from bench.faults.plan import FaultPlan
from bench.faults.sender import Outcome, Sender
from bench.faults.traffic import message_ids, writer_of
from bench.figures import Figure, Target, figure
from domain.channel import Channel
from store.database import connect

SECTION = "kill"

_ROLES = ("web", "worker", "postgres")
_CONNECTIONS = 64
_SETTLE_SECONDS = 120.0


def break_it(plan: FaultPlan) -> list[Figure]:
    """Kill for a while, let it come to rest, and count."""
    kills: dict[str, int] = dict.fromkeys(_ROLES, 0)
    with installation(plan.folder / "kill") as running:
        with embedded_postgres(running.data_dir) as url:
            channel = run(_channel(url))
        outcome = run(_send(running, channel, plan, kills))
        running.wait_until_ready()
        running.wait_until_spool_is_empty(_SETTLE_SECONDS)
        with embedded_postgres(running.data_dir) as url:
            took = wait_until_processed(url, _SETTLE_SECONDS)
            counted = count(url, message_ids(outcome.accepted))
    return [
        *(figure(SECTION, f"times {role} was killed", kills[role], "") for role in _ROLES),
        figure(SECTION, "tries without an answer", outcome.unanswered, ""),
        figure(SECTION, "tries answered 5xx", outcome.server_errors, ""),
        figure(SECTION, "deliveries refused", outcome.refused, "", Target(most=0)),
        *counted.figures(SECTION),
        figure(SECTION, "at rest after", took, " s"),
    ]


async def _channel(url: str) -> Channel:
    async with await connect(url, "bench") as conn:
        return await add_channel(conn, "sms", "killed")


async def _send(
    running: Installation, channel: Channel, plan: FaultPlan, kills: dict[str, int]
) -> Outcome:
    sender = Sender(
        HOST, running.port, connections=_CONNECTIONS, write=writer_of(channel, HOST, running.port)
    )
    seconds = plan.lengths.kill_seconds
    killing = asyncio.create_task(_kill(running, seconds, kills))
    await sender.send(plan.lengths.kill_rate, seconds)
    await killing
    await sender.settle(_SETTLE_SECONDS)
    sender.close()
    plan.say(f"{sender.sent} deliveries, {sender.unsettled} without an answer for good")
    if sender.unsettled:
        raise RuntimeError("not every delivery was answered in the end")
    return sender.outcome


async def _kill(running: Installation, seconds: float, kills: dict[str, int]) -> None:
    rng = Random(7)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        await asyncio.sleep(rng.uniform(1, 3))
        role = rng.choice(_ROLES)
        if await asyncio.to_thread(running.kill, role):
            kills[role] += 1
