"""Writing to somebody anew by a plain form: who gets it, what is refused, that it goes once."""

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

import httpx
from conftest import OpenConnection
from flows import ANN, BEN, a_mail, an_sms, make_channel, record, values, work
from page_house import Desk, open_desk, tags_of, text_of

from app.ids import new_id
from domain.channel import Channel, ChannelKind
from providers import generic
from store.canned_replies import insert_canned_reply
from store.channels import add_addresses
from store.database import Connection

_OUTBOUND = b"SELECT count(*) FROM messages WHERE direction = 'outbound'"
_SENT_FROM = b"""
    SELECT a.value
    FROM messages AS m
    JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
    WHERE m.direction = 'outbound'
"""
_SENT_TO = b"""
    SELECT r.role || ' ' || a.value
    FROM message_recipients AS r
    JOIN messages AS m ON m.customer_id = r.customer_id AND m.id = r.message_id
    JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
    WHERE m.direction = 'outbound'
    ORDER BY 1
"""


async def test_a_text_goes_to_its_number_and_opens_its_conversation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        async with open_desk(database_url) as desk:
            response = await _send(
                desk, channel_id=channel.id, to=" (415) 555-0101 ", text="Hi\r\n!"
            )
            assert response.status_code == 303, text_of(response.text)
            page = await desk.get(response.headers["location"])
            assert "Hi !" in text_of(page)
        assert await values(conn, _SENT_TO) == [f"to {ANN}"]
        assert await values(conn, b"SELECT text FROM bodies") == ["Hi\n!"]


async def test_a_text_to_somebody_who_wrote_goes_on_in_their_conversation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        await record(conn, channel, an_sms("one", ANN))
        await work(database_url)
        async with open_desk(database_url) as desk:
            response = await _send(desk, channel_id=channel.id, to=ANN, text="Hello again")
            [conversation_id] = await values(conn, b"SELECT id FROM conversations")
            assert response.headers["location"] == f"/inbox/c/{conversation_id}"


async def test_a_text_leaves_from_the_number_that_was_chosen(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "pool")
        await add_addresses(conn, channel, ["+14155550198"])
        async with open_desk(database_url) as desk:
            page = await desk.get("/inbox/new")
            offered = [
                option["value"] or "" for option in tags_of(page, "option") if option.get("value")
            ]
            numbers = [value.partition(" ")[2] for value in offered]
            assert numbers[:2] == [channel.own_address, "+14155550198"]

            response = await _send(desk, channel_id=offered[1], to=ANN, text="Hi")
            assert response.status_code == 303, text_of(response.text)
            assert await values(conn, _SENT_FROM) == ["+14155550198"]

            stranger = f"{channel.id} +14155550177"
            response = await _send(desk, channel_id=stranger, to=ANN, text="Hi")
            assert response.status_code == 422
            assert _wrong(response.text) == ["channel_id"]
            assert "From must be an own address of the channel." in text_of(response.text)
        assert await values(conn, _OUTBOUND) == [1]


async def test_a_mail_goes_to_several_with_copies_and_a_subject(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "mail", "email")
        async with open_desk(database_url) as desk:
            response = await _send(
                desk,
                channel_id=channel.id,
                to='"Lee, Ann" <ann@example.org>, ben@example.org',
                cc="cat@example.org",
                subject="Your order",
                text="It is on its way.",
            )
            assert response.status_code == 303, text_of(response.text)
            text = text_of(await desk.get(response.headers["location"]))
            assert "Your order" in text
        assert await values(conn, _SENT_TO) == [
            "cc cat@example.org",
            "to ann@example.org",
            "to ben@example.org",
        ]


