"""Gets media by http or https, in a bounded size and few redirects; a credential goes to its hosts.

Each redirect is looked at anew: what leads to another host leaves the credential behind. Which
addresses may be reached is the client's to say (guarded_transport.py). Knows no message.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx

from domain.fetching_provider import FetchAnswer, NotFetched, fetch_failed, not_fetched
from worker.fetching.guarded_transport import NotPublic
from worker.fetching.http import MOST_BYTES, TOO_LARGE
from worker.sending.provider_request import headers_of

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WANTS_CREDENTIAL = frozenset({401, 403})
_GONE = 410

_NOT_ALLOWED = NotFetched(
    error_class="fetch_not_allowed",
    detail="it is at no place from which media may be fetched",
    is_for_good=True,
)
_ENDLESS = NotFetched(
    error_class="fetch_refused",
    detail="the provider sends from one place to the next",
    is_for_good=True,
)
_ENCODED = NotFetched(
    error_class="fetch_refused",
    detail="the provider answered in an encoding that nobody asked for",
    is_for_good=True,
)
_EMPTY = fetch_failed("the provider answered with nothing")


_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCredential:
    """Headers that are shown to these hosts, by https, and to nobody else."""

    hosts: re.Pattern[str]
    headers: Mapping[str, str]

    def headers_for(self, url: httpx.URL) -> Mapping[str, str]:
        host = url.raw_host.decode("ascii").lower()
        is_plain = url.scheme == "https" and url.port is None
        return self.headers if is_plain and self.hosts.fullmatch(host) else _NO_HEADERS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elsewhere:
    """A redirect."""

    url: httpx.URL


async def get_media(
    client: httpx.AsyncClient, url: str, credential: ShownCredential | None
) -> bytes | NotFetched:
    """Get what is at a URL, wherever that leads, or say why it cannot be had."""
    try:
        place = httpx.URL(url)
        for _ in range(_MOST_REDIRECTS + 1):
            if not _is_allowed(place):
                return _NOT_ALLOWED
            headers = credential.headers_for(place) if credential else _NO_HEADERS
            answer = await _ask(client, place, headers)
            if not isinstance(answer, _Elsewhere):
                return answer
            place = answer.url
    except (httpx.InvalidURL, NotPublic, ValueError):  # a host that is no name by IDNA, too
        return _NOT_ALLOWED
    except httpx.HTTPError as error:
        return fetch_failed(f"the provider could not be asked ({type(error).__name__})")
    return _ENDLESS


async def _ask(
    client: httpx.AsyncClient, url: httpx.URL, headers: Mapping[str, str]
) -> bytes | NotFetched | _Elsewhere:
    async with client.stream("GET", url, headers=headers) as response:
        place = response.headers.get("location", "")
        if response.status_code in _REDIRECTS and place:
            return _Elsewhere(url=url.join(place))
        if not response.is_success:
            return _refused(response)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            return _ENCODED
        return await _read(response)


async def _read(response: httpx.Response) -> bytes | NotFetched:
    claimed = response.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and int(claimed) > MOST_BYTES:
        return TOO_LARGE
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            return TOO_LARGE
    return bytes(body) or _EMPTY


def _refused(response: httpx.Response) -> NotFetched:
    """Read an answer that is no success: all but one may be another after a while.

    A credential is put right by an operator, and media that came with a message may lag behind it.
    """
    status = response.status_code
    refused = not_fetched(FetchAnswer(status=status, headers=headers_of(response), body=b""))
    if status in _WANTS_CREDENTIAL:
        detail = f"the provider answered {status}: it does not accept the channel's credential"
        refused = replace(refused, detail=detail)
    return replace(refused, is_for_good=status == _GONE)


def _is_allowed(url: httpx.URL) -> bool:
    return url.scheme in ("http", "https") and bool(url.raw_host) and not url.userinfo
