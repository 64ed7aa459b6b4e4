"""Finds the channel of a webhook URL, with its secrets opened, and those that a mailbox is of.

Holds all channels in memory and looks when told, or every few seconds, whether one changed; answers
for as long as the database is away, also after a start without it. Knows no HTTP.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from domain.backoff import Backoff
from domain.channel import Channel
from domain.errors import OperatorError, Unavailable
from domain.sealing import Sealer
from domain.ttl_cache import TtlCache
from ingest.channel_copy import read_copy, write_copy
from store.channels import (
    StoredChannel,
    channels_fingerprint,
    every_channel,
    find_channel_by_token,
)
from store.database import Pool, cut_after
from store.polling import wait_for

_LOG = structlog.get_logger(__name__)

_REFRESH_SECONDS = 2.0
_UNKNOWN_SECONDS = 2.0
_MOST_UNKNOWN = 10_000
# A flood of made-up tokens must leave connections for the others.
_LOOK_UPS_AT_ONCE = 2
_MOST_WAITING = 100
_LOOK_UP_SECONDS = 1.0
_READ_SECONDS = 10.0


class ChannelDirectory:
    """Channels by token. `copy` is the file that outlives the process; None keeps none."""

    def __init__(
        self,
        pool: Pool,
        sealer: Sealer,
        monotonic: Callable[[], float],
        backoff: Backoff,
        copy: Path | None,
    ) -> None:
        self._pool = pool
        self._sealer = sealer
        self._monotonic = monotonic
        self._backoff = backoff
        self._copy = copy
        self._opened: dict[str, Channel] = {}
        self._stored: Mapping[str, StoredChannel] = {}
        self._mailboxes: Mapping[tuple[str, str], Sequence[Channel]] = {}
        self._unknown: TtlCache[str, None] = TtlCache(_MOST_UNKNOWN, _UNKNOWN_SECONDS)
        self._fingerprint = ""
        self._is_away = False
        self._generation = 0
        self._refreshing = asyncio.Lock()
        self._woken = asyncio.Event()
        self._look_ups = asyncio.Semaphore(_LOOK_UPS_AT_ONCE)
        self._waiting = 0

    async def find(self, token: str) -> Channel | None:
        """Return the channel, or None where no channel has the token.

        Raises: Unavailable when the token was never seen and cannot be looked up.
        """
        channel = self._opened.get(token)
        if channel is not None:
            return channel
        stored = self._stored.get(token)
        if stored is None:
            now = self._monotonic()
            held = self._unknown.get(token, now)
            if held is not None and not held.is_stale:
                return None
            generation = self._generation
            stored = await self._look_up(token)
            if stored is None:
                self._unknown.put(token, None, now)
                return None
            if generation != self._generation:
                # What was found may be older than what was taken meanwhile.
                return self._open(stored)
        channel = self._open(stored)
        self._opened[token] = channel
        return channel

    def receivers(self, provider: str, mailbox: str) -> Sequence[Channel]:
        """List the channels of a provider that a canonical mailbox is an own address of.

        Their secrets are not opened. Raises: Unavailable while nobody can say that there is none.
        """
        found = self._mailboxes.get((provider, mailbox), ())
        if not found and (self._is_away or not self._generation):
            raise Unavailable("the channel cannot be looked up; send it again")
        return found

    async def load(self) -> None:
        """Begin with the local copy; a database that answers soon replaces it."""
        channels = None if self._copy is None else await asyncio.to_thread(read_copy, self._copy)
        if channels is not None:
            self._take(channels)

    def poke(self) -> None:
        """Say that a channel may have changed; returns at once."""
        self._woken.set()

    async def heed(self) -> None:
        """Return once a change that is committed counts here; without a database, it has to wait.

        Whoever changed a channel in this process calls it: nobody is told of a change that does
        not hold yet.
        """
        try:
            await self.refresh()
        except Exception as error:
            _LOG.warning("channels_not_refreshed", error_class=type(error).__name__)
            self.poke()

    async def run(self) -> None:
        """Follow the table until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.refresh()
            except Exception as error:
                if not self._is_away:
                    _LOG.warning("channels_not_refreshed", error_class=type(error).__name__)
                self._is_away = True
                await asyncio.sleep(self._backoff.pause())
            else:
                self._is_away = False
                self._backoff.reset()
                await wait_for(self._woken, _REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Read the channels again if any changed. Raises: DatabaseError, OSError."""
        async with self._refreshing:
            await self._refresh()

    async def _refresh(self) -> None:
        async with self._pool.connection(timeout=_LOOK_UP_SECONDS) as conn:
            with cut_after(conn, _READ_SECONDS):
                fingerprint = await channels_fingerprint(conn)
                if fingerprint == self._fingerprint:
                    return
                channels = await every_channel(conn)
        self._take(channels)
        self._fingerprint = fingerprint
        if self._copy is not None:
            try:
                await asyncio.to_thread(write_copy, self._copy, channels)
            except OSError as error:
                _LOG.warning("channel_copy_not_written", error_class=type(error).__name__)

    def _take(self, channels: Sequence[StoredChannel]) -> None:
        self._generation += 1
        before, self._stored = self._stored, {stored.channel.token: stored for stored in channels}
        self._mailboxes = _by_mailbox(stored.channel for stored in channels)
        self._opened = {
            token: channel
            for token, channel in self._opened.items()
            if token in self._stored and self._stored[token] == before.get(token)
        }

    async def _look_up(self, token: str) -> StoredChannel | None:
        """Ask the database for one channel. Raises: Unavailable."""
        if self._is_away or self._waiting >= _MOST_WAITING:
            raise Unavailable("the channel cannot be looked up; send it again")
        self._waiting += 1
        try:
            async with self._look_ups, self._pool.connection(timeout=_LOOK_UP_SECONDS) as conn:
                with cut_after(conn, _LOOK_UP_SECONDS):
                    return await find_channel_by_token(conn, token)
        except Exception as error:
            _LOG.warning("channel_not_looked_up", error_class=type(error).__name__)
            raise Unavailable("the channel cannot be looked up; send it again") from None
        finally:
            self._waiting -= 1

    def _open(self, stored: StoredChannel) -> Channel:
        try:
            return stored.open(self._sealer)
        except OperatorError:
            # Whoever runs this can cure it, so the provider must keep what it sent.
            _LOG.error("channel_secrets_do_not_open", channel_id=stored.channel.id)
            raise Unavailable("the channel's secrets cannot be opened; send it again") from None


def _by_mailbox(channels: Iterable[Channel]) -> Mapping[tuple[str, str], Sequence[Channel]]:
    found: dict[tuple[str, str], list[Channel]] = {}
    for channel in channels:
        for mailbox in channel.own_addresses if channel.kind == "email" else ():
            found.setdefault((channel.provider, mailbox), []).append(channel)
    return found