async def test_a_form_that_is_sent_twice_sends_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "mail", "email")
        fields = {
            "channel_id": channel.id,
            "to": "ann@example.org",
            "subject": "Once",
            "text": "Only once.",
        }
        async with open_desk(database_url) as desk:
            key = _value(await desk.get("/inbox/new"), "idempotency_key")
            places = {
                (await desk.post("/inbox/new", idempotency_key=key, **fields)).headers["location"]
                for _ in range(2)
            }
            assert len(places) == 1
            assert await values(conn, _OUTBOUND) == [1]

            data = {"csrf_token": await desk.csrf(), "idempotency_key": f"{key}2", **fields}
            both = await asyncio.gather(
                *(desk.client.post("/inbox/new", data=data) for _ in range(2))
            )
            assert {answer.status_code for answer in both} in ({303}, {303, 409})
            assert await values(conn, _OUTBOUND) == [2]

            changed = await desk.post("/inbox/new", idempotency_key=key, **fields | {"text": "Two"})
            assert changed.status_code == 422
            assert "sent before it was changed" in text_of(changed.text)
            assert await values(conn, _OUTBOUND) == [2]
            assert _value(changed.text, "idempotency_key") != key
            assert "Two" in text_of(changed.text)


async def test_what_is_wrong_stands_beside_what_was_typed(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        mail, line = await _sending(conn, "mail", "email"), await _sending(conn, "line")
        typed = {"subject": "<Hello>", "text": "\nKept & <b>safe</b>"}
        async with open_desk(database_url) as desk:
            to_mail = {"channel_id": mail.id, **typed}
            for fields, wrong, sentence in (
                (to_mail | {"to": "ann@example.org, nobody"}, "to", "Address 2 must be an e-mail"),
                (to_mail | {"to": ","}, "to", "To must be at least one e-mail address"),
                (to_mail | {"to": "ann@example.org", "cc": "x"}, "cc", "Cc must be an e-mail"),
                (to_mail | {"to": "a@example.org", "subject": " "}, "subject", "Subject must be"),
                (to_mail | {"to": "a@example.org", "text": " "}, "text", "Message must be text"),
                (typed | {"channel_id": line.id, "to": ANN}, "subject", "only an e-mail has one"),
                (
                    {"channel_id": line.id, "to": f"{ANN}, {BEN}", "text": "Hi"},
                    "to",
                    "To must be a phone number",
                ),
                (typed | {"channel_id": "", "to": ANN}, "channel_id", "From must be one of"),
            ):
                response = await _send(desk, **fields)
                assert response.status_code == 422
                assert sentence in text_of(response.text)
                assert _wrong(response.text) == [wrong]
                assert _value(response.text, "to") == fields["to"]
                assert "<b>safe" not in response.text
                kept = " ".join(fields["text"].split())
                assert kept in text_of(response.text)
        assert await values(conn, _OUTBOUND) == [0]


async def test_after_a_mistake_the_same_form_can_be_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        async with open_desk(database_url) as desk:
            wrong = await _send(desk, channel_id=channel.id, to="12", text="Hi")
            key = _value(wrong.text, "idempotency_key")
            fields = {"channel_id": channel.id, "to": ANN, "text": "Hi"}
            right = await desk.post("/inbox/new", idempotency_key=key, **fields)
            assert right.status_code == 303
        assert await values(conn, _OUTBOUND) == [1]


async def test_a_form_without_its_token_or_key_sends_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        fields = {"channel_id": channel.id, "to": ANN, "text": "Hi"}
        async with open_desk(database_url) as desk:
            for token in ({}, {"csrf_token": "0" * 64}):
                data = {"idempotency_key": "k", **fields, **token}
                response = await desk.client.post("/inbox/new", data=data)
                assert response.status_code == 403
                assert "out of date" in text_of(response.text)
            assert (await desk.post("/inbox/new", **fields)).status_code == 400
        assert await values(conn, _OUTBOUND) == [0]


async def test_channels_that_cannot_send_are_listed_with_the_reason(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        deaf = await make_channel(conn, "deaf")
        async with open_desk(database_url) as desk:
            page = await desk.get("/inbox/new")
            assert "No channel can send" in text_of(page)
            assert "deaf (SMS): it has no send URL" in text_of(page)
            assert not tags_of(page, "textarea")

            await _sending(conn, "line")
            page = await desk.get("/inbox/new")
            options = {option["value"]: option for option in tags_of(page, "option")}
            assert "disabled" in options[f"{deaf.id} {deaf.own_address}"]
            assert "cannot send: it has no send URL" in text_of(page)

            response = await _send(desk, channel_id=deaf.id, to=ANN, text="Hi")
            assert response.status_code == 409
            assert "This channel cannot send: it has no send URL." in text_of(response.text)


async def test_a_link_says_whom_to_write_to_and_the_channel_suits(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        line, mail = await _sending(conn, "a-line"), await _sending(conn, "b-mail", "email")
        await record(conn, mail, a_mail("one", "Ann Lee <ann@example.org>"))
        await work(database_url)
        [conversation_id] = await values(conn, b"SELECT id FROM conversations")
        async with open_desk(database_url) as desk:
            side = await desk.get(f"/inbox/c/{conversation_id}/side")
            [link] = [link for link in tags_of(side, "a") if link.get("title") == "Write"]
            for href, to, channel in (
                (link["href"] or "", "ann@example.org", mail),
                (f"/inbox/new?to={quote(ANN)}", ANN, line),
                ("/inbox/new", "", line),
            ):
                page = await desk.get(href)
                assert _value(page, "to") == to
                [selected] = [option for option in tags_of(page, "option") if "selected" in option]
                assert selected["value"] == f"{channel.id} {channel.own_address}"


async def test_a_message_may_be_as_long_as_its_channel_sends(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        await _sending(conn, "mailbox", "email")
        await record(conn, channel, an_sms("one", ANN))
        await work(database_url)
        async with open_desk(database_url) as desk:
            options = tags_of(await desk.get("/inbox/new"), "option")
            assert {
                option["data-kind"]: option["data-most"]
                for option in options
                if "data-kind" in option
            } == {"sms": str(generic.LONGEST_TEXT), "email": "100000"}
            [conversation_id] = await values(conn, b"SELECT id FROM conversations")
            page = await desk.get(f"/inbox/c/{conversation_id}")
            [writing] = [area for area in tags_of(page, "textarea") if area.get("name") == "text"]
            assert writing["maxlength"] == str(generic.LONGEST_TEXT)


async def test_canned_replies_can_be_chosen(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _sending(conn, "line")
        reply_id = "0193a000-0000-7000-8000-000000000001"
        await insert_canned_reply(conn, 1, reply_id=reply_id, name="thanks", text='Thank "you"')
        async with open_desk(database_url) as desk:
            page = await desk.get("/inbox/new")
            assert "/thanks" in text_of(page)
            assert 'Thank "you"' in [option.get("value") for option in tags_of(page, "option")]


async def test_who_may_not_send_sees_no_button_and_is_refused(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        async with open_desk(database_url, scopes=["conversations:read"]) as desk:
            links = [link.get("href") for link in tags_of(await desk.get("/inbox"), "a")]
            assert "/inbox/new" not in links
            assert (await desk.client.get("/inbox/new")).status_code == 403
            response = await desk.post(
                "/inbox/new", idempotency_key="k", channel_id=channel.id, to=ANN, text="Hi"
            )
            assert response.status_code == 403
        assert await values(conn, _OUTBOUND) == [0]


async def test_the_channel_of_another_customer_is_not_there(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _sending(conn, "line")
        await conn.execute("INSERT INTO customers (id, name) VALUES (2, 'other')")
        async with open_desk(database_url, customer_id=2) as desk:
            assert channel.name not in text_of(await desk.get("/inbox/new"))
            response = await _send(desk, channel_id=channel.id, to=ANN, text="Hi")
            assert response.status_code == 422
        assert await values(conn, _OUTBOUND) == [0]


async def _sending(conn: Connection, name: str, kind: ChannelKind = "sms") -> Channel:
    channel = await make_channel(conn, name, kind)
    await conn.execute(
        "UPDATE channels SET send_url = 'http://127.0.0.1:9/send' WHERE id = %s", (channel.id,)
    )
    return channel


async def _send(desk: Desk, **fields: str) -> httpx.Response:
    return await desk.post("/inbox/new", idempotency_key=new_id(), **fields)


def _value(html: str, name: str) -> str:
    [found] = [field for field in tags_of(html, "input") if field.get("name") == name]
    return found["value"] or ""


def _wrong(html: str) -> list[str | None]:
    """List the fields that are marked as wrong."""
    fields: list[Mapping[str, str | None]] = [
        field for tag in ("select", "input", "textarea") for field in tags_of(html, tag)
    ]
    return [field.get("name") for field in fields if field.get("aria-invalid") == "true"]
