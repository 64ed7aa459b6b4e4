"""What becomes of a message that leaves by a mail server, whatever that does: in the tables.

Source: RFC 5321 section 4.2 (replies)
"""

from dataclasses import replace

import pytest
from conftest import OpenConnection
from flows import a_mail, event_of, values, work
from scripted_mail_server import HANGS_UP, scripted_mail_server
from sending import (
    SEALER,
    answer,
    attempts,
    let_retries_be_due,
    sender_config,
    sending_channel,
    status_of,
)

from domain.channel import Channel
from domain.message_id import parse_message_ids
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from store.events import record_events
from worker.sending.sender import drain_sends

_LATER = "the mail server answered 451"


async def _conversation(database_url: str, conn: Connection, port: int) -> str:
    """Let Ann write to a channel that sends to the mail server at this port."""
    other = await sending_channel(conn, "other", "email")
    channel: Channel = replace(
        other,
        id="01930000-0000-7000-8000-00000000005a",
        token="token-of-smtp-and-some-more",
        name="smtp",
        provider="smtp",
        send_url=f"smtp://127.0.0.1:{port}",
        own_address="desk@example.com",
    )
    sealed = SEALER.seal(["a password"], channel.secrets_place)
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
    await record_events(conn, [event_of(channel, a_mail("asked", to=["desk@example.com"]))])
    await work(database_url)
    return str((await values(conn, b"SELECT id FROM conversations"))[0])


async def test_a_mail_is_sent_once_and_recorded(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, scripted_mail_server() as server:
        conversation = await _conversation(database_url, conn, server.port)
        queued = await answer(conn, conversation)
        assert await drain_sends(sender_config(database_url)) == 1
        assert await drain_sends(sender_config(database_url)) == 0
        assert await status_of(conn, queued) == "sent"
        assert await attempts(conn) == ["1 sent"]
    [mail] = server.mails
    assert f"Message-ID: <{queued.message_id}@example.com>".encode() in mail
    assert parse_message_ids("<asked@mail>")[0].encode() in mail


@pytest.mark.parametrize(
    ("answers", "status", "attempt"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, "failed: the address does not exist",
            "1 failed 5.1.1"),
        ({"end": "554 5.7.1 spam"},
            "failed: the mail server does not let this sender write there", "1 failed 5.7.1"),
        ({"AUTH": "535 5.7.8 no"}, "sent", "1 sent"),  # it has no credential to show
    ],
)  # fmt: skip
async def test_what_is_refused_for_good_is_not_sent_again(
    answers: dict[str, str],
    status: str,
    attempt: str,
    database_url: str,
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn, scripted_mail_server(answers) as server:
        queued = await answer(conn, await _conversation(database_url, conn, server.port))
        await drain_sends(sender_config(database_url))
        await let_retries_be_due(conn)
        await drain_sends(sender_config(database_url))
        assert await status_of(conn, queued) == status
        assert await attempts(conn) == [attempt]


async def test_what_may_pass_is_tried_again_until_enough_is_enough(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, scripted_mail_server({"RCPT": "451 busy"}) as server:
        queued = await answer(conn, await _conversation(database_url, conn, server.port))
        for tries in range(3):
            assert await status_of(conn, queued) == "queued", tries
            await drain_sends(sender_config(database_url, max_retries=2))
            await let_retries_be_due(conn)
        assert await status_of(conn, queued) == f"failed: {_LATER}, however often it was tried"
        assert await attempts(conn) == ["1 retry smtp_451", "2 retry smtp_451", "3 failed smtp_451"]


async def test_what_nobody_answered_for_is_unknown_and_never_sent_again_by_itself(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, scripted_mail_server({"end": HANGS_UP}) as server:
        queued = await answer(conn, await _conversation(database_url, conn, server.port))
        await drain_sends(sender_config(database_url))
        await let_retries_be_due(conn)
        assert await drain_sends(sender_config(database_url)) == 0
        assert (await status_of(conn, queued)).startswith("unknown: no answer came")
        assert await attempts(conn) == ["1 unknown no_answer"]
    assert len(server.mails) == 1


async def test_a_server_that_is_away_is_tried_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        async with scripted_mail_server() as server:
            queued = await answer(conn, await _conversation(database_url, conn, server.port))
        await drain_sends(sender_config(database_url))
        assert await status_of(conn, queued) == "queued"
        assert await attempts(conn) == ["1 retry unreachable"]
