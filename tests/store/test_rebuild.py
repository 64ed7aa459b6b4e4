"""What a rebuild finds where nothing is wrong: no difference, whatever people decided."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from conftest import OpenConnection
from flows import (
    ANN,
    BEN,
    OWN_EMAIL,
    OWN_PHONE,
    a_channel,
    a_mail,
    an_sms,
    count_of,
    dump,
    event_of,
    groups,
    make_channel,
    make_due,
    record,
    values,
    work,
)
from rebuilding import compare, found, live, mend, split
from sending import a_conversation, answer, sending_channel

from domain.errors import OperatorError
from store.channels import add_addresses
from store.events import record_events
from store.rebuild import hold_rebuild


async def test_what_was_lived_through_is_what_the_events_say(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        lived = await live(database_url, conn)
        before = await dump(conn)
        rebuilt = await compare(database_url)
        assert found(rebuilt) == {}
        assert rebuilt.is_equal
        assert not rebuilt.is_applied
        assert rebuilt.unread == 0
        assert rebuilt.events == await count_of(conn, "inbound_events") - 1
        for channel in (lived.sms, lived.anew, lived.email):
            assert found(await compare(database_url, channel)) == {}
        assert found(await mend(database_url)) == {}
        assert await dump(conn) == before
        assert await values(conn, b"SELECT 1 FROM pg_namespace WHERE nspname = 'rebuild'") == []


_ROLES = b"""
    SELECT a.value || ' ' || p.role
    FROM conversation_participants AS p
    JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
    GROUP BY 1 ORDER BY 1
"""


async def test_many_own_addresses_are_told_apart_as_they_were_then(
    database_url: str, open_connection: OpenConnection
) -> None:
    """A pool of which one number is not listed, a mailbox with an alias, and mail between us."""
    async with open_connection() as conn:
        pool = await make_channel(conn, "pool", further_addresses=("+14155550198",))
        mail = await make_channel(conn, "mail", "email", further_addresses=("desk@example.com",))
        await make_channel(conn, "sales", "email", own_address="sales@example.com")
        for number in (OWN_PHONE, "+14155550198", "+14155550195"):
            await record(conn, pool, an_sms(f"to {number}", ANN, number))
        await record(conn, pool, an_sms("all", ANN, OWN_PHONE, "+14155550195", BEN))
        await record(
            conn,
            mail,
            a_mail("both", to=["desk@example.com"], cc=["sales@example.com"]),
            a_mail("ours", "sales@example.com", answers="both", to=[OWN_EMAIL], minute=1),
        )
        await work(database_url)
        await split(conn, "ours")
        assert found(await compare(database_url)) == {}
        assert found(await compare(database_url, pool)) == {}


async def test_an_address_that_becomes_ours_later_is_ours_after_a_rebuild(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Its contact stays: whoever stood behind it may have been named by somebody."""
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        mail = await make_channel(conn, "mail", "email")
        await record(conn, sms, an_sms("group", ANN, OWN_PHONE, BEN), an_sms("ann", ANN))
        await record(conn, mail, a_mail("a", cc=["sales@example.com"]))
        await work(database_url)
        await add_addresses(conn, sms, [BEN])
        await make_channel(conn, "sales", "email", own_address="sales@example.com")
        assert not (await compare(database_url)).is_equal
        await mend(database_url)
        assert found(await compare(database_url)) == {}
        assert await groups(conn) == [("a",), ("group", "ann")]
        assert await values(conn, _ROLES) == sorted([
            f"{ANN} other", f"{BEN} own", f"{OWN_PHONE} own",
            "ann@example.org other", f"{OWN_EMAIL} own", "sales@example.com own",
        ])  # fmt: skip
        assert await count_of(conn, "contacts") == 4


