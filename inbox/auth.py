"""Who asks: a Bearer key becomes an ApiKey, or a refusal that never says which part was wrong.

A known key is remembered for a few seconds, which is how long a revoked one may still work.
"""

from collections.abc import Callable
from datetime import datetime

from domain.api_key import ApiKey, Scope, hash_key
from domain.errors import MissingScope, Unauthorized
from domain.ttl_cache import TtlCache
from store.api_keys import find_key
from store.database import Pool

_TTL_SECONDS = 5
_REMEMBERED = 10_000


class KeyDoor:
    """Lets valid keys in."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._clock = clock
        self._known: TtlCache[bytes, ApiKey] = TtlCache(_REMEMBERED, _TTL_SECONDS)

    async def admit(self, authorization: str | None, scope: Scope) -> ApiKey:
        """Find the key of an `Authorization` header and check that it may do this.

        Raises: Unauthorized, MissingScope.
        """
        text = _bearer(authorization)
        key = await self._find(hash_key(text)) if text else None
        if key is None:
            raise Unauthorized("send a valid key as 'Authorization: Bearer KEY'")
        if not key.allows(scope):
            raise MissingScope(f"this needs the scope {scope}")
        return key

    async def _find(self, key_hash: bytes) -> ApiKey | None:
        now = self._clock().timestamp()
        held = self._known.get(key_hash, now)
        if held and not held.is_stale:
            return held.value
        async with self._pool.connection() as conn:
            key = await find_key(conn, key_hash)
        if key:
            self._known.put(key_hash, key, now)
        return key


def _bearer(authorization: str | None) -> str:
    """Take the key out of the header; empty where there is none."""
    scheme, _, key = (authorization or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
