"""Search: what the consumer puts into the index is found, newest first, within its blocks."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from conftest import OpenConnection
from databases import as_app, copy_of
from flows import ANN, BEN, a_mail, an_sms, make_channel, record, values, work
from read_plans import buffers, explain, indexes, read_whole

from domain.search_query import parse_search
from inbox.conversations.search import Found, search
from store.conversation_filter import ConversationFilter
from store.database import Connection, connect
from store.search_documents import BLOCK
from store.sql import statements
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer

_SQL = statements("search")


async def index(conn: Connection) -> None:
    await drain_consumer(conn, search_consumer())


async def find(
    conn: Connection,
    text: str,
    *,
    customer_id: int = 1,
    cursor: int | None = None,
    limit: int = 50,
    timeout_seconds: float = 10,
    **wanted: Any,
) -> Found:
    query = parse_search(text)
    assert query
    return await search(
        conn,
        customer_id,
        query,
        ConversationFilter(**wanted),
        cursor=cursor,
        limit=limit,
        timeout_seconds=timeout_seconds,
    )


async def messages_found(conn: Connection, text: str, **wanted: Any) -> list[object]:
    """List the provider's ids of the messages found."""
    found = await find(conn, text, **wanted)
    ids = [hit.message_id for hit in found.hits]
    query = b"""
        SELECT m.provider_message_id
        FROM unnest(%s::uuid[]) WITH ORDINALITY AS w (id, place)
        JOIN messages AS m ON m.id = w.id ORDER BY w.place
    """
    return await values(conn, query, ids)


async def test_messages_are_found_by_what_they_say_and_who_says_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        mail = await make_channel(conn, "mail", "email")
        await record(conn, sms, an_sms("one", ANN, body="Where is my Café refund?"))
        await record(conn, sms, an_sms("two", BEN, body="Refunds are slow", minute=1))
        await record(conn, mail, a_mail("three", sender="Zoë B <zoe@example.org>", subject="Order"))
        await work(database_url)
        await index(conn)
        assert await messages_found(conn, "cafe") == ["one"]
        assert sorted(map(str, await messages_found(conn, "refund"))) == ["one", "two"]
        assert await messages_found(conn, '"refund"') == ["one"]
        assert await messages_found(conn, '"my cafe"') == ["one"]
        assert await messages_found(conn, '"cafe my"') == []
        assert await messages_found(conn, "slow refunds") == ["two"]
        assert await messages_found(conn, "cafe slow") == []
        assert await messages_found(conn, "zoe@example.org") == ["three"]
        assert await messages_found(conn, "example.org") == ["three"]
        assert await messages_found(conn, "zoe order") == ["three"]
        assert await messages_found(conn, "b") == ["three"]
        for phone in ("+14155550101", "(415) 555-0101", "1 415 555 0101", "0014155550101"):
            assert await messages_found(conn, phone) == ["one"], phone
        assert sorted(map(str, await messages_found(conn, "415 555 01"))) == ["one", "two"]


