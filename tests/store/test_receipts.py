"""Every delivery receipt is kept, in whatever order, beside the message it is about."""

import json
from dataclasses import replace
from itertools import permutations
from urllib.parse import urlencode

import pytest
from conftest import OpenConnection
from flows import NOW, a_channel, an_sms, count_of, event_of, groups, make_channel, values, work

from domain.channel import Channel
from store.database import Connection
from store.events import record_events

# A message that we sent; nothing sends any yet.
_SENT = b"""
    INSERT INTO messages (
        customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
        body_hash, body_format, provider_message_id, sent_at, received_at
    )
    SELECT
        m.customer_id, gen_random_uuid(), m.conversation_id, 2, 'outbound', m.channel_id, m.kind,
        'queued', m.from_hash, m.body_hash, m.body_format, 'SM2', m.sent_at, m.received_at
    FROM messages AS m
    RETURNING id
"""
_RECEIPTS = b"""
    SELECT concat_ws(' ', status, provider_status, error_code) FROM message_receipts ORDER BY 1
"""


async def _twilio(conn: Connection) -> Channel:
    await make_channel(conn, "sms")
    await conn.execute("UPDATE channels SET provider = 'twilio'")
    return replace(a_channel("sms"), provider="twilio")


def _status(sid: str, status: str, **more: str) -> bytes:
    return urlencode({"MessageSid": sid, "MessageStatus": status} | more).encode()


async def test_receipts_are_kept_beside_what_we_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _twilio(conn)
        await record_events(conn, [event_of(channel, an_sms("SM1"))])
        await work(database_url)
        (sent,) = await values(conn, _SENT)
        posted = [_status("SM2", "delivered"), _status("SM1", "sent"), _status("SM3", "sent")]
        posted += [_status("SM2", "sent"), _status("SM2", "failed", ErrorCode="30003")]
        posted += [_status("SM2", "sent")]
        await record_events(conn, [event_of(channel, post) for post in posted])
        assert await work(database_url, 2) == 5
        assert await values(conn, _RECEIPTS) == [
            "delivered delivered", "failed failed 30003", "sent sent", "sent sent", "sent sent",
        ]  # fmt: skip
        about = b"SELECT count(*) FROM message_receipts WHERE message_id = %s"
        assert await values(conn, about, sent) == [3]
        assert await values(conn, b"SELECT count(message_id) FROM message_receipts") == [3]
        assert await values(conn, b"SELECT DISTINCT occurred_at FROM message_receipts") == [NOW]
        assert await count_of(conn, "messages") == 2


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("DELIVERED", "delivered DELIVERED"),
        ("partially_delivered", "unknown partially_delivered"),
        ("x" * 3000, "unknown " + "x" * 3000),
        ("a\0b\ud800", "unknown ab"),
    ],
)
async def test_words_that_we_do_not_know_are_kept(
    database_url: str, open_connection: OpenConnection, status: str, kept: str
) -> None:
    body = b"MessageSid=SM1&MessageStatus=" + urlencode(
        {"": status}, errors="surrogatepass"
    ).encode().removeprefix(b"=")
    async with open_connection() as conn:
        channel = await _twilio(conn)
        await record_events(conn, [event_of(channel, body)])
        assert await work(database_url) == 1
        (found,) = await values(conn, _RECEIPTS)
        assert str(found).replace("\ufffd", "") == kept
        assert await groups(conn) == []
        assert await values(conn, b"SELECT status FROM inbound_event_status") == ["processed"]


@pytest.mark.parametrize(
    ("words", "becomes"),
    [
        (("delivered", "opened"), "read"),
        (("clicked", "delivered"), "read"),
        (("opened", "clicked", "complained"), "failed complained the recipient reported it as"),
        (("delivered", "read", "bounced"), "failed bounced the provider did not deliver it"),
        (("failed", "complained", "bounced"), "failed bounced the provider did not deliver it"),
    ],
)
async def test_a_bounce_or_a_complaint_is_the_last_word_whenever_it_comes(
    database_url: str, open_connection: OpenConnection, words: tuple[str, ...], becomes: str
) -> None:
    found: list[object] = []
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record_events(conn, [event_of(channel, an_sms("SM1"))])
        await work(database_url)
        (sent,) = await values(conn, _SENT)
        for ordered in permutations(words):
            for word in ordered:
                receipt = {"type": "receipt", "provider_message_id": "SM2", "status": word}
                posted = json.dumps(receipt | {"timestamp": str(len(found))}).encode()
                await record_events(conn, [event_of(channel, posted)])
                await work(database_url)
            found += await values(
                conn,
                b"SELECT concat_ws(' ', status, failure_code, failure) FROM messages WHERE id = %s",
                sent,
            )
            await conn.execute("DELETE FROM message_receipts")
            await conn.execute("DELETE FROM inbound_events WHERE kind = 'receipt'")
            await conn.execute(
                "UPDATE messages SET status = 'queued', failure_code = NULL, failure = NULL"
                " WHERE direction = 'outbound'"
            )
    assert len(set(found)) == 1
    assert str(found[0]).startswith(becomes)
