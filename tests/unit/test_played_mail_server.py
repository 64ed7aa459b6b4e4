"""The mail server that is played takes what a real one would, and refuses what that would."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from samples import NOW, channel, outbound_mail

from app.listener import listening_socket
from domain.outbound import Failed, SendOutcome, Sent, Unknown
from providers import smtp
from simulation.mail_endpoint import mail_endpoint
from simulation.played import TakenMessage
from worker.sending.mail_transport import give_mail

CHANNEL = channel("smtp", "email", (), "user:pass:word")
MAIL = outbound_mail("smtp")


@asynccontextmanager
async def played(taken: list[TakenMessage]) -> AsyncGenerator[str]:
    """Yield the URL of a mail server that takes what CHANNEL sends."""
    with listening_socket("127.0.0.1", 0) as listener:
        endpoint = mail_endpoint({CHANNEL.id: CHANNEL}, taken.append)
        server = await asyncio.get_running_loop().create_server(endpoint, sock=listener)
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        server.close()


async def give(url: str, **changes: str) -> SendOutcome | Unknown:
    credential = changes.pop("credential", CHANNEL.credential)
    sends = replace(CHANNEL, send_url=url, credential=credential)
    handover = smtp.compose_send(replace(MAIL, **changes), sends, NOW)  # pyright: ignore[reportArgumentType]
    return await give_mail(smtp, handover, 20.0)


async def test_a_mail_is_taken_once_however_often_it_comes() -> None:
    taken: list[TakenMessage] = []
    async with played(taken) as url:
        assert await give(url) == Sent(provider_message_id=None)
        assert await give(url) == Sent(provider_message_id=None)
    [message] = taken
    assert message.to == ("ann@example.org", "cat@example.org", "ben@example.org")
    assert message.references == ("1@mail", "2@mail", "aaaa@example.com")
    assert (message.channel, message.subject) == (CHANNEL, "Re: Order")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"credential": "user:wrong"}, "5.7.8"), ({"own_address": "eve@example.com"}, "5.7.1")],
)
async def test_a_stranger_is_refused(changes: dict[str, str], code: str) -> None:
    taken: list[TakenMessage] = []
    async with played(taken) as url:
        outcome = await give(url, **changes)
    assert isinstance(outcome, Failed)
    assert outcome.code == code
    assert taken == []
