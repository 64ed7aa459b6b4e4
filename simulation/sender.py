"""Posts planned deliveries over many connections and counts what became of them.

Behaves as a patient provider: what gets no answer, or a 5xx, is sent again with the same bytes.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Protocol

import httpx

from domain.delivery import Delivery
from simulation.delivering import post
from simulation.schedule import Planned

_PATIENCE_SECONDS = 60.0
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 2.0
_ANSWER_SECONDS = 15.0
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How to send: `rate` per second (0: as fast as answers come), for a number or a time."""

    rate: float
    connections: int
    count: int | None
    duration_seconds: float | None


@dataclass(slots=True, kw_only=True)
class SendCounts:
    """What became of the deliveries so far; latencies in seconds, of accepted ones."""

    sent: int = 0
    distinct: int = 0
    accepted: int = 0
    refused: int = 0
    failed: int = 0
    retried: int = 0
    latencies: list[float] = field(default_factory=list[float])
    refusals: dict[int, int] = field(default_factory=dict[int, int])


class Observer(Protocol):
    """Counts some of the deliveries apart, and is told which were accepted."""

    @property
    def counts(self) -> SendCounts: ...

    def accept(self, planned: Planned) -> None: ...


async def send_all(
    plan: Iterator[Planned],
    compose: Callable[[Planned], Delivery],
    pace: Pace,
    counts: SendCounts,
    observe: Callable[[Planned], Observer] | None = None,
) -> None:
    """Send until the number or the time is over and everything was answered or given up.

    `observe` says who counts a delivery, too.
    """
    began = monotonic()
    numbered = enumerate(plan)
    limits = httpx.Limits(
        max_connections=pace.connections, max_keepalive_connections=pace.connections
    )
    async with httpx.AsyncClient(limits=limits, timeout=_ANSWER_SECONDS, trust_env=False) as client:

        async def one_connection(rng: Random) -> None:
            for number, planned in numbered:
                if _is_over(pace, number, monotonic() - began):
                    return
                due = began + number / pace.rate if pace.rate else monotonic()
                if (early := due - monotonic()) > 0:
                    await asyncio.sleep(early)
                observer = observe(planned) if observe else None
                counting = (counts, observer.counts) if observer else (counts,)
                for each in counting:
                    each.sent += 1
                    each.distinct += not planned.is_duplicate
                if await _deliver(client, compose(planned), due, counting, rng) and observer:
                    observer.accept(planned)

        async with asyncio.TaskGroup() as group:
            for lane in range(pace.connections):
                group.create_task(one_connection(Random(lane)))  # noqa: S311 - spreads waits


def _is_over(pace: Pace, number: int, elapsed: float) -> bool:
    if pace.count is not None:
        return number >= pace.count
    duration = pace.duration_seconds or 0.0
    return number >= pace.rate * duration if pace.rate else elapsed >= duration


async def _deliver(
    client: httpx.AsyncClient,
    delivery: Delivery,
    due: float,
    counting: Sequence[SendCounts],
    rng: Random,
) -> bool:
    """Post until it is answered or given up; say whether it was accepted."""
    give_up_at, wait = monotonic() + _PATIENCE_SECONDS, _FIRST_WAIT_SECONDS
    while True:
        status = await post(client, delivery)
        if status is not None and 200 <= status < 300:
            latency = monotonic() - due
            for counts in counting:
                counts.accepted += 1
                counts.latencies.append(latency)
            return True
        if status is not None and status < 500 and status != _TOO_MANY_REQUESTS:
            for counts in counting:
                counts.refused += 1
                counts.refusals[status] = counts.refusals.get(status, 0) + 1
            return False
        if monotonic() + wait > give_up_at:
            for counts in counting:
                counts.failed += 1
            return False
        for counts in counting:
            counts.retried += 1
        await asyncio.sleep(wait * (0.5 + rng.random() / 2))
        wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
