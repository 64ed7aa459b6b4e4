"""The waker outlives whatever goes wrong, and what it was poked for is told in the end."""

import asyncio

from flows import until

from domain.backoff import Backoff
from ingest.wake import Waker
from store.database import Connection, DatabaseUnavailable, connect

_FAILURES: tuple[Exception, ...] = (
    DatabaseUnavailable("gone"),
    OSError("refused"),
    RuntimeError("what nobody thought of"),
)


async def test_any_failure_is_followed_by_another_try(database_url: str) -> None:
    failures = list(_FAILURES)
    told = 0

    async def open_one() -> Connection:
        return await connect(database_url, "waker")

    async def tell(_connection: Connection) -> None:
        nonlocal told
        if failures:
            raise failures.pop()
        told += 1

    async def is_told() -> bool:
        return told == 1

    waker = Waker(open_one, Backoff(lambda: 0.0, shortest=0.01, longest=0.02), tell, 0.0)
    running = asyncio.create_task(waker.run())
    waker.poke()
    await until(is_told)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert failures == []
