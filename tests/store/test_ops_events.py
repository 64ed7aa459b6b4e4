"""Lists of events stay quick: pages are bounded, and every statement has its index."""

from typing import Any

import pytest
from conftest import OpenConnection
from flows import an_sms, make_channel, record

from store import ops_events
from store.ops_events import OpsEventFilter, list_ops_events
from store.sql import statements

_STATEMENTS = statements("ops_events")
_WALKS = [name for name in _STATEMENTS if name.startswith(("find_", "match_"))]


async def test_a_page_that_looked_at_enough_says_where_to_go_on(
    open_connection: OpenConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet channel's one event lies far behind those of a busy one."""
    monkeypatch.setattr(ops_events, "_FIRST_WINDOW", 2)
    monkeypatch.setattr(ops_events, "_WIDEST_WINDOW", 3)
    async with open_connection() as conn:
        quiet = await make_channel(conn, "quiet")
        busy = await make_channel(conn, "busy")
        await record(conn, quiet, an_sms("old"))
        await record(conn, busy, *(an_sms(str(number)) for number in range(20)))
        wanted = OpsEventFilter(channel_id=quiet.id)
        found, before, pages = list[Any](), None, 0
        while True:
            page = await list_ops_events(conn, 1, wanted, before=before, limit=1)
            found += page.events
            pages += 1
            assert page.is_partial == (page.next_before is not None and not page.events)
            if page.next_before is None:
                break
            before = page.next_before
    assert [event.provider_message_id for event in found] == ["old"]
    assert pages == 3


@pytest.mark.parametrize("name", _WALKS)
async def test_no_table_that_grows_is_read_whole(
    open_connection: OpenConnection, name: str
) -> None:
    """Sequential scans are off, so one shows that no index would do."""
    parameters = {
        "customer_id": 1,
        "before_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "from_id": "00000000-0000-0000-0000-000000000000",
        "window": 100,
        "row_count": 51,
        "most_conversations": 100,
        "channel_ids": None,
        "kind": None,
        "signature": None,
        "status": "processed",
        "error_class": "unreadable",
        "is_settled": True,
        "event_ids": [],
        "dedup_keys": ["message:1"],
        "provider_message_id": "1",
        "kinds": ["phone"],
        "values": ["+14155550101"],
        "hashes": [1],
    }
    async with open_connection() as conn, conn.transaction():
        await conn.execute(b"SET LOCAL enable_seqscan = off")
        explained = b"EXPLAIN (COSTS OFF) " + _STATEMENTS[name]
        rows = await (await conn.execute(explained, parameters)).fetchall()
    assert "Seq Scan" not in "\n".join(row[0] for row in rows)
