"""Hands one request to a provider and says what came of it. Knows no queue and no message.

What matters is whether anything was written: before that, a failure can be tried again; after it,
without an answer, nobody knows.
"""

from dataclasses import dataclass
from functools import cache
from ssl import SSLContext

import httpx
import structlog

from domain.outbound import Failed, Retry, SendOutcome, SendRequest, Unknown
from domain.sending_provider import SendingProvider

_LOG = structlog.get_logger(__name__)

_MOST_ANSWER_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 2.0
_NOTHING_WRITTEN = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError,
)  # fmt: skip
_NO_ANSWER = "no answer came after the message was handed over: it may or may not have been sent"
_NOT_READ = "the provider took the message, but its answer broke off"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What came of it; `http_status` is None where no answer came."""

    outcome: SendOutcome | Unknown
    http_status: int | None = None


def open_client(most_connections: int, answer_seconds: float) -> httpx.AsyncClient:
    """Make the client that all sends share. It follows no redirect and heeds no proxy setting.

    A connection that was idle for long may be closed under a request, whose fate nobody knows
    then; so it is not used again.
    """
    return httpx.AsyncClient(
        limits=httpx.Limits(
            max_connections=most_connections,
            max_keepalive_connections=most_connections,
            keepalive_expiry=_IDLE_SECONDS,
        ),
        timeout=httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS),
        headers={"user-agent": "Inlet"},
        follow_redirects=False,
        trust_env=False,
        verify=authorities(),
    )


@cache
def authorities() -> SSLContext:
    """Read whom to trust once: it takes 25 ms of processor."""
    return httpx.create_ssl_context(trust_env=False)


async def send_request(
    client: httpx.AsyncClient, provider: SendingProvider, request: SendRequest
) -> SendResult:
    """Write a request to a provider, once, and read its answer."""
    try:
        async with client.stream(
            request.method, request.url, headers=dict(request.headers), content=request.body
        ) as response:
            return await _read(response, provider)
    except _NOTHING_WRITTEN as error:
        return SendResult(outcome=_unreached(error))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return SendResult(
            outcome=Failed(code="bad_send_url", reason="the channel's send URL is not valid")
        )
    except httpx.HTTPError as error:
        _LOG.warning("send_outcome_unknown", error_class=type(error).__name__)
        return SendResult(outcome=Unknown(code="no_answer", reason=_NO_ANSWER))


async def first_bytes(response: httpx.Response) -> bytes:
    """Read an answer as far as any provider's goes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > _MOST_ANSWER_BYTES:
            break
    return b"".join(chunks)


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Name the headers of an answer in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


async def _read(response: httpx.Response, provider: SendingProvider) -> SendResult:
    try:
        body = await first_bytes(response)
    except httpx.HTTPError:
        if response.is_success:
            unread = Unknown(code="answer_broken_off", reason=_NOT_READ)
            return SendResult(outcome=unread, http_status=response.status_code)
        body = b""
    outcome = provider.read_answer(response.status_code, headers_of(response), body)
    return SendResult(outcome=outcome, http_status=response.status_code)


def _unreached(error: httpx.HTTPError) -> Retry:
    return Retry(
        after_seconds=None,
        code="unreachable",
        detail=f"the provider could not be reached ({type(error).__name__})",
    )