async def test_filters_narrow_what_is_found(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        await record(conn, sms, an_sms("one", ANN), an_sms("two", BEN))
        await work(database_url)
        await index(conn)
        await conn.execute(
            b"UPDATE conversations SET status = 'pending' WHERE last_message_id IN"
            b" (SELECT id FROM messages WHERE provider_message_id = 'two')"
        )
        assert await messages_found(conn, "hello", statuses=("pending",)) == ["two"]
        assert await messages_found(conn, "hello", statuses=("spam",)) == []
        await conn.execute(b"INSERT INTO customers (id, name) VALUES (2, 'other')")
        assert (await find(conn, "hello", customer_id=2)).hits == []


async def test_a_conversation_is_found_once_by_its_latest_match_page_by_page(
    database_url: str, open_connection: OpenConnection
) -> None:
    people = [f"+1415555{number:04d}" for number in range(2000, 2012)]
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        for minute in range(3):
            written = [
                an_sms(f"{person}-{minute}", person, body="hello again", minute=minute)
                for person in people
            ]
            await record(conn, sms, *written)
            await work(database_url)
        await index(conn)
        walked: list[str] = []
        numbers: list[int] = []
        cursor: int | None = None
        for _ in range(10):
            page = await find(conn, "hello", cursor=cursor, limit=5)
            walked += [hit.conversation_id for hit in page.hits]
            numbers += [hit.number for hit in page.hits]
            cursor = page.next
            if cursor is None:
                break
        assert len(walked) == len(set(walked)) == len(people)
        assert numbers == sorted(numbers, reverse=True)
        assert min(numbers) > 2 * len(people)


async def test_indexing_again_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    everything = b"SELECT row(d.*)::text FROM search_documents AS d ORDER BY d.number"
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        await record(conn, sms, an_sms("one", ANN), an_sms("two", BEN))
        await work(database_url)
        await index(conn)
        before = await values(conn, everything)
        await conn.execute(b"DELETE FROM outbox_cursors WHERE consumer = 'search'")
        await index(conn)
        assert await values(conn, everything) == before
        assert len(before) == 2


async def test_documents_follow_their_messages(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The first mail arrives last: the conversation of the answer becomes part of its own."""
    async with open_connection() as conn:
        mail = await make_channel(conn, "mail", "email")
        answer = a_mail("answer", answers="first", subject="Re: Order", minute=1)
        await record(conn, mail, answer)
        await work(database_url)
        await index(conn)
        await record(conn, mail, a_mail("first", subject="Order"))
        await work(database_url)
        await index(conn)
        strays = b"""
            SELECT count(*) FROM search_documents AS d JOIN messages AS m ON m.id = d.message_id
            WHERE m.conversation_id <> d.conversation_id
        """
        assert await values(conn, strays) == [0]
        assert len((await find(conn, "order")).hits) == 1


async def test_a_contact_is_found_by_the_name_somebody_gave(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        await record(conn, sms, an_sms("one", ANN))
        await work(database_url)
        await index(conn)
        assert await messages_found(conn, "anneliese") == []
        await conn.execute(b"UPDATE contacts SET name = 'Anneliese'")
        await conn.execute(
            b"INSERT INTO outbox (customer_id, type, object_id)"
            b" SELECT 1, 'contact.updated', id FROM contacts"
        )
        await index(conn)
        assert await messages_found(conn, "anneliese") == ["one"]
        assert await messages_found(conn, "annel") == ["one"]
        assert await messages_found(conn, "hello anneliese") == ["one"]


async def test_a_customers_language_finds_other_forms(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await conn.execute(b"UPDATE customers SET search_language = 'english'")
        sms = await make_channel(conn, "sms")
        await record(conn, sms, an_sms("one", ANN, body="The parcels were delivered"))
        await work(database_url)
        await index(conn)
        assert await messages_found(conn, '"parcel"') == ["one"]
        assert await messages_found(conn, "delivering the parcel") == ["one"]
        assert await messages_found(conn, '"the"') == []


async def test_a_search_without_time_says_so(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        await record(conn, sms, an_sms("one", ANN))
        await work(database_url)
        await index(conn)
        found = await find(conn, "hello", timeout_seconds=0)
        assert (found.hits, found.is_partial) == ([], True)
        assert found.next is not None
        assert len((await find(conn, "hello", cursor=found.next)).hits) == 1
        assert await values(conn, b"SHOW statement_timeout") == ["0"]


_MANY = b"""
INSERT INTO search_documents (customer_id, message_id, conversation_id, number, text, terms)
SELECT 1, md5('message' || n)::uuid, md5('conversation' || n / 2)::uuid, n, 'text',
    to_tsvector('simple', 'everywhere word' || n %% 1000)
        || array_to_tsvector(ARRAY[':1:' || n / %(block)s::bigint])
FROM generate_series(1, 100000) AS n;
"""
_REST = (
    b"SELECT setval('search_number', 100000)",
    b"INSERT INTO search_words (customer_id, word) SELECT 1, 'word' || n"
    b" FROM generate_series(0, 999) AS n",
    b"ANALYZE search_documents, search_words",
)


@pytest.mark.parametrize(
    ("query", "blocks", "most_buffers"),
    [
        ("'everywhere'", [6], 1_000),
        ("'word7'", [6], 300),
        ("'word7'", list(range(7)), 500),
        ("'everywhere' & 'word7'", [5, 6], 1_000),
        ("'word1' | 'word2' | 'word3'", [6], 500),
    ],
)
async def test_a_search_reads_its_blocks_only(
    indexed: str, query: str, blocks: list[int], most_buffers: int
) -> None:
    given = {
        "customer_id": 1,
        "query": query,
        "blocks": " | ".join(f"':1:{block}'" for block in blocks),
        "before": 1 << 60,
        "row_count": 400,
    }
    for how in (b"ANALYZE, BUFFERS", b"GENERIC_PLAN"):
        explained = b"EXPLAIN (" + how + b", FORMAT JSON) "
        plan = await explain(indexed, explained, _SQL["find_matches"], given)
        assert "search_documents_terms" in indexes(plan)
        assert not read_whole(plan)
        if how != b"GENERIC_PLAN":
            assert buffers(plan) <= most_buffers


async def test_beginnings_are_a_range_of_the_words(indexed: str) -> None:
    given = {"customer_id": 1, "beginnings": ["word12"], "row_count": 1_001}
    how = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    plan = await explain(indexed, how, _SQL["expand_beginnings"], given)
    assert "search_words_pkey" in indexes(plan)
    assert buffers(plan) <= 30


@pytest.fixture(scope="module")
def indexed(server_url: str, template: str, run: Callable[..., Any]) -> Generator[str]:
    """Yield a database with many documents, which the tests of this module leave as it is."""
    with copy_of(server_url, template) as url:
        run(_execute, url, _MANY, *_REST)
        yield as_app(url)


async def _execute(url: str, *commands: bytes) -> None:
    async with await connect(url, "tests", prepare=False) as conn:
        for command in commands:
            given = {"block": BLOCK} if b"%(block)s" in command else None
            await conn.execute(command, given)
