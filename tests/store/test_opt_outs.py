"""What stands of what people say of being texted, in whatever order and however often it comes."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import (
    ANN,
    BEN,
    NOW,
    OWN_PHONE,
    an_sms,
    dump,
    empty,
    event_of,
    make_channel,
    values,
    work,
)
from rebuilding import compare, found, lose, mend

from domain.channel import Channel
from store.database import Connection
from store.events import record_events
from store.replay import replay_events
from store.suppressions import count_suppressed, list_standing

_CHANGES = b"SELECT type FROM outbox WHERE type ~ '^supp' ORDER BY xid, seq"
_TEXTS = b"SELECT b.text FROM messages AS m JOIN bodies AS b ON b.hash = m.body_hash ORDER BY m.seq"
_RECORDS = b"SELECT concat_ws(' ', consent, source, word) FROM consent_records ORDER BY at, id"
_LIFTS = b"SELECT count(*) FROM suppression_lifts"


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


async def text(
    conn: Connection, channel: Channel, body: str, minute: int, sender: str = ANN
) -> None:
    """Let somebody text, and the event come in at this minute."""
    message = an_sms(f"{sender}-{minute}", sender, body=body, minute=None)
    await record_events(conn, [event_of(channel, message, received_at=at(minute))])


async def standing(conn: Connection) -> list[tuple[str, str, datetime, str | None]]:
    rows = await list_standing(conn, 1)
    return [(each.address, each.reason, each.since, each.channel_id) for each in rows]


async def test_a_keyword_is_a_message_and_an_opt_out(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await text(conn, channel, "Hello", 0)
        await text(conn, channel, " Stop.", 1)
        await text(conn, channel, "please stop it", 2, BEN)
        await text(conn, channel, "HELP", 3, BEN)
        await work(database_url)
        assert await standing(conn) == [(ANN, "opt_out", at(1), channel.id)]
        (suppression,) = await list_standing(conn, 1)
        stop = b"SELECT id::text FROM messages WHERE provider_message_id = %s"
        assert [suppression.event_id] == await values(conn, stop, f"{ANN}-1")
        assert set(await values(conn, _TEXTS)) == {"Hello", " Stop.", "please stop it", "HELP"}
        assert await values(conn, _CHANGES) == ["suppression.added"]


async def test_replay_and_rebuild_change_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await text(conn, channel, "STOP", 1)
        await text(conn, channel, "START", 2)
        await text(conn, channel, "STOP", 1, BEN)
        await work(database_url)
        before = await dump(conn)
        assert [row[:3] for row in await standing(conn)] == [(BEN, "opt_out", at(1))]
        changes = await values(conn, _CHANGES)
        assert changes == ["suppression.added", "suppression.added", "suppression.lifted"]
        await replay_events(conn, 1)
        await work(database_url)
        assert found(await compare(database_url)) == {}
        after = await dump(conn)
        for table in ("suppressions", "suppression_lifts"):
            assert after[table] == before[table] != []


async def test_a_rebuild_brings_back_what_the_texts_that_it_mends_say(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await text(conn, channel, "STOP", 1)
        await text(conn, channel, "START", 2)
        await text(conn, channel, "STOP", 1, BEN)
        await text(conn, channel, "HELP", 3, BEN)
        await work(database_url)
        before, records = await standing(conn), await values(conn, _RECORDS)
        for table in (b"suppressions", b"suppression_lifts", b"help_requests"):
            await conn.execute(b"DELETE FROM " + table)
        await lose(conn, [f"{ANN}-1", f"{ANN}-2", f"{BEN}-1", f"{BEN}-3"])
        await mend(database_url)
        assert await standing(conn) == before != []
        assert await values(conn, _RECORDS) == records


async def test_the_order_in_which_they_are_worked_on_does_not_matter(
    database_url: str, open_connection: OpenConnection
) -> None:
    said = (("STOP", 1), ("START", 5), ("STOP", 3))
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for ordered in permutations(said):
            await empty(conn)
            for body, minute in ordered:
                await text(conn, channel, body, minute)
                await work(database_url)
            assert await standing(conn) == [], ordered
            assert await values(conn, _LIFTS) == [1]
            await text(conn, channel, "STOP", 6)
            await work(database_url)
            assert await standing(conn) == [(ANN, "opt_out", at(6), channel.id)]


async def test_of_what_comes_in_at_once_the_opt_out_counts(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        both = [
            event_of(channel, an_sms(body, body=body), received_at=at(1))
            for body in ("STOP", "START")
        ]
        await record_events(conn, both)
        await work(database_url)
        assert await standing(conn) == [(ANN, "opt_out", at(1), channel.id)]


async def test_an_opt_in_lifts_nothing_but_an_opt_out_of_its_channel(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        first = await make_channel(conn, "sms")
        second = await make_channel(conn, "second", own_address="+14155550198")
        await text(conn, first, "STOP", 1)
        await text(conn, second, "QUIT", 1)
        await work(database_url)
        (address_hash,) = await values(conn, b"SELECT hash FROM addresses WHERE value = %s", ANN)
        await conn.execute(
            b"INSERT INTO suppressions (customer_id, id, address_hash, reason, since)"
            b" VALUES (1, gen_random_uuid(), %s, 'manual', %s)",
            (address_hash, at(0)),
        )
        await text(conn, first, "START", 2)
        await work(database_url)
        assert {row[1:] for row in await standing(conn)} == {
            ("manual", at(0), None),
            ("opt_out", at(1), second.id),
        }
        await conn.execute(b"DELETE FROM suppressions WHERE reason = 'manual'")
        assert isinstance(address_hash, int)
        counts = [
            await count_suppressed(conn, 1, channel.id, [address_hash])
            for channel in (first, second)
        ]
        assert [(each.count, each.opted_out) for each in counts] == [(0, 0), (1, 1)]


@pytest.mark.parametrize("kind", ["own", "mail"])
async def test_neither_our_own_texts_nor_mails_opt_out(
    database_url: str, open_connection: OpenConnection, kind: str
) -> None:
    async with open_connection() as conn:
        if kind == "own":
            channel = await make_channel(conn, "sms")
            await text(conn, channel, "STOP", 1, OWN_PHONE)
        else:
            channel = await make_channel(conn, "email", "email")
            await text(conn, channel, "STOP", 1, "ann@example.org")
        await work(database_url)
        assert await values(conn, b"SELECT count(*) FROM suppressions") == [0]


async def test_the_records_have_who_says_what_by_which_word(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for minute, body in enumerate(("Info", "“Stop.”", "START", "help!", "Hello", "unstop")):
            await text(conn, channel, body, minute)
        await work(database_url)
        await replay_events(conn, 1)
        await work(database_url)
        assert await values(conn, _RECORDS) == [
            "help keyword info", "opt_out keyword stop", "opt_in keyword start",
            "help keyword help", "opt_in keyword unstop",
        ]  # fmt: skip
        assert await values(conn, _CHANGES) == ["suppression.added", "suppression.lifted"]


@pytest.mark.parametrize(
    ("said", "records"),
    [
        ((("Yes", 1),), []),
        ((("YES", 1), ("STOP", 2)), ["opt_out stop"]),
        ((("STOP", 1), ("yes!", 2)), ["opt_out stop", "opt_in yes"]),
        ((("STOP", 1), ("yes", 2), ("Yes", 3)), ["opt_out stop", "opt_in yes"]),
        ((("STOP", 1), ("START", 2), ("Yes", 3)), ["opt_out stop", "opt_in start"]),
        ((("STOP", 1), ("QUIT", 2), ("Yes", 3)), ["opt_out stop", "opt_out quit", "opt_in yes"]),
        (
            (("STOP", 1), ("YES", 2), ("STOP", 3), ("YES", 4)),
            ["opt_out stop", "opt_in yes", "opt_out stop", "opt_in yes"],
        ),
    ],
)
async def test_yes_opts_in_only_whoever_has_opted_out_in_any_order(
    database_url: str,
    open_connection: OpenConnection,
    said: tuple[tuple[str, int], ...],
    records: list[str],
) -> None:
    query = b"SELECT consent || ' ' || word FROM consent_records ORDER BY at, id"
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for ordered in permutations(said):
            await empty(conn)
            for body, minute in ordered:
                await text(conn, channel, body, minute)
                await work(database_url)
            assert await values(conn, query) == records, ordered
            stands = records[-1:] == ["opt_out stop"]
            assert bool(await standing(conn)) == stands, ordered


async def test_consent_is_that_of_the_person_whichever_form_their_number_has(
    database_url: str, open_connection: OpenConnection
) -> None:
    """https://en.wikipedia.org/wiki/Telephone_numbers_in_Mexico, the 1 after the country code"""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await text(conn, channel, "STOP", 1, "+5215512345678")
        await work(database_url)
        assert [row[0] for row in await standing(conn)] == ["+525512345678"]
        await text(conn, channel, "START", 2, "+525512345678")
        await work(database_url)
        assert await standing(conn) == []
        assert len(await values(conn, _RECORDS)) == 2


async def test_a_rebuild_sees_whether_a_text_may_be_an_opt_out(
    database_url: str, open_connection: OpenConnection
) -> None:
    flagged = b"SELECT provider_message_id FROM messages WHERE may_opt_out"
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await text(conn, channel, "please stop texting me", 1)
        await text(conn, channel, "I can't stop laughing", 2)
        await text(conn, channel, "stop texting me", 3, OWN_PHONE)
        await work(database_url)
        assert await values(conn, flagged) == [f"{ANN}-1"]
        await replay_events(conn, 1)
        await work(database_url)
        assert found(await compare(database_url)) == {}
        await conn.execute("UPDATE messages SET may_opt_out = NOT may_opt_out")
        assert found(await mend(database_url)) == {"messages": "changed 3 (may_opt_out)"}
        assert await values(conn, flagged) == [f"{ANN}-1"]
