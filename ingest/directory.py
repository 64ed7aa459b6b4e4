"""Finds the channel of a webhook URL, with its secrets opened.

Answers from memory for a few seconds, and for as long as the database is away. Knows no HTTP.
"""

from collections.abc import Callable
from dataclasses import replace

from domain.channel import Channel
from domain.errors import Unavailable
from domain.sealing import Sealer
from domain.ttl_cache import TtlCache
from store.channels import find_channel_by_token
from store.database import DatabaseUnavailable, Pool

_CAPACITY = 10_000
_TTL_SECONDS = 5.0


class ChannelDirectory:
    """Channels by token; a token that names none is remembered too."""

    def __init__(self, pool: Pool, sealer: Sealer, monotonic: Callable[[], float]) -> None:
        self._pool = pool
        self._sealer = sealer
        self._monotonic = monotonic
        self._cache: TtlCache[str, Channel | None] = TtlCache(_CAPACITY, _TTL_SECONDS)

    async def find(self, token: str) -> Channel | None:
        """Return the channel, or None where no channel has the token.

        Raises: Unavailable when the database is away and the token was never seen.
        """
        now = self._monotonic()
        held = self._cache.get(token, now)
        if held is not None and not held.is_stale:
            return held.value
        if held is not None:
            # Whoever else asks meanwhile takes the old answer: one look-up is enough.
            self._cache.put(token, held.value, now)
        try:
            channel = await self._look_up(token)
        except DatabaseUnavailable:
            if held is not None:
                return held.value
            raise Unavailable("the channel cannot be looked up; send it again") from None
        self._cache.put(token, channel, now)
        return channel

    async def _look_up(self, token: str) -> Channel | None:
        async with self._pool.connection() as conn:
            stored = await find_channel_by_token(conn, token)
        if stored is None:
            return None
        return replace(stored.channel, secrets=self._sealer.open(stored.sealed_secrets))
