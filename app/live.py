"""What is live in a web process: the feed, presence, and the word to other processes."""

import asyncio
from collections.abc import Awaitable, Callable
from random import random

from starlette.routing import BaseRoute

from domain.backoff import Backoff
from inbox.http.shared import Shared
from inbox.live.changes_api import changes_routes
from inbox.live.feed import Feed
from inbox.live.presence import Presence
from inbox.live.presence_api import presence_routes
from inbox.live.stream_api import stream_routes
from ingest.wake import Waker
from store.database import Connection
from store.notifications import CHANGES_GAP_SECONDS, notify_changes


class Live:
    """Runs beside the routes. `connect` opens connections of its own, straight to Postgres."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._feed = Feed(connect, random=random)
        self._presence = Presence(self._feed.mention)
        self._feed.on_presence = self._presence.hear
        self._waker = Waker(connect, Backoff(random), notify_changes, CHANGES_GAP_SECONDS)

    def routes(self, shared: Shared) -> list[BaseRoute]:
        """Make the routes under `/api` that are live."""
        return [
            *changes_routes(shared),
            *stream_routes(shared, self._feed),
            *presence_routes(shared, self._presence),
        ]

    def on_channels(self, hear: Callable[[], None]) -> None:
        """Say whom to tell that a channel is not what it was."""
        self._feed.on_channels = lambda _payload: hear()

    @property
    def open_streams(self) -> int:
        return self._feed.open_streams

    def poke(self) -> None:
        """Say that something was committed here; returns at once."""
        self._feed.poke()
        self._waker.poke()

    def end_streams(self) -> None:
        """End every stream: the process is about to stop."""
        self._feed.close()

    async def run(self) -> None:
        """Feed streams until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feed.run())
                group.create_task(self._waker.run())
        finally:
            self._presence.close()
