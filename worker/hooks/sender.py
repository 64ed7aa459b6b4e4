"""The loop that tells hooks: each hook that has something due gets a task of its own.

So one that answers slowly, or never, delays no other: it holds a few of the connections that go
out, and none to Postgres. All tasks share one of these, for the milliseconds in which they use it.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import httpx

from store.database import Connection
from store.hook_deliveries import HookKey, lease_deliveries, list_due_hooks
from store.polling import wait_for
from worker.background.repeating import log_failure, repeat_connected
from worker.fetching.guarded_transport import open_guarded_client
from worker.hooks.config import HookConfig
from worker.hooks.deliver import Delivering
from worker.hooks.event_queues import EventQueues

_MOST_HOOKS = 64  # at once, by this process
_MOST_FAILING = 32  # of these, that none of those that work waits for a place
_AT_ONCE = 8  # of one hook, each of another conversation
_FINISH_SECONDS = 3.0


async def run_hooks(config: HookConfig, stop: asyncio.Event) -> None:
    """Tell hooks until told to stop; what cannot be finished is posted by somebody again."""
    async with open_hook_client(config) as client:
        sender = HookSender(config, client, stop)
        try:
            await repeat_connected(sender.step, config.connect, stop, random=config.random)
        finally:
            await sender.close(0.0)


async def drain_hooks(conn: Connection, config: HookConfig) -> None:
    """Make all deliveries that are due."""
    async with open_hook_client(config) as client:
        sender = HookSender(config, client, asyncio.Event())
        while await sender.begin(conn):
            await sender.finish()
        await sender.close(0.0)


def open_hook_client(config: HookConfig) -> httpx.AsyncClient:
    """Make the client that posts to hooks, at public addresses alone."""
    return open_guarded_client(_MOST_HOOKS * _AT_ONCE, config.answer_seconds, config.private_hosts)


class HookSender:
    """One process's tasks, one for each hook that it is at."""

    def __init__(self, config: HookConfig, client: httpx.AsyncClient, stop: asyncio.Event) -> None:
        self._config = config
        self._client = client
        self._stop = stop
        self._turn = asyncio.Lock()
        self._at_work: dict[HookKey, asyncio.Task[None]] = {}
        self._queues = EventQueues(config)
        self._failing: set[HookKey] = set()

    async def step(self, conn: Connection) -> float:
        """Begin with hooks that have something due, and look again after a while.

        Whoever is told to stop finishes over the connection that it began with.
        """
        try:
            await self.begin(conn)
            self._queues.close_idle()
            await wait_for(self._stop, self._config.poll_seconds)
        except asyncio.CancelledError:
            # Before the connection is closed that they use.
            await self.close(0.0)
            raise
        if self._stop.is_set():
            await self.close(_FINISH_SECONDS)
        return 0.0

    async def begin(self, conn: Connection) -> int:
        """Begin with hooks that have something due; return how many these are."""
        room = _MOST_HOOKS - len(self._at_work)
        if not room:
            return 0
        async with self._turn:
            due = await list_due_hooks(
                conn,
                self._at_work,
                most=room,
                most_failing=_MOST_FAILING - len(self._failing),
            )
        self._failing.update(hook for hook, is_failing in due if is_failing)
        for hook, _ in due:
            self._at_work[hook] = asyncio.create_task(self._tell(conn, hook))
        return len(due)

    async def finish(self) -> None:
        """Wait until every task has done all that was due."""
        await asyncio.gather(*self._at_work.values())

    async def close(self, seconds: float) -> None:
        """End all tasks; what they wait for may come within so many seconds."""
        tasks = list(self._at_work.values())
        if tasks and seconds:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._queues.close()

    async def _tell(self, conn: Connection, hook: HookKey) -> None:
        """Make what is due for a hook, some at once, until nothing is.

        One that is down is asked once at each look: a backlog that fails delays no other.
        """
        delivering = Delivering(
            conn=conn,
            turn=self._turn,
            client=self._client,
            queues=self._queues,
            config=self._config,
        )
        try:
            while not self._stop.is_set():
                async with self._turn:
                    leases = await lease_deliveries(
                        conn, hook, _AT_ONCE, self._config.lease_seconds
                    )
                if not leases:
                    return
                await _all(delivering.deliver(lease) for lease in leases)
                if leases[0].is_down:
                    return
        except Exception as error:
            log_failure(error, hook_id=hook[1])
        finally:
            del self._at_work[hook]
            self._failing.discard(hook)


async def _all(deliveries: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Wait for all of them, also where one fails.

    Raises: what the first of these raised.
    """
    for outcome in await asyncio.gather(*deliveries, return_exceptions=True):
        if outcome is not None:
            raise outcome
