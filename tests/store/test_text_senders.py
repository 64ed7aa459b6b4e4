"""What becomes of a text, whatever its provider answers: each that sends texts, by the registry.

The provider's side is played by respx.
"""

from collections.abc import Callable, Sequence

import httpx
import pytest
import respx
from conftest import OpenConnection
from flows import count_of, values
from sending import (
    a_conversation,
    answer,
    attempts,
    let_retries_be_due,
    sender_config,
    sending_channel,
    status_of,
)
from text_answers import ANSWERS, ID, TEXT_SENDERS, is_for_token, response

from inbox.writing.reply import Queued
from store.database import Connection
from worker.sending.sender import drain_sends

Step = httpx.Response | type[Exception]

_TOKEN = {"access_token": "a token", "expires_in": 3600}
_KNOWN_AS = b"SELECT provider_message_id FROM messages WHERE id = %s"
_PAUSE = b"SELECT extract(epoch FROM free_at - now()) > 110 FROM channel_pace"

every_sender = pytest.mark.parametrize("name", TEXT_SENDERS)


class PlayedProvider:
    """Answers one post after the other, whatever the URL; tokens it gives to everybody."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)
        self.posts: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if is_for_token(request):
            return httpx.Response(200, json=_TOKEN)
        self.posts.append(request)
        step = self._steps.pop(0)
        if isinstance(step, type):
            raise step("broken")
        return step


async def send(database_url: str, conn: Connection, name: str, *steps: Step) -> Queued:
    """Write an answer to somebody, and let it be sent, in as many attempts as there are steps."""
    channel = await sending_channel(conn, provider=name, account=ANSWERS[name].account)
    queued = await answer(conn, await a_conversation(database_url, conn, channel))
    provider = PlayedProvider(steps)
    with respx.mock() as router:
        router.route().mock(side_effect=provider)
        for _ in steps:
            await drain_sends(sender_config(database_url))
            assert await drain_sends(sender_config(database_url)) == 0
            if await count_of(conn, "outbound_queue"):
                await let_retries_be_due(conn)
    assert len(provider.posts) == len(steps)
    return queued


def test_each_sender_of_texts_has_its_answers() -> None:
    assert sorted(ANSWERS) == sorted(TEXT_SENDERS)


@every_sender
async def test_what_is_taken_is_sent(
    name: str, database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        queued = await send(database_url, conn, name, response(ANSWERS[name].taken))
        assert await status_of(conn, queued) == "sent"
        assert await attempts(conn) == [f"1 sent {ANSWERS[name].taken[0]}"]
        assert await values(conn, _KNOWN_AS, queued.message_id) == [ID]


@every_sender
async def test_too_many_requests_are_tried_again_when_the_provider_says(
    name: str, database_url: str, open_connection: OpenConnection
) -> None:
    busy = httpx.Response(429, headers={"retry-after": "120"}, content=b"slow down")
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider=name, account=ANSWERS[name].account)
        queued = await answer(conn, await a_conversation(database_url, conn, channel))
        provider = PlayedProvider([busy, response(ANSWERS[name].taken)])
        with respx.mock() as router:
            router.route().mock(side_effect=provider)
            await drain_sends(sender_config(database_url))
            assert (await status_of(conn, queued), await values(conn, _PAUSE)) == ("queued", [True])
            await let_retries_be_due(conn)
            await drain_sends(sender_config(database_url))
        assert await status_of(conn, queued) == "sent"
        taken = ANSWERS[name].taken[0]
        assert await attempts(conn) == ["1 retry 429 http_429", f"2 sent {taken}"]


@every_sender
async def test_what_fails_at_the_provider_is_tried_again(
    name: str, database_url: str, open_connection: OpenConnection
) -> None:
    broken = httpx.Response(503, content=b"<html>")
    async with open_connection() as conn:
        queued = await send(database_url, conn, name, broken, response(ANSWERS[name].taken))
        assert await status_of(conn, queued) == "sent"
        taken = ANSWERS[name].taken[0]
        assert await attempts(conn) == ["1 retry 503 http_503", f"2 sent {taken}"]


@every_sender
async def test_what_is_refused_for_good_fails_with_a_reason(
    name: str, database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        queued = await send(database_url, conn, name, response(ANSWERS[name].refused))
        status, _, reason = (await status_of(conn, queued)).partition(": ")
        assert (status, "no such number" in reason) == ("failed", False)
        assert len(reason) > 10
        refused = ANSWERS[name].refused[0]
        assert await attempts(conn) == [f"1 failed {refused} {ANSWERS[name].code}"]
        assert await count_of(conn, "outbound_queue") == 0


@every_sender
@pytest.mark.parametrize("broken", [httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_what_nobody_answered_is_unknown_and_not_sent_again(
    name: str, broken: type[Exception], database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        queued = await send(database_url, conn, name, broken)
        assert (await status_of(conn, queued)).startswith("unknown: no answer came")
        assert await attempts(conn) == ["1 unknown no_answer"]


def _html(status: int) -> httpx.Response:
    return httpx.Response(status, content=b"<html>a proxy</html>")


def _cut(status: int) -> httpx.Response:
    return httpx.Response(status, content=b'{"id": "8c6a1f', headers={"content-type": "text/json"})


@every_sender
@pytest.mark.parametrize("malformed", [_html, _cut])
async def test_a_malformed_answer_is_what_its_status_says(
    name: str,
    malformed: Callable[[int], httpx.Response],
    database_url: str,
    open_connection: OpenConnection,
) -> None:
    """Whoever took a text and gave no id that can be read knows it by ours, or not at all."""
    async with open_connection() as conn:
        taken = await send(database_url, conn, name, malformed(200))
        assert await status_of(conn, taken) == "sent"
        assert await values(conn, _KNOWN_AS, taken.message_id) == [taken.message_id]
