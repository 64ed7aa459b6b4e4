"""Asks a provider's host for what it keeps, by https, in a bounded size and time.

Only hosts that the provider names are asked, and no redirect is followed: where it leads, the
provider says with its next request. Knows no event.
"""

import re
from urllib.parse import urlsplit

import httpx

from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched, fetch_failed

# A mail of 40 MB, the largest that providers take, and then some; so much for one event in all.
MOST_BYTES = 48 * 1024 * 1024

_NOT_ALLOWED = NotFetched(
    error_class="fetch_not_allowed",
    detail="what it keeps is not at a host of the provider",
    is_for_good=True,
)
TOO_LARGE = NotFetched(
    error_class="fetch_too_large", detail="what the provider keeps is too large", is_for_good=True
)
TOO_SLOW = fetch_failed("the provider took too long to answer")


async def ask(
    client: httpx.AsyncClient, request: FetchRequest, hosts: re.Pattern[str]
) -> FetchAnswer | NotFetched:
    """Make one request."""
    if not _is_allowed(request.url, hosts):
        return _NOT_ALLOWED
    try:
        async with client.stream("GET", request.url, headers=dict(request.headers)) as response:
            return await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        detail = f"the provider could not be asked ({type(error).__name__})"
        return fetch_failed(detail)


async def _read(response: httpx.Response) -> FetchAnswer | NotFetched:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            return TOO_LARGE
    headers = {name.lower(): value for name, value in response.headers.items()}
    return FetchAnswer(status=response.status_code, headers=headers, body=bytes(body))


def _is_allowed(url: str, hosts: re.Pattern[str]) -> bool:
    """Say whether a URL is plainly one of the provider's: no other port, no user, no other name."""
    try:
        parts = urlsplit(url)
        is_plain = parts.port in (None, 443) and parts.username is None
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" and is_plain and hosts.fullmatch(host) is not None
