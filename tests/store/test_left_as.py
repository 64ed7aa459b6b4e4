"""A mail that leaves with a Message-ID of its provider's: it is known by that one, too.

Source: https://developers.brevo.com/reference/send-transac-email (`messageId`).
"""

import httpx
import msgspec
import respx
from conftest import OpenConnection
from flows import a_mail, groups, id_of, make_due, record, values, work
from rebuilding import compare, found
from sending import a_conversation, answer, sender_config, sending_channel, status_of

from app.ids import new_id
from domain.channel import Channel
from domain.conversation import message_id_hash
from store.database import Connection
from store.sending import Ending, begin_attempt, lease_due, settle_sent
from worker.sending.sender import drain_sends

URL = "https://api.brevo.com/v3/smtp/email"
LEFT_AS = "201798300811.5787683@smtp-relay.mailin.fr"
_BORNE = b"SELECT message_id::text FROM email_message_ids WHERE hash = %s"


def taken(left_as: str = LEFT_AS) -> httpx.Response:
    return httpx.Response(201, json={"messageId": f"<{left_as}>"})


async def begin(database_url: str, conn: Connection) -> tuple[Channel, str]:
    """Let Ann write a mail to a channel of Brevo."""
    channel = await sending_channel(conn, "email", "email", provider="brevo")
    return channel, await a_conversation(database_url, conn, channel, a_mail("m1"))


async def send(database_url: str, conn: Connection, conversation: str, left_as: str) -> str:
    """Answer, and let that be sent; return the message."""
    with respx.mock() as provider:
        provider.post(URL).mock(return_value=taken(left_as))
        queued = await answer(conn, conversation)
        assert await drain_sends(sender_config(database_url)) == 1
        assert await status_of(conn, queued) == "sent"
    return queued.message_id


async def bearer_of(conn: Connection, message_id: str) -> list[object]:
    return await values(conn, _BORNE, message_id_hash(message_id))


async def test_who_answers_by_that_id_alone_is_in_the_conversation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel, conversation = await begin(database_url, conn)
        sent = await send(database_url, conn, conversation, LEFT_AS)
        await record(conn, channel, a_mail("m2", answers=LEFT_AS))
        await record(conn, channel, a_mail("m3", "eve@example.org", answers=LEFT_AS))
        await work(database_url)
        assert sorted(map(len, await groups(conn))) == [1, 3]
        assert await bearer_of(conn, LEFT_AS) == [sent]
        assert found(await compare(database_url)) == {}


async def test_the_next_mail_refers_to_both_ids_and_answers_what_others_know(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        _, conversation = await begin(database_url, conn)
        first = await send(database_url, conn, conversation, LEFT_AS)
        requests: list[httpx.Request] = []

        def take(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return taken("2@relay")

        with respx.mock() as provider:
            provider.post(URL).mock(side_effect=take)
            second = (await answer(conn, conversation)).message_id
            await drain_sends(sender_config(database_url))
        assert msgspec.json.decode(requests[0].content)["headers"] == {
            "In-Reply-To": "<m1@mail>",
            "References": f"<m1@mail> <{first}@example.com> <{LEFT_AS}> <{second}@example.com>",
        }


async def test_what_became_of_it_is_told_by_that_id(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel, conversation = await begin(database_url, conn)
        sent = await send(database_url, conn, conversation, LEFT_AS)
        event = {"event": "delivered", "email": "ann@example.org", "message-id": f"<{LEFT_AS}>"}
        await record(conn, channel, msgspec.json.encode(event))
        await make_due(conn)
        await work(database_url)
        status = b"SELECT status FROM messages WHERE id = %s"
        assert await values(conn, status, sent) == ["delivered"]


async def test_an_id_that_another_mail_bears_is_left_to_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        _, conversation = await begin(database_url, conn)
        before = await bearer_of(conn, id_of("m1"))
        await send(database_url, conn, conversation, id_of("m1"))
        assert await bearer_of(conn, id_of("m1")) == before != [None]


async def test_who_lost_the_lease_gives_a_mail_no_id(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        _, conversation = await begin(database_url, conn)
        await answer(conn, conversation)
        async with conn.transaction():
            [lease] = await lease_due(conn, new_id(), 1, 30.0)
        async with conn.transaction():
            await begin_attempt(conn, lease, 30.0)
        await conn.execute("UPDATE outbound_queue SET fence = fence + 1")
        async with conn.transaction():
            ending = Ending(outcome="sent", http_status=201)
            assert not await settle_sent(
                conn, lease, ending, LEFT_AS, lambda _, code: code or "", LEFT_AS
            )
        assert await bearer_of(conn, LEFT_AS) == [None]
