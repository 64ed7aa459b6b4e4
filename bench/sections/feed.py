"""The change feed under many writers: what a follower misses or sees twice, which must be nothing.

Writers commit after random delays, so that changes become visible out of order all the time; the
followers stop at random places and go on from the last cursor they have used.
"""

import asyncio
from dataclasses import dataclass
from random import Random
from time import perf_counter

from bench.databases import CUSTOMER_ID, fresh_database, run
from bench.figures import Figure, Target, figure
from bench.plan import Plan
from store.changes import BEGINNING, changes_of_customer
from store.database import connect
from store.outbox import Change, append_changes

SECTION = "feed"

_WRITERS = 20
_MOST_OF_A_TRANSACTION = 20
_DELAYS = (0.0, 0.0, 0.001, 0.005, 0.02)
_FOLLOWERS = 3
_MOST_OF_A_PAGE = 500
_NONE = Target(most=0.0)


@dataclass(slots=True)
class _Seen:
    """What one follower was told, in its order."""

    numbers: list[int]
    resumes: int = 0


def measure(plan: Plan) -> list[Figure]:
    """Let writers write and followers follow, then compare."""
    with fresh_database(plan.server_url) as url:
        began = perf_counter()
        changes = plan.sizes.feed_changes // _WRITERS * _WRITERS
        seen = run(_measure(url, changes))
        seconds = perf_counter() - began
    everything = set(range(changes))
    missing = sum(len(everything - set(follower.numbers)) for follower in seen)
    repeated = sum(len(follower.numbers) - len(set(follower.numbers)) for follower in seen)
    resumes = sum(follower.resumes for follower in seen)
    name = f"{changes:,} changes of {_WRITERS} writers, {resumes:,} resumes"
    return [
        figure(SECTION, f"{name}: missed", missing, "changes", _NONE),
        figure(SECTION, f"{name}: repeated", repeated, "changes", _NONE),
        figure(SECTION, f"{name}: out of order", _disorder(seen, changes), "changes", _NONE),
        figure(SECTION, f"{name}: rate", changes / seconds, "per second"),
    ]


def _disorder(seen: list[_Seen], changes: int) -> int:
    """Count changes that were told before an earlier one of the same writer."""
    each = changes // _WRITERS
    found = 0
    for follower in seen:
        newest = [-1] * _WRITERS
        for number in follower.numbers:
            found += number < newest[number // each]
            newest[number // each] = max(newest[number // each], number)
    return found


async def _measure(url: str, changes: int) -> list[_Seen]:
    each = changes // _WRITERS
    writing = [_write(url, writer * each, each, Random(writer)) for writer in range(_WRITERS)]
    following = [_follow(url, changes, Random(number)) for number in range(_FOLLOWERS)]
    seen, _ = await asyncio.gather(asyncio.gather(*following), asyncio.gather(*writing))
    return seen


async def _write(url: str, first: int, count: int, rng: Random) -> None:
    async with await connect(url, "bench") as conn:
        done = 0
        while done < count:
            size = min(rng.randint(1, _MOST_OF_A_TRANSACTION), count - done)
            numbers = range(first + done, first + done + size)
            async with conn.transaction():
                await conn.execute(b"SET LOCAL synchronous_commit = off")
                changes = [
                    Change(type="message.received", message_seq=number) for number in numbers
                ]
                await append_changes(conn, CUSTOMER_ID, changes)
                await asyncio.sleep(rng.choice(_DELAYS))
            done += size


async def _follow(url: str, changes: int, rng: Random) -> _Seen:
    """Read pages, and now and then lose the end of one, as a client does that breaks off."""
    seen = _Seen([])
    cursor = BEGINNING
    async with await connect(url, "bench") as conn:
        while len(seen.numbers) < changes:
            limit = rng.randint(1, _MOST_OF_A_PAGE)
            found = await changes_of_customer(conn, CUSTOMER_ID, cursor, limit)
            rows, cursor = found.rows, found.read_to
            if rows and rng.random() < 0.2:
                rows = rows[: rng.randint(1, len(rows))]
                cursor = rows[-1].cursor
                seen.resumes += 1
            seen.numbers += [row.message_seq or 0 for row in rows]
            if not found.rows:
                await asyncio.sleep(0.005)
    return seen
