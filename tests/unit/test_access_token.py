"""A request leaves with the token that its provider wants.

Source: RFC 6749 sections 4.4, 5.1 and 5.2, and the token endpoint of
https://dev.bandwidth.com/docs/account/credentials/management
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
import respx
from samples import NOW
from test_bandwidth import SENDS, TEXT

from domain.outbound import Failed, Retry, SendRequest, Sent, Unknown
from providers import bandwidth
from worker.sending.access_token import AccessTokens
from worker.sending.provider_request import SendResult, open_client

TOKEN_URL = "https://api.bandwidth.com/api/v1/oauth2/token"
MESSAGES_URL = "https://messaging.bandwidth.com/api/v2/users/5500/messages"
TAKEN = httpx.Response(202, json={"id": "m-1"})
REQUEST = bandwidth.compose_send(TEXT, SENDS, NOW)


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def token(value: str, seconds: float | None = 3600) -> httpx.Response:
    fields = {"access_token": value, "token_type": "bearer", "expires_in": seconds}
    return httpx.Response(200, json={name: each for name, each in fields.items() if each})


def taking(router: respx.Router, *answers: httpx.Response) -> list[str]:
    """Answer what is sent, the last time for good; return with what credentials it came."""
    came: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        came.append(request.headers.get("authorization", ""))
        return answers[min(len(came), len(answers)) - 1]

    router.post(MESSAGES_URL).mock(side_effect=take)
    return came


async def send(*requests: SendRequest, pause: float = 0.0) -> list[SendResult]:
    """Send one after the other."""
    clock, results = _Clock(), list[SendResult]()
    async with open_client(4, 5.0) as client:
        tokens = AccessTokens(client, clock)
        for request in requests:
            results.append(await tokens.send(bandwidth, request))
            clock.now += timedelta(seconds=pause)
    return results


@pytest.mark.parametrize(
    ("seconds", "pause", "asked"), [(3600, 3000, 1), (3600, 3590, 2), (30, 0, 2), (None, 0, 2)]
)
async def test_a_token_is_used_while_it_is_good(
    seconds: float | None, pause: float, asked: int
) -> None:
    with respx.mock() as router:
        tokens = [token("one", seconds), token("two", seconds)]
        route = router.post(TOKEN_URL).mock(side_effect=tokens)
        left = taking(router, TAKEN)
        results = await send(REQUEST, REQUEST, pause=pause)
    assert [result.outcome for result in results] == [Sent(provider_message_id="m-1")] * 2
    assert left == ["Bearer one", "Bearer two" if asked == 2 else "Bearer one"]
    assert route.call_count == asked


async def test_many_at_once_ask_once() -> None:
    with respx.mock() as router:
        route = router.post(TOKEN_URL).mock(return_value=token("one"))
        taking(router, TAKEN)
        async with open_client(4, 5.0) as client:
            tokens = AccessTokens(client, lambda: NOW)
            results = await asyncio.gather(*(tokens.send(bandwidth, REQUEST) for _ in range(5)))
    assert {type(result.outcome) for result in results} == {Sent}
    assert route.call_count == 1


async def test_another_credential_has_another_token() -> None:
    other = bandwidth.compose_send(TEXT, replace(SENDS, credential="id-2:secret"), NOW)
    with respx.mock() as router:
        router.post(TOKEN_URL).mock(side_effect=[token("one"), token("two")])
        left = taking(router, TAKEN)
        await send(REQUEST, other, REQUEST)
    assert left == ["Bearer one", "Bearer two", "Bearer one"]


async def test_a_token_that_is_refused_is_used_no_more() -> None:
    with respx.mock() as router:
        router.post(TOKEN_URL).mock(side_effect=[token("one"), token("two")])
        left = taking(router, httpx.Response(401), TAKEN)
        results = await send(REQUEST, REQUEST)
    assert [type(result.outcome) for result in results] == [Failed, Sent]
    assert left == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), Failed),
        (httpx.Response(400, json={"error": "invalid_request"}), Failed),
        (httpx.Response(429), Retry),
        (httpx.Response(503, text="<html>"), Retry),
        (httpx.ConnectError("no"), Retry),
        (httpx.ReadTimeout("no"), Retry),
    ],
)
async def test_without_a_token_nothing_is_written(
    answer: httpx.Response | Exception, outcome: type[Failed | Retry]
) -> None:
    with respx.mock(assert_all_called=False) as router:
        router.post(TOKEN_URL).mock(side_effect=[answer])
        left = taking(router, TAKEN)
        results = await send(REQUEST)
    assert [type(result.outcome) for result in results] == [outcome]
    assert left == []
    assert "secret:1" not in str(results)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b'{"access_token": 7}', b"\xff", b"{}"])
async def test_an_answer_without_a_token_breaks_nothing(body: bytes) -> None:
    with respx.mock() as router:
        router.post(TOKEN_URL).mock(return_value=httpx.Response(200, content=body))
        results = await send(REQUEST)
    assert [type(result.outcome) for result in results] == [Failed]


async def test_what_needs_no_token_asks_for_none() -> None:
    plain = bandwidth.compose_send(TEXT, replace(SENDS, send_url=MESSAGES_URL), NOW)
    with respx.mock() as router:
        left = taking(router, TAKEN)
        await send(plain)
    assert [each.split()[0] for each in left] == ["Basic"]


async def test_no_answer_to_the_message_is_not_known() -> None:
    with respx.mock() as router:
        router.post(TOKEN_URL).mock(return_value=token("one"))
        router.post(MESSAGES_URL).mock(side_effect=httpx.ReadTimeout("no"))
        results = await send(REQUEST)
    assert isinstance(results[0].outcome, Unknown)
