"""Replies, new texts and e-mails over HTTP: queued, sent once, taken back, tried again."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import respx
from conftest import OpenConnection
from contract import check_response
from flows import ANN, BEN, a_mail, an_sms, count_of, values
from sending import SEND_URL, attempts, let_retries_be_due, sender_config
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from app.blobs import open_blobs
from app.ids import new_id
from app.settings import Settings
from domain.address import Address
from domain.conversation import sms_key_hash
from domain.identity import conversation_id
from domain.message import InboundMessage
from simulation import PLAYED
from store.blobs import BlobStore
from store.database import Connection
from worker.sending.sender import drain_sends

CHANNELS = (
    ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199"),
    ChannelPlan(name="mail", provider="generic", kind="email", own_address="help@example.com"),
    ChannelPlan(name="mute", provider="generic", kind="sms", own_address="+14155550188"),
)
KEYS = {
    "reader": KeyPlan(),
    "writer": KeyPlan(scopes=("conversations:read", "messages:write")),
    "other": KeyPlan(customer=2, scopes=("conversations:read", "messages:write")),
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """A house whose channels send to a provider that respx plays, and what it took.

    `refusals` come first: the provider takes nothing while there are any.
    """

    house: House
    conn: Connection
    sent: list[Json]
    refusals: list[httpx.Response | Exception]
    blobs: BlobStore | None = None

    async def hear(self, message: InboundMessage, channel: str = "sms") -> str:
        """Let somebody write; return the conversation."""
        place = self.house.channels[channel]
        delivery = PLAYED["generic"].compose(message, place, url_of(place), datetime.now(UTC))
        assert (await self.house.post(delivery)).status_code == 200
        await self.house.work()
        query = b"SELECT conversation_id FROM messages WHERE provider_message_id = %s"
        return str((await values(self.conn, query, message.provider_message_id))[0])

    async def post(
        self, path: str, body: Json | None = None, *, key: str = "writer", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.house.client.post(
            path, json={} if body is None else body, headers=bearer(key) | named
        )
        check_response(response)
        return response

    async def reply(self, conversation: str, **body: Any) -> httpx.Response:
        return await self.post(f"/api/conversations/{conversation}/messages", body)

    async def conversation(self, conversation: str) -> Json:
        response = await self.house.get(f"/api/conversations/{conversation}")
        check_response(response)
        return response.json()

    async def send(self) -> int:
        return await drain_sends(sender_config(self.house.database_url, blobs=self.blobs))


@asynccontextmanager
async def at_desk(
    database_url: str, open_connection: OpenConnection, files: Settings | None = None
) -> AsyncGenerator[Desk]:
    sent: list[Json] = []
    refusals: list[httpx.Response | Exception] = []

    def take(request: httpx.Request) -> httpx.Response:
        refusal = refusals.pop(0) if refusals else None
        if isinstance(refusal, Exception):
            raise refusal
        if refusal is not None:
            return refusal
        sent.append(msgspec.json.decode(request.content))
        return httpx.Response(200, json={"provider_message_id": f"p-{len(sent)}"})

    async with (
        open_house(database_url, CHANNELS, KEYS, files) as house,
        open_connection() as conn,
        respx.mock(assert_all_called=False) as router,
    ):
        router.post(SEND_URL).mock(side_effect=take)
        await conn.execute(
            "UPDATE channels SET send_url = %s, sends_per_second = 1000 WHERE name <> 'mute'",
            (SEND_URL,),
        )
        yield Desk(house, conn, sent, refusals, open_blobs(files) if files else None)


async def test_a_reply_is_queued_and_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1"))
        before = await desk.conversation(conversation)
        response = await desk.reply(conversation, body="On its way")
        assert response.status_code == 202
        message = response.json()
        assert (message["status"], message["direction"]) == ("queued", "outbound")
        assert (message["seq"], message["conversation_id"]) == (2, conversation)
        assert [recipient["address"] for recipient in message["to"]] == [ANN]
        assert message["from"]["address"] == "+14155550199"
        after = await desk.conversation(conversation)
        assert after["version"] == before["version"] + 1
        assert after["last_message"]["id"] == message["id"]
        assert after["last_message"]["preview"] == "On its way"
        assert (after["message_count"], after["inbound_count"], after["last_seq"]) == (2, 1, 2)
        assert await values(desk.conn, b"SELECT waiting_since FROM conversations") == [None]
        assert await desk.send() == 1
        assert [taken["body"] for taken in desk.sent] == ["On its way"]
        assert await values(desk.conn, b"SELECT action FROM audit") == ["message.queued"]


async def test_the_same_request_twice_is_one_message_at_the_provider(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1"))
        path, body = f"/api/conversations/{conversation}/messages", {"body": "Once"}
        first = await desk.post(path, body, Idempotency_Key="one")
        await desk.send()
        second = await desk.post(path, body, Idempotency_Key="one")
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert await desk.send() == 0
        assert len(desk.sent) == 1
        other = await desk.post(path, {"body": "Twice"}, Idempotency_Key="one")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_channel_that_cannot_send_says_so(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1", ANN, "+14155550188"), "mute")
        response = await desk.reply(conversation, body="Hello")
        assert response.status_code == 409
        problem = response.json()
        assert problem["code"] == "conflict"
        assert problem["detail"] == "this channel cannot send: it has no send URL"
        assert await count_of(desk.conn, "outbound_queue") == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": " \n"}, "body"),
        ({"body": "x" * 1601}, "body"),
        ({"body": "Hi", "subject": "Hi"}, "subject"),
        ({"body": "Hi", "undo_seconds": 61}, "undo_seconds"),
        ({"body": "Hi", "undo_seconds": -1}, "undo_seconds"),
        ({"body": "Hi", "undo_seconds": 1.5}, "undo_seconds"),
        ({"body": 7}, "body"),
        ({"body": "Hi", "to": ANN}, "to"),
    ],
)
async def test_a_reply_that_cannot_be_names_the_field(
    database_url: str, open_connection: OpenConnection, body: Json, field: str
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1"))
        response = await desk.reply(conversation, **body)
        assert response.status_code == 422
        assert [error["name"] for error in response.json()["errors"]] == [field]


async def test_only_who_may_write_can_and_only_where_it_is_theirs(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1"))
        path = f"/api/conversations/{conversation}/messages"
        assert (await desk.post(path, {"body": "Hi"}, key="reader")).status_code == 403
        assert (await desk.post(path, {"body": "Hi"}, key="other")).status_code == 404
        nowhere = f"/api/conversations/{new_id()}/messages"
        assert (await desk.post(nowhere, {"body": "Hi"})).status_code == 404
        queued = (await desk.reply(conversation, body="Hi")).json()["id"]
        for action in ("cancel", "retry"):
            path = f"/api/messages/{queued}/{action}"
            assert (await desk.post(path, key="other")).status_code == 404


async def test_taking_back_makes_the_conversation_as_it_was(
    database_url: str, open_connection: OpenConnection
) -> None:
    shown = ("last_message", "last_activity_at", "status")
    waiting = b"SELECT waiting_since, last_outbound_at FROM conversations"
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1", body="Anybody there?"))
        before = await desk.conversation(conversation)
        waited = await values(desk.conn, waiting)
        queued = (await desk.reply(conversation, body="Oops", undo_seconds=30)).json()["id"]
        assert await desk.send() == 0
        response = await desk.post(f"/api/messages/{queued}/cancel")
        assert (response.status_code, response.json()["status"]) == (200, "canceled")
        after = await desk.conversation(conversation)
        assert {name: after[name] for name in shown} == {name: before[name] for name in shown}
        assert after["version"] == before["version"] + 2
        assert await values(desk.conn, waiting) == waited
        await let_retries_be_due(desk.conn)
        assert await desk.send() == 0
        again = await desk.post(f"/api/messages/{queued}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_what_is_sent_cannot_be_taken_back_nor_tried_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1"))
        queued = (await desk.reply(conversation, body="Hi")).json()["id"]
        assert (await desk.post(f"/api/messages/{queued}/retry")).status_code == 409
        await desk.send()
        assert (await desk.post(f"/api/messages/{queued}/cancel")).status_code == 409
        assert (await desk.post(f"/api/messages/{queued}/retry")).status_code == 409


async def test_a_person_may_try_again_what_failed_or_is_unknown(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1"))
        queued = (await desk.reply(conversation, body="Hi")).json()["id"]
        desk.refusals.extend(
            [
                httpx.Response(400, json={"error_code": "blocked"}),
                httpx.ReadTimeout("late"),
            ]
        )
        await desk.send()
        failed = await values(desk.conn, b"SELECT status FROM messages WHERE seq = 2")
        response = await desk.post(f"/api/messages/{queued}/retry")
        assert (response.status_code, response.json()["status"]) == (202, "queued")
        await desk.send()
        unknown = await values(desk.conn, b"SELECT status FROM messages WHERE seq = 2")
        assert (failed, unknown) == (["failed"], ["unknown"])
        assert (await desk.post(f"/api/messages/{queued}/retry")).status_code == 202
        await desk.send()
        assert await values(desk.conn, b"SELECT status FROM messages WHERE seq = 2") == ["sent"]
        assert await attempts(desk.conn) == [
            "1 failed 400 blocked", "2 unknown no_answer", "3 sent 200",
        ]  # fmt: skip
        assert len(desk.sent) == 1


async def test_a_new_text_and_what_is_answered_are_one_conversation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        channel = desk.house.channels["sms"]
        body = {"channel_id": channel.id, "to": "(415) 555-0101", "body": "Your parcel is here"}
        response = await desk.post("/api/messages/sms", body)
        assert response.status_code == 202
        place = response.json()["conversation_id"]
        expected = sms_key_hash([Address("phone", ANN)])
        assert place == conversation_id(1, channel.id, expected)
        assert response.json()["seq"] == 1
        await desk.send()
        assert desk.sent[0]["to"] == [ANN]
        assert await desk.hear(an_sms("in-1", ANN, minute=None)) == place
        second = (await desk.post("/api/messages/sms", body)).json()
        assert (second["conversation_id"], second["seq"]) == (place, 3)
        assert await count_of(desk.conn, "conversations") == 1
        others = (await desk.conversation(place))["participants"]
        assert [
            (participant["address"], participant["contact"] is not None) for participant in others
        ] == [(ANN, True)]


async def test_a_mail_is_answered_in_its_thread(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        mail = a_mail("m-1", cc=["ben@example.org"], subject="Order")
        conversation = await desk.hear(mail, "mail")
        message = (await desk.reply(conversation, body="It is here")).json()
        assert message["subject"] == "Re: Order"
        assert [recipient["address"] for recipient in message["to"]] == ["ann@example.org"]
        assert [recipient["address"] for recipient in message["cc"]] == ["ben@example.org"]
        await desk.send()
        [sent] = desk.sent
        own_id = f"<{message['id']}@example.com>"
        assert (sent["message_id"], sent["in_reply_to"]) == (own_id, "<m-1@mail>")
        assert sent["references"] == "<m-1@mail>"
        again = a_mail("m-2", answers=own_id.strip("<>"), subject="Something else", minute=5)
        assert await desk.hear(again, "mail") == conversation
        await desk.reply(conversation, body="And this", subject="Now this")
        await desk.send()
        assert desk.sent[1]["in_reply_to"] == "<m-2@mail>"
        assert desk.sent[1]["references"] == f"<m-1@mail> {own_id} <m-2@mail>"
        assert desk.sent[1]["subject"] == "Now this"


async def test_a_new_mail_begins_a_thread_that_its_answers_join(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        body = {
            "channel_id": desk.house.channels["mail"].id,
            "to": ["Ann@Example.org", "ann@example.org"],
            "cc": ["ben@example.org"],
            "subject": "Your invoice",
            "body": "Here it is.",
        }
        response = await desk.post("/api/messages/email", body)
        assert response.status_code == 202
        message = response.json()
        await desk.send()
        assert (desk.sent[0]["in_reply_to"], desk.sent[0]["references"]) == (None, None)
        answer = a_mail("m-9", "ben@example.org", answers=f"{message['id']}@example.com")
        assert await desk.hear(answer, "mail") == message["conversation_id"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("sms", {"to": "nobody", "body": "Hi"}, "to"),
        ("sms", {"to": "+14155550199", "body": "Hi"}, "to"),
        ("sms", {"to": ANN, "body": "Hi", "channel_id": "x"}, "channel_id"),
        ("sms", {"to": ANN, "body": "Hi", "channel_id": new_id()}, "channel_id"),
        ("sms", {"to": ANN}, ""),
        ("email", {"to": [], "subject": "S", "body": "B"}, "to"),
        ("email", {"to": ["a@b.example", "nobody"], "subject": "S", "body": "B"}, "to[1]"),
        ("email", {"to": ["a@b.example"], "subject": " ", "body": "B"}, "subject"),
        ("email", {"to": ["a@b.example"], "subject": "S", "body": "B", "channel": 1}, "channel"),
    ],
)
async def test_a_new_message_that_cannot_be_names_the_field(
    database_url: str, open_connection: OpenConnection, path: str, body: Json, field: str
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        kind = "sms" if path == "sms" else "mail"
        response = await desk.post(
            f"/api/messages/{path}", {"channel_id": desk.house.channels[kind].id} | body
        )
        assert response.status_code == 422
        assert [error["name"] for error in response.json()["errors"]] == [field]
        assert await count_of(desk.conn, "messages") == 0


async def test_a_reply_to_a_closed_conversation_leaves_it_closed(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(an_sms("in-1", BEN))
        await desk.conn.execute("UPDATE conversations SET status = 'closed', closed_at = now()")
        assert (await desk.reply(conversation, body="One more thing")).status_code == 202
        assert (await desk.conversation(conversation))["status"] == "closed"