async def test_answers_and_their_receipts(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider="twilio")
        channel = replace(channel, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        sent, canceled = await answer(conn, conversation), await answer(conn, conversation, "No")
        await conn.execute(
            b"UPDATE messages SET status = 'sent', provider_message_id = 'SM2' WHERE id = %s",
            (sent.message_id,),
        )
        told = [("SM2", "sent"), ("SM2", "delivered"), ("SM9", "sent")]
        posts = [
            urlencode({"MessageSid": message_id, "MessageStatus": status})
            for message_id, status in told
        ]
        await record_events(conn, [event_of(channel, form.encode()) for form in posts])
        await work(database_url)
        assert found(await compare(database_url)) == {}
        query = b"SELECT * FROM message_receipts ORDER BY event_id"
        before = await values(conn, query)
        await conn.execute("UPDATE messages SET status = 'sent' WHERE provider_message_id = 'SM2'")
        await conn.execute("DELETE FROM message_receipts WHERE status = 'delivered'")
        await conn.execute(
            "UPDATE message_receipts SET error_code = '1', message_id = NULL"
            " WHERE provider_message_id = 'SM2'"
        )
        await conn.execute(
            "INSERT INTO message_receipts SELECT 1, id, channel_id, 'x', NULL, 'sent', 'sent',"
            " NULL, now(), false FROM inbound_events WHERE kind = 'message'"
        )
        expected = {"message_receipts": "missing 1 extra 1 changed 1 (error_code, message_id)"}
        assert found(await mend(database_url)) == expected
        assert found(await compare(database_url)) == {}
        assert await values(conn, query) == before
        status = b"SELECT status FROM messages WHERE id = %s"
        assert await values(conn, status, sent.message_id) == ["delivered"]
        assert await values(conn, status, canceled.message_id) == ["queued"]


async def test_an_answer_to_our_mail_alone(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "email", "email")
        conversation = await a_conversation(database_url, conn, channel, a_mail("m0"))
        queued = await answer(conn, conversation)
        bears = b"SELECT value FROM email_message_ids WHERE message_id = %s"
        [ours] = await values(conn, bears, queued.message_id)
        await record(conn, channel, a_mail("m1", answers=str(ours), minute=5))
        await work(database_url)
        assert await values(conn, b"SELECT count(*) FROM conversations") == [1]
        assert found(await compare(database_url)) == {}


async def test_events_that_have_nothing_to_show(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Waiting, given up, dropped: none of them is missing; what is forgotten is not extra."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        ids = await record(conn, channel, *(an_sms(f"m{nth}", minute=nth) for nth in range(5)))
        await conn.execute("DELETE FROM inbound_queue WHERE event_id = ANY(%s::uuid[])", (ids[3:],))
        await conn.execute(
            "INSERT INTO dead_letters (customer_id, event_id, error_class, detail, attempts,"
            " resolution, resolved_at)"
            " VALUES (1, %s, 'x', 'x', 1, NULL, NULL), (1, %s, 'x', 'x', 1, 'dropped', now())",
            ids[3:],
        )
        await work(database_url)
        assert await count_of(conn, "messages") == 3
        await conn.execute("DELETE FROM inbound_events WHERE id = %s", (ids[0],))
        await conn.execute(
            "INSERT INTO inbound_queue (customer_id, event_id) VALUES (1, %s)", (ids[1],)
        )
        rebuilt = await compare(database_url)
        assert (rebuilt.events, found(rebuilt)) == (1, {})
        await make_due(conn)
        await work(database_url)
        assert (await compare(database_url)).events == 2
        await conn.execute("UPDATE dead_letters SET resolution = 'retried', resolved_at = now()")
        assert found(await compare(database_url))["messages"] == "missing 2"
        assert found(await mend(database_url))["messages"] == "missing 2"
        assert await count_of(conn, "messages") == 5


async def test_an_event_that_nobody_understands_any_more(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("m1"), an_sms("m2", minute=1))
        await work(database_url)
        await conn.execute("UPDATE inbound_events SET body = '{' WHERE provider_message_id = 'm1'")
        rebuilt = await mend(database_url)
        assert (rebuilt.events, rebuilt.unread, found(rebuilt)) == (2, 1, {})
        assert await count_of(conn, "messages") == 2


async def test_a_message_that_no_event_could_have_left_yet(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Events are kept for a week at least, so a newer message without one is nobody's."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        [new, _] = await record(
            conn, channel, an_sms("m1", minute=None), an_sms("m2", minute=None),
            received_at=datetime.now(UTC),
        )  # fmt: skip
        await work(database_url)
        await conn.execute("DELETE FROM inbound_events WHERE id = %s", (new,))
        assert found(await mend(database_url)) == {"messages": "extra 1"}
        assert found(await compare(database_url)) == {}
        assert await values(conn, b"SELECT message_count FROM conversations") == [1]


async def test_one_rebuild_at_a_time(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn, conn.transaction():
        assert await hold_rebuild(conn)
        with pytest.raises(OperatorError):
            await compare(database_url)
    assert found(await compare(database_url)) == {}


async def test_another_channel_is_left_alone(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        one = await make_channel(conn, "one")
        two = await make_channel(conn, "two", own_address=a_channel("two").own_address)
        await record(conn, one, an_sms("a"))
        await record(conn, two, an_sms("b"))
        await work(database_url)
        await conn.execute("DELETE FROM message_recipients")
        await conn.execute("DELETE FROM messages WHERE provider_message_id = 'b'")
        assert found(await compare(database_url, one)) == {"message_recipients": "missing 1"}
        assert found(await compare(database_url, two))["messages"] == "missing 1"
