"""Sends with an access token where a provider wants one, and keeps the token while it is good.

A token is had for the credentials of a client. Source: RFC 6749 sections 4.4, 5.1 and 5.2
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
import msgspec

from domain.outbound import Retry, SendRequest, not_accepted
from domain.sending_provider import SendingProvider
from domain.tolerant_json import decode_or
from domain.ttl_cache import TtlCache
from worker.sending.provider_request import SendResult, first_bytes, headers_of, send_request

_TOKENS_REMEMBERED = 1_000
_LONGEST_SECONDS = 3_600.0
_SECONDS_BEFORE_ITS_END = 60.0
UNAUTHORIZED = 401
_CODE = "no_access_token"
_REFUSED = "the provider gives no access token for the channel's credential"


class _Answer(msgspec.Struct, gc=False):
    access_token: str | None = None
    expires_in: int | float | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    value: str
    good_until: float


class AccessTokens:
    """Hands requests to their providers, each with the token that it needs."""

    def __init__(self, client: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._tokens: TtlCache[tuple[str, str], _Token] = TtlCache(
            _TOKENS_REMEMBERED, _LONGEST_SECONDS
        )
        self._asking = asyncio.Lock()

    async def send(self, provider: SendingProvider, request: SendRequest) -> SendResult:
        """Write a request to its provider, once; without a token nothing is written."""
        if request.token_request is None:
            return await send_request(self._client, provider, request)
        bearer = await self.bearer(request.token_request)
        if isinstance(bearer, SendResult):
            return bearer
        headers = {**request.headers, "authorization": bearer}
        done = await send_request(self._client, provider, replace(request, headers=headers))
        if done.http_status == UNAUTHORIZED:
            self.drop(request.token_request)
        return done

    async def bearer(self, request: SendRequest) -> str | SendResult:
        """Return what shows the token that this request has had, or what came of asking for it.

        It is asked for once, however many wait for it.
        """
        async with self._asking:
            now, key = self._clock().timestamp(), _key(request)
            held = self._tokens.get(key, now)
            if held is not None and now < held.value.good_until:
                return f"Bearer {held.value.value}"
            token = await self._ask(request, now)
            if isinstance(token, SendResult):
                return token
            self._tokens.put(key, token, now)
            return f"Bearer {token.value}"

    def drop(self, request: SendRequest) -> None:
        """Use the token no more that this request has had: it was refused."""
        self._tokens.drop(_key(request))

    async def _ask(self, request: SendRequest, now: float) -> _Token | SendResult:
        try:
            async with self._client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body
            ) as response:
                body = await first_bytes(response)
        except httpx.HTTPError as error:
            detail = f"no access token came ({type(error).__name__})"
            return SendResult(outcome=Retry(after_seconds=None, code=_CODE, detail=detail))
        answer = decode_or(body, _ANSWER, _Answer())
        if not response.is_success or not answer.access_token:
            outcome = not_accepted(response.status_code, headers_of(response), _CODE, _REFUSED)
            return SendResult(outcome=outcome, http_status=response.status_code)
        seconds = min(answer.expires_in or 0.0, _LONGEST_SECONDS) - _SECONDS_BEFORE_ITS_END
        return _Token(value=answer.access_token, good_until=now + seconds)


def _key(request: SendRequest) -> tuple[str, str]:
    return request.url, request.headers.get("authorization", "")
