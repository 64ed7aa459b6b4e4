"""Posts one signed event to a customer's system, and says what came of it.

Signed as Standard Webhooks. No redirect is followed, and no more of an answer is read than the log
keeps.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

import httpx

from domain.hook import may_be_posted_to
from domain.outbound import retry_after
from domain.standard_webhooks import sign_with_each
from domain.text import clean_text
from store.hook_deliveries import Attempt, HookLease
from worker.fetching.guarded_transport import NotPublic
from worker.hooks.config import HookConfig

GONE = 410
_BUSY = (429, 503)
_MOST_ANSWER_BYTES = 500
_CONTENT_TYPE = {"content-type": "application/json"}


async def post_event(
    client: httpx.AsyncClient,
    config: HookConfig,
    lease: HookLease,
    body: bytes,
    secrets: Sequence[str],
) -> Attempt:
    """Post an event; every status but 2xx is a failure."""
    began_at, began = config.clock(), config.monotonic()
    status, answer, asked_wait = None, b"", None
    try:
        if not may_be_posted_to(lease.url, config.private_hosts):
            raise NotPublic("the address is not allowed")
        headers = _CONTENT_TYPE | sign_with_each(lease.id, body, secrets, began_at)
        async with (
            asyncio.timeout(config.answer_seconds),
            client.stream("POST", lease.url, content=body, headers=headers) as response,
        ):
            status = response.status_code
            asked_wait = _asked_wait(response, began_at)
            answer = await _beginning(response)
            error_class = None if response.is_success else "refused"
    except (NotPublic, httpx.InvalidURL, ValueError):  # a host that is no name by IDNA, too
        error_class = "address_not_allowed"
    except (TimeoutError, httpx.TimeoutException):
        error_class = "no_answer"
    except httpx.ConnectError:
        error_class = "unreachable"
    except httpx.HTTPError:
        error_class = None if _is_success(status) else "broken_off"
    return Attempt(
        began_at=began_at,
        duration_ms=max(0, round((config.monotonic() - began) * 1000)),
        http_status=status,
        answer=clean_text(answer.decode(errors="replace")),
        error_class=error_class,
        asked_wait=asked_wait,
    )


async def _beginning(response: httpx.Response) -> bytes:
    """Read the beginning of an answer, whose encoding nobody asked for."""
    beginning = b""
    async for chunk in response.aiter_raw():
        beginning += chunk[:_MOST_ANSWER_BYTES]
        if len(beginning) >= _MOST_ANSWER_BYTES:
            break
    return beginning[:_MOST_ANSWER_BYTES]


def _asked_wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """Say how long a busy receiver wants to be left alone: until a date by its clock, else ours."""
    if response.status_code not in _BUSY:
        return None
    seconds = retry_after({"date": format_datetime(now, usegmt=True), **response.headers})
    return None if seconds is None else timedelta(seconds=seconds)


def _is_success(status: int | None) -> bool:
    return status is not None and httpx.codes.is_success(status)
