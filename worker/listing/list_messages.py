"""Asks a provider for what came to a channel, page by page, and keeps what is not there yet.

What a page holds is committed before the next one is asked for: some providers hand it out once.
Knows neither whose turn it is nor when.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.listing_provider import LISTED_BY, Listed, ListedEvent, ListingProvider
from store.database import Connection
from store.events import NewEvent, record_events
from store.reconciliations import Hold, find_receiving_channel, keep_hold, list_recorded
from worker.fetching.http import TOO_SLOW, ask
from worker.listing.config import ListingConfig

_MOST_REQUESTS = 20_000  # a busy channel whose messages are asked for one by one
_LONGEST_TEXT = 255
_ENDLESS = NotFetched(
    error_class="list_too_long", detail="the provider's list does not end", is_for_good=False
)
_LOST = NotFetched(
    error_class="hold_lost", detail="somebody else asks for this channel by now", is_for_good=False
)


@dataclass(slots=True, kw_only=True)
class MessageList:
    """What a provider lists of a channel. Without a hold nothing is kept, only counted.

    `failed` says why not all of it could be had; `new` were not there before.
    """

    config: ListingConfig
    provider: ListingProvider
    channel: Channel
    since: datetime
    hold: Hold | None
    failed: NotFetched | None = None
    new: int = 0
    _keys: set[str] = field(default_factory=set[str])

    @property
    def listed(self) -> int:
        return len(self._keys)

    async def take(self, conn: Connection) -> AsyncGenerator[int]:
        """Go through all of it; each page yields how many were new on it.

        Raises: DatabaseError or OSError when Postgres is away.
        """
        requests = deque(self.provider.first_lists(self.channel, self.since))
        for _ in range(_MOST_REQUESTS):
            if not requests:
                return
            request = requests.popleft()
            answer = await self._answer(request)
            if isinstance(answer, NotFetched):
                self.failed = answer
                return
            listed = self.provider.read_list(request, answer, self.channel, self.since)
            if isinstance(listed, NotFetched):
                self.failed = listed
                return
            single = await self._missing(conn, listed.single)
            count = await self._take_page(conn, listed, answer, request, single)
            if count is None:
                self.failed = _LOST
                return
            if self.hold is not None:
                requests.extend(listed.single[key] for key in single)
            requests.extend(listed.further)
            self.new += count
            yield count
        self.failed = _ENDLESS

    async def _answer(self, request: FetchRequest) -> FetchAnswer | NotFetched:
        try:
            async with asyncio.timeout(self.config.answer_seconds):
                return await ask(self.config.client, request, self.provider.LIST_HOSTS)
        except TimeoutError:
            return TOO_SLOW

    async def _take_page(
        self,
        conn: Connection,
        listed: Listed,
        answer: FetchAnswer,
        request: FetchRequest,
        single: Sequence[str],
    ) -> int | None:
        """Keep what a page holds; return how many were new, or None where the hold was lost."""
        keys = [each.event.dedup_key for each in listed.events]
        if self.hold is None:
            new = {*single, *await self._missing(conn, keys)} - self._keys
            self._keys.update(keys, listed.single)
            return len(new)
        self._keys.update(keys, listed.single)
        async with conn.transaction():
            if not await keep_hold(conn, self.hold, self.config.hold_seconds):
                return None
            rows = await self._rows(conn, listed.events, answer, request)
            return await record_events(conn, rows) if rows else 0

    async def _missing(self, conn: Connection, keys: Iterable[str]) -> list[str]:
        """Return which of these events the channel does not have."""
        wanted = list(keys)
        recorded = await list_recorded(conn, self.channel, wanted) if wanted else frozenset[str]()
        return [key for key in wanted if key not in recorded]

    async def _rows(
        self,
        conn: Connection,
        events: Sequence[ListedEvent],
        answer: FetchAnswer,
        request: FetchRequest,
    ) -> list[NewEvent]:
        others: dict[str, str] = {}
        for number in {each.own_address for each in events if each.own_address}:
            if number not in self.channel.own_addresses:
                found = await find_receiving_channel(conn, self.channel, number)
                others[number] = found or self.channel.id
        headers = msgspec.json.encode({LISTED_BY: urlsplit(request.url).hostname}).decode()
        content_type = answer.headers.get("content-type", "")[:_LONGEST_TEXT]
        received_at = self.config.clock()
        return [
            NewEvent(
                self.channel.customer_id,
                self.config.new_id(),
                others.get(each.own_address or "", self.channel.id),
                self.channel.provider,
                each.event.kind,
                each.event.provider_message_id,
                each.event.dedup_key,
                "unchecked",
                headers,
                content_type,
                each.event.body,
                received_at,
            )
            for each in events
        ]
