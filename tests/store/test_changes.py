"""The outbox among many rows: each reader finds its page by an index, and reads no more."""

import re

import pytest
from conftest import OpenConnection

from store.changes import BEGINNING, changes_of_all, changes_of_customer, cursor_of_now
from store.database import Connection
from store.outbox import Change, append_changes
from store.sql import statements

_ROWS = 30_000
_FILL = b"""
    INSERT INTO outbox (customer_id, type, message_seq)
    SELECT 1 + n %% 10, 'message.received', n FROM generate_series(1, %s) AS n
"""


async def fill(conn: Connection) -> None:
    for _ in range(3):
        await conn.execute(_FILL, (_ROWS // 3,))
    await conn.execute(b"ANALYZE outbox")


@pytest.mark.parametrize("name", ["changes_of_customer", "changes_of_all"])
@pytest.mark.parametrize("is_prepared", [False, True])
async def test_a_page_is_read_by_its_index(
    open_connection: OpenConnection, name: str, is_prepared: bool
) -> None:
    """Whether it begins at the start or at the end, which are planned differently."""
    async with open_connection() as conn:
        await fill(conn)
        if is_prepared:
            await conn.execute(b"SET plan_cache_mode = force_generic_plan")
        for xid in ("0", str((await cursor_of_now(conn)).xid - 1)):
            cursor = await conn.execute(
                b"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) " + statements("changes")[name],
                {"customer_id": 5, "xid": xid, "seq": 0, "limit": 50},
            )
            plan = "\n".join([row[0] for row in await cursor.fetchall()])
            assert "Index Scan using outbox_" in plan
            assert "Seq Scan on outbox " not in plan
            assert "Rows Removed" not in plan
            assert max(float(count) for count in re.findall(r"rows=([0-9.]+)", plan)) <= 50


async def test_the_rows_of_a_transaction_are_in_its_order(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn, conn.transaction():
        for seq in range(5):
            await append_changes(conn, 1, [Change(type="note.created", message_seq=seq)] * 2)
        await append_changes(conn, 2, [Change(type="note.created")])
    async with open_connection() as conn:
        own = await changes_of_customer(conn, 1, BEGINNING, 100)
        everything = await changes_of_all(conn, BEGINNING, 100)

    assert [row.message_seq for row in own.rows] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [row.cursor for row in own.rows] == sorted({row.cursor for row in own.rows})
    assert len(everything.rows) == 11
    assert not own.has_more
    assert own.read_to > own.rows[-1].cursor


async def test_a_full_page_is_read_on_from_its_last_row(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await append_changes(conn, 1, [Change(type="note.created")] * 3)
        page = await changes_of_customer(conn, 1, BEGINNING, 2)
        rest = await changes_of_customer(conn, 1, page.read_to, 2)

    assert page.has_more
    assert page.read_to == page.rows[-1].cursor
    assert [len(page.rows), len(rest.rows)] == [2, 1]


async def test_a_reader_of_all_is_told_that_something_is_held_back(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as slow, open_connection() as quick:
        async with slow.transaction():
            await append_changes(slow, 1, [Change(type="note.created")])
            assert not (await changes_of_all(quick, BEGINNING, 10)).is_held_back
            await append_changes(quick, 2, [Change(type="note.created")])
            held = await changes_of_all(quick, BEGINNING, 10)
        free = await changes_of_all(quick, BEGINNING, 10)

    assert (held.rows, held.is_held_back) == ([], True)
    assert (len(free.rows), free.is_held_back) == (2, False)
