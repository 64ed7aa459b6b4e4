"""The list of all messages stays quick: pages are bounded, and every statement has its index."""

import pytest
from conftest import OpenConnection
from flows import ANN, BEN, an_sms, make_channel, record, values, work

from store import newest_messages
from store.database import Connection
from store.newest_messages import MessageFilter, list_newest
from store.sql import statements

_STATEMENTS = statements("newest_messages")
_NAMES = b"""
    SELECT m.provider_message_id
    FROM unnest(%s::uuid[]) WITH ORDINALITY AS t (id, place)
    JOIN messages AS m ON m.customer_id = 1 AND m.id = t.id
    ORDER BY t.place
"""
_CONTACT = b"SELECT contact_id FROM addresses WHERE value = %s"
_CONVERSATION = b"""
    SELECT p.conversation_id FROM addresses AS a
    JOIN conversation_participants AS p
        ON p.customer_id = a.customer_id AND p.address_hash = a.hash
    WHERE a.value = %s
"""


async def read(conn: Connection, wanted: MessageFilter) -> tuple[list[object], int]:
    """Read all pages of two; return what they have, and how many there are."""
    found, before, pages = list[str](), None, 0
    while True:
        page = await list_newest(conn, 1, wanted, before=before, limit=2)
        found += page.ids
        pages += 1
        assert page.is_partial == (page.next_before is not None and len(page.ids) < 2)
        if page.next_before is None:
            return await values(conn, _NAMES, found), pages
        before = page.next_before


async def fill(conn: Connection, database_url: str) -> None:
    """Let Ann write once on a quiet channel, and then Ben twenty times on a busy one."""
    quiet = await make_channel(conn, "quiet")
    busy = await make_channel(conn, "busy")
    await record(conn, quiet, an_sms("old", ANN))
    await record(conn, busy, *(an_sms(f"b{number:02}", BEN) for number in range(20)))
    assert await work(database_url) == 21


async def test_a_page_that_looked_at_enough_says_where_to_go_on(
    open_connection: OpenConnection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet channel's only message lies far behind those of a busy one."""
    monkeypatch.setattr(newest_messages, "_FIRST_WINDOW", 2)
    monkeypatch.setattr(newest_messages, "_WIDEST_WINDOW", 3)
    async with open_connection() as conn:
        await fill(conn, database_url)
        (quiet,) = await values(conn, b"SELECT id FROM channels WHERE name = 'quiet'")
        assert await read(conn, MessageFilter(channel_id=str(quiet))) == (["old"], 3)


@pytest.mark.parametrize("most", [20_000, 5])
async def test_what_somebody_wrote_is_found_among_much_and_among_little(
    open_connection: OpenConnection, database_url: str, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Sorted where it is little, and along with everything else where it is much."""
    monkeypatch.setattr(newest_messages, "_MOST_SORTED", most)
    async with open_connection() as conn:
        await fill(conn, database_url)
        of_ben = [f"b{number:02}" for number in reversed(range(20))]
        for sender, expected in ((ANN, ["old"]), (BEN, of_ben)):
            (contact,) = await values(conn, _CONTACT, sender)
            found, _ = await read(conn, MessageFilter(contact_id=str(contact)))
            assert found == expected
            (conversation,) = await values(conn, _CONVERSATION, sender)
            found, _ = await read(conn, MessageFilter(conversation_id=str(conversation)))
            assert found == expected


async def test_what_a_contact_has_is_read_in_bounded_portions(
    open_connection: OpenConnection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the latest messages matches: the page is empty, and says where to go on."""
    monkeypatch.setattr(newest_messages, "_MOST_GIVEN", 8)
    async with open_connection() as conn:
        await fill(conn, database_url)
        (contact,) = await values(conn, _CONTACT, BEN)
        wanted = MessageFilter(contact_id=str(contact), has_attachments=True)
        assert await read(conn, wanted) == ([], 3)


@pytest.mark.parametrize("name", list(_STATEMENTS))
async def test_no_table_that_grows_is_read_whole(
    open_connection: OpenConnection, name: str
) -> None:
    """Sequential scans are off, so one shows that no index would do."""
    given = {
        "customer_id": 1,
        "before_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "from_id": "00000000-0000-0000-0000-000000000000",
        "window": 100,
        "row_count": 51,
        "most": 100,
        "channel_id": None,
        "conversation_id": "00000000-0000-7000-8000-000000000000",
        "conversation_ids": [],
        "contact_id": "00000000-0000-7000-8000-000000000000",
        "contact_hashes": [1],
        "direction": "inbound",
        "statuses": ["received"],
        "kinds": ["sms"],
        "has_attachments": True,
        "message_ids": [],
    }
    async with open_connection() as conn, conn.transaction():
        await conn.execute(b"SET LOCAL enable_seqscan = off")
        explained = b"EXPLAIN (COSTS OFF) " + _STATEMENTS[name]
        rows = await (await conn.execute(explained, given)).fetchall()
    assert "Seq Scan" not in "\n".join(row[0] for row in rows)
