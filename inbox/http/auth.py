"""Who asks: a Bearer key or a session cookie becomes an ApiKey, or a refusal.

A refusal never says which part was wrong. A known key is remembered for a second, which is how long
a revoked one may still work.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from domain.api_key import ApiKey, Scope, hash_key
from domain.errors import BadCsrfToken, MissingScope, Unauthorized, Unavailable
from domain.ttl_cache import TtlCache
from domain.web_session import COOKIE, CSRF_HEADER, hash_session, is_csrf_token
from inbox.http.failed_keys import FailedKeys
from store.api_keys import find_key, find_keys, touch_key
from store.database import Connection, Pool
from store.web_sessions import find_session, find_sessions

_TTL_SECONDS = 1
_TOUCH_SECONDS = 30
_REMEMBERED = 10_000
_HOW = "send a valid key as 'Authorization: Bearer KEY'"
_WITHOUT_EFFECT = frozenset({"GET", "HEAD"})

Find = Callable[[Connection, bytes], Awaitable[ApiKey | None]]


@dataclass(frozen=True, slots=True)
class Credential:
    """What somebody came with, hashed: a session's cookie or a key."""

    hashed: bytes
    is_session: bool


KeysOf = Callable[[Collection[Credential]], Awaitable[dict[Credential, ApiKey]]]


class KeyDoor:
    """Lets valid keys in."""

    def __init__(
        self, pool: Pool, clock: Callable[[], datetime], failed: FailedKeys | None = None
    ) -> None:
        self._pool = pool
        self._failed = failed or FailedKeys()
        self._clock = clock
        self._known: TtlCache[bytes, ApiKey] = TtlCache(_REMEMBERED, _TTL_SECONDS)
        self._touched: TtlCache[str, None] = TtlCache(_REMEMBERED, _TOUCH_SECONDS)

    async def admit(self, request: Request, scope: Scope | None) -> ApiKey:
        """Find the key of a request and check that it may do this; without a scope any key may.

        A session cookie serves where there is no `Authorization`; whatever has an effect must then
        carry the page's token, since a browser sends cookies for anybody.

        Raises: Unauthorized, MissingScope, BadCsrfToken, TooManyRequests.
        """
        authorization = request.headers.get("authorization")
        cookie = None if authorization else request.cookies.get(COOKIE)
        key = await self.of_cookie(cookie) if cookie else await self._of_header(request)
        if key is None:
            raise Unauthorized(_HOW)
        if cookie and request.method not in _WITHOUT_EFFECT:
            check_csrf(request.headers.get(CSRF_HEADER, ""), cookie)
        return _checked(key, scope)

    def admit_known(self, request: Request, scope: Scope) -> ApiKey:
        """Let in whom this process let in before, while the database cannot be asked.

        Raises: Unauthorized, MissingScope, Unavailable for a key that was not seen here yet.
        """
        text = _bearer(request.headers.get("authorization"))
        if not text:
            raise Unauthorized(_HOW)
        held = self._known.get(hash_key(text), self._clock().timestamp())
        if held is None:
            raise Unavailable("the database does not answer")
        return _checked(held.value, scope)

    async def of_cookie(self, cookie: str) -> ApiKey | None:
        """Find the key behind a session cookie."""
        return await self._find(hash_session(cookie), find_session)

    async def of_key(self, text: str, address: str) -> ApiKey | None:
        """Find a key by its text, unless too many were tried; one that was good here always may.

        Raises: TooManyRequests.
        """
        hashed, now = hash_key(text), self._clock().timestamp()
        if self._known.get(hashed, now) is not None:
            return await self._find(hashed, find_key)
        self._failed.check(address, text, now)
        key = await self._find(hashed, find_key)
        if key is None:
            self._failed.count(address, text, now)
        return key

    async def keys_of(self, credentials: Collection[Credential]) -> dict[Credential, ApiKey]:
        """Look anew who is let in with these, and for what; who is not is left out."""
        if not credentials:
            return {}
        sessions = [given.hashed for given in credentials if given.is_session]
        keys = [given.hashed for given in credentials if not given.is_session]
        async with self._pool.connection() as conn:
            by_session = await find_sessions(conn, sessions)
            by_key = await find_keys(conn, keys)
        return {Credential(hashed, True): key for hashed, key in by_session.items()} | {
            Credential(hashed, False): key for hashed, key in by_key.items()
        }

    def forget(self, cookie: str) -> None:
        """Let a session end at once in this process."""
        self._known.drop(hash_session(cookie))

    async def _of_header(self, request: Request) -> ApiKey | None:
        text = _bearer(request.headers.get("authorization"))
        return await self.of_key(text, address_of(request)) if text else None

    async def _find(self, hashed: bytes, find: Find) -> ApiKey | None:
        now = self._clock().timestamp()
        held = self._known.get(hashed, now)
        if held and not held.is_stale:
            return held.value
        async with self._pool.connection() as conn:
            key = await find(conn, hashed)
            if key:
                await self._touch(conn, key, now)
        if key:
            self._known.put(hashed, key, now)
        else:
            self._known.drop(hashed)
        return key

    async def _touch(self, conn: Connection, key: ApiKey, now: float) -> None:
        held = self._touched.get(key.id, now)
        if held is None or held.is_stale:
            await touch_key(conn, key)
            self._touched.put(key.id, None, now)


def address_of(request: Request) -> str:
    """Return where a request came from, as far as we can see."""
    return request.client.host if request.client else ""


def credential_of(request: Request) -> Credential:
    """Return what an admitted request came with."""
    authorization = request.headers.get("authorization")
    if authorization:
        return Credential(hash_key(_bearer(authorization)), is_session=False)
    return Credential(hash_session(request.cookies.get(COOKIE, "")), is_session=True)


def _checked(key: ApiKey, scope: Scope | None) -> ApiKey:
    if scope and not key.allows(scope):
        raise MissingScope(f"this needs the scope {scope}")
    return key


def check_csrf(given: str, cookie: str) -> None:
    """Check the token that the page sends beside its cookie.

    Raises: BadCsrfToken.
    """
    if not is_csrf_token(given, cookie):
        raise BadCsrfToken("load the page again and repeat what you did")


def _bearer(authorization: str | None) -> str:
    """Take the key out of the header; empty where there is none."""
    scheme, _, key = (authorization or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
