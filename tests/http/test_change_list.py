"""The change list over HTTP: order, pages, kinds, and what is no longer kept."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from contract import check_response, document
from stream_house import StreamHouse, append, open_stream_house, prune_all

from domain.errors import CursorTooOld
from inbox.live.changes_api import ChangeListing, ChangesPage
from inbox.live.cursor import write_cursor
from inbox.live.event import ChangeItem, ChangeType
from inbox.live.presence_api import PresenceBody, PresenceListing, PresentAgent
from store.changes import ChangeCursor
from store.outbox import Change, append_changes

# Where a change is made in Python, and where a statement writes one.
_WRITTEN = re.compile(
    r"""\bChange\(\s*type="([a-z_.]+)"|INSERT INTO outbox[^;]*?'([a-z_]+\.[a-z_]+)'""", re.DOTALL
)
CONVERSATION = "018f0000-0000-7000-8000-000000000001"
OTHER = "018f0000-0000-7000-8000-000000000002"


async def walk(house: StreamHouse, limit: int, query: str = "") -> list[ChangeItem]:
    """Read page after page to the end."""
    items: list[ChangeItem] = []
    after = ""
    while True:
        listing = await house.changes(f"?limit={limit}{query}{after}")
        items += listing.items
        assert listing.page.limit == limit
        after = f"&after={listing.page.next_cursor}"
        if not listing.page.has_more:
            return items


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_a_walk_sees_every_change_once_and_nobody_elses(
    database_url: str, limit: int
) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        await append(conn, 1, 2, 3)
        await append(conn, 9, customer_id=2)
        await append(conn, 4, 5)

        assert [item.message_seq for item in await walk(house, limit)] == [1, 2, 3, 4, 5]


async def test_a_follower_reads_on_from_where_it_was(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        await append(conn, 1)
        now = await house.changes("?after=now")
        assert now.items == []
        await append(conn, 2)
        first = await house.changes(f"?after={now.page.next_cursor}")
        await append(conn, 3)
        second = await house.changes(f"?after={first.page.next_cursor}")
        third = await house.changes(f"?after={second.page.next_cursor}")

        assert [item.message_seq for item in first.items] == [2]
        assert [item.message_seq for item in second.items] == [3]
        assert third.items == []


async def test_the_cursor_of_each_item_can_be_read_on_from(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        await append(conn, 1, 2, 3)
        listing = await house.changes()
        rest = await house.changes(f"?after={listing.items[1].cursor}")

        assert [item.message_seq for item in rest.items] == [3]


async def test_nothing_is_told_that_an_open_transaction_may_still_precede(
    database_url: str,
) -> None:
    async with (
        open_stream_house(database_url) as house,
        await house.connect() as slow,
        await house.connect() as quick,
    ):
        async with slow.transaction():
            await append(slow, 1)
            await append(quick, 2)
            early = await house.changes()
        late = await house.changes(f"?after={early.page.next_cursor}")

        assert early.items == []
        assert [item.message_seq for item in late.items] == [1, 2]


async def test_a_merged_conversation_is_a_tombstone(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        merged = Change(type="conversation.merged", conversation_id=CONVERSATION, object_id=OTHER)
        updated = Change(type="conversation.updated", conversation_id=OTHER, version=7)
        await append_changes(conn, 1, [merged, updated])
        items = await walk(house, 10)

        assert [(item.type, item.conversation_id, item.object_id) for item in items] == [
            ("conversation.merged", CONVERSATION, OTHER),
            ("conversation.updated", OTHER, None),
        ]
        assert items[1].version == 7


async def test_types_are_picked_and_the_cursor_passes_the_others(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        await append(conn, 1)
        await append_changes(conn, 1, [Change(type="note.created", conversation_id=OTHER)])
        await append(conn, 2, 3)
        notes = await house.changes("?types=note.created,contact.updated")
        received = await walk(house, 1, "&types=message.received")
        rest = await house.changes(f"?after={notes.page.next_cursor}")

        assert [item.type for item in notes.items] == ["note.created"]
        assert [item.message_seq for item in received] == [1, 2, 3]
        assert rest.items == []


async def test_a_cursor_older_than_what_is_kept_is_gone(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        await append(conn, 1, 2)
        first, last = (await house.changes()).items
        await prune_all(conn)
        gone = await house.get(f"/api/changes?after={first.cursor}")
        await append(conn, 3)

        assert (gone.status_code, gone.json()["code"]) == (410, CursorTooOld.code)
        check_response(gone)
        from_last = await house.changes(f"?after={last.cursor}")
        from_beginning = await house.changes()
        assert [item.message_seq for item in from_last.items] == [3]
        assert [item.message_seq for item in from_beginning.items] == [3]


async def test_a_cursor_of_another_database_is_gone(database_url: str) -> None:
    cursor = write_cursor(ChangeCursor(1 << 60, 1))
    async with open_stream_house(database_url) as house:
        assert (await house.get(f"/api/changes?after={cursor}")).status_code == 410


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=501", 422),
        ("limit=x", 422),
        ("limit=1&limit=2", 422),
        ("types=message", 422),
        ("types=", 422),
        ("after=x", 400),
        ("after=", 400),
        ("since=now", 400),
    ],
)
async def test_a_query_that_means_nothing_is_refused(
    database_url: str, query: str, status: int
) -> None:
    async with open_stream_house(database_url) as house:
        response = await house.get(f"/api/changes?{query}")

        assert response.status_code == status
        check_response(response)


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (ChangeItem, "ChangeItem"),
        (ChangesPage, "ChangesPage"),
        (ChangeListing, "ChangeListing"),
        (PresentAgent, "PresentAgent"),
        (PresenceListing, "PresenceListing"),
        (PresenceBody, "PresenceBody"),
    ],
)
def test_every_shape_has_the_fields_of_its_schema(shape: type, schema: str) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    described = document()["components"]["schemas"][schema]

    assert names == list(described["properties"]) == described["required"]


def test_the_types_of_changes_are_those_of_the_contract() -> None:
    described = document()["components"]["schemas"]["ChangeType"]["enum"]

    assert described == sorted(get_args(ChangeType))


def test_every_type_that_is_written_is_in_the_contract() -> None:
    """Whoever adds a kind of change adds it there, or nobody can ask for it."""
    root = Path(__file__).parents[2]
    layers = ("inbox", "store", "worker")
    files = [path for layer in layers for path in (root / layer).rglob("*.*")]
    texts = [path.read_text() for path in files if path.suffix in (".py", ".sql")]
    written = {one or two for text in texts for one, two in _WRITTEN.findall(text)}

    assert len(written) > 3
    assert written <= set(get_args(ChangeType))
