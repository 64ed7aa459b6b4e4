"""An outbox that lies on another server than before: followed on, and clients begin anew."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from databases import as_owner
from flows import a_channel, an_sms, make_channel, record, until_blocked, values, work

from app.postgres_tools import run_tool
from store.changes import OutboxRow, changes_of_customer, cursor_of_now
from store.consumers import add_consumer, advance_consumer
from store.database import Connection, connect
from store.origin import connect_follower, read_origin, settle_origin
from store.outbox import Change, append_changes
from tests.command_line import command_line
from worker.background.consumers import Consumer, Write, drain_consumer, write_nothing
from worker.background.search_index import search_consumer

_MOVES = {
    "another cluster": b"UPDATE outbox_origin SET system_identifier = system_identifier + 1",
    "the same cluster": b"UPDATE outbox_origin SET table_oid = table_oid + 1",
    "a standby": b"UPDATE outbox_origin SET timeline = timeline + 1",
}
_EPOCH = b"SELECT epoch || ' ' || coalesce(reason, '') FROM outbox_origin"
_AROUND_NOW = b"""
    UPDATE outbox SET xid = (pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        + 10 * (message_seq - 2))::text::xid8
"""
_HUMBLE = (
    b"REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
    b"CREATE ROLE humble",
    b"GRANT pg_write_all_data, pg_read_all_data TO humble",
    b"SET ROLE humble",
)
_NO_LONGER_HUMBLE = (
    b"RESET ROLE",
    b"DROP ROLE humble",
    b"GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC",
)
_DOCUMENTS = b"SELECT count(*) FROM search_documents"


async def _tell(conn: Connection, *numbers: int) -> None:
    for number in numbers:
        await append_changes(conn, 1, [Change(type="note.created", message_seq=number)])


async def test_the_server_is_the_same_at_every_start(fresh_database_url: str) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        for _ in range(3):
            await settle_origin(conn)
        assert await values(conn, _EPOCH) == ["0 "]


async def test_two_who_follow_for_the_first_time_begin_no_other_epoch(
    fresh_database_url: str,
) -> None:
    async with (
        await connect(fresh_database_url, "tests") as first,
        await connect(fresh_database_url, "tests") as second,
    ):
        await second.execute(b"DELETE FROM outbox_origin")
        async with first.transaction():
            await settle_origin(first)
            settled = asyncio.create_task(settle_origin(second))
            await until_blocked(first)
        await settled
        assert await values(first, _EPOCH) == ["0 "]


@pytest.mark.parametrize("where", _MOVES)
async def test_whoever_follows_is_told_once_that_the_server_is_another(
    fresh_database_url: str, where: str
) -> None:
    """A cursor of before misses something, also once this server has counted as far."""
    async with await connect(fresh_database_url, "tests") as conn:
        await settle_origin(conn)
        await _tell(conn, 1)
        before = await cursor_of_now(conn)
        await conn.execute(_MOVES[where])
        await _tell(conn, 2, 3)
        assert not (await changes_of_customer(conn, 1, before, 10)).misses(before)

        async with (
            await connect_follower(fresh_database_url, "tests", prepare=False),
            await connect_follower(fresh_database_url, "tests", prepare=False),
        ):
            pass

        reason = "failed_over" if where == "a standby" else "restored"
        assert await values(conn, _EPOCH) == [f"1 {reason}"]
        found = await changes_of_customer(conn, 1, before, 10)
        assert found.misses(before)
        assert not found.misses(found.here)
        now = await cursor_of_now(conn)
        assert not (await changes_of_customer(conn, 1, now, 10)).misses(now)


async def test_changes_below_and_above_the_count_of_the_server_stay_in_order(
    fresh_database_url: str,
) -> None:
    """A dump's transactions may lie on both sides of those that the new server has come to."""
    seen: list[int | None] = []

    async def take(_conn: Connection, rows: Sequence[OutboxRow]) -> Write:
        seen.extend(row.message_seq for row in rows)
        return write_nothing

    consumer = Consumer(name="tests", handle=take)
    async with await connect(fresh_database_url, "tests") as conn:
        await _tell(conn, 1, 2, 3, 4)
        await conn.execute(_AROUND_NOW)
        await add_consumer(conn, "tests")
        first = await conn.execute(b"SELECT xid::text::bigint, seq FROM outbox ORDER BY xid")
        xid, seq = (await first.fetchall())[0]
        place = (await cursor_of_now(conn))._replace(xid=xid, seq=seq)
        await advance_consumer(conn, "tests", place)

        await settle_origin(conn)
        await _tell(conn, 5)
        await drain_consumer(conn, consumer)

        assert seen == [2, 3, 4, 5]
        assert await values(conn, _EPOCH) == ["1 restored"]


async def test_where_we_may_not_ask_the_dump_alone_is_recognised(fresh_database_url: str) -> None:
    async with await connect(as_owner(fresh_database_url), "tests") as conn:
        for command in _HUMBLE:
            await conn.execute(command)
        try:
            for _ in range(2):
                await settle_origin(conn)
            origin = await read_origin(conn)
            assert origin.server
            assert origin.server == origin.noted
            assert origin.server.system_identifier is None
            await conn.execute(_MOVES["the same cluster"])
            await settle_origin(conn)
            assert await values(conn, _EPOCH) == ["1 restored"]
        finally:
            for command in _NO_LONGER_HUMBLE:
                await conn.execute(command)


def test_a_restored_dump_is_searched_and_followed_on(
    fresh_database_url: str,
    empty_database_url: str,
    tmp_path: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(_receive, fresh_database_url, "first", "second")
    file = str(tmp_path / "inlet.sql")
    assert run_tool(None, "pg_dump", "-O", "-f", file, as_owner(fresh_database_url)).returncode == 0
    restored = run_tool(None, "psql", "-Xq1", "-f", file, "-d", empty_database_url)
    assert restored.returncode == 0, restored.stderr
    inlet = command_line(empty_database_url, tmp_path, monkeypatch, capsys)

    assert _server(inlet("doctor", "--json").json)["state"] == "wrong"
    run(_receive, empty_database_url, "third")
    assert run(_values, empty_database_url, _EPOCH) == ["1 restored"]
    assert run(_values, empty_database_url, _DOCUMENTS) == [3]
    assert _server(inlet("doctor", "--json").json)["state"] == "warn"


def test_an_index_that_is_incomplete_is_made_whole(
    fresh_database_url: str,
    tmp_path: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(_receive, fresh_database_url, *map(str, range(120)))
    run(_damage, fresh_database_url)
    inlet = command_line(fresh_database_url, tmp_path, monkeypatch, capsys)

    assert inlet("search", "reindex", "--json").json == {
        "messages": 120, "added": 70, "renewed": 50, "removed": 1
    }  # fmt: skip
    assert "120 again" in inlet("search", "reindex").out
    assert run(_values, fresh_database_url, b"SELECT DISTINCT text FROM search_documents") == [
        "Hello"
    ]
    audited = b"SELECT detail->>'added' FROM audit WHERE action = 'search.reindexed' ORDER BY id"
    assert run(_values, fresh_database_url, audited) == ["70", "0"]


async def _damage(url: str) -> None:
    async with await connect(url, "tests") as conn:
        await conn.execute(
            b"DELETE FROM search_documents WHERE message_id NOT IN"
            b" (SELECT message_id FROM search_documents ORDER BY message_id LIMIT 50)"
        )
        await conn.execute(b"UPDATE search_documents SET text = 'old', terms = ''")
        await conn.execute(
            b"INSERT INTO search_documents SELECT customer_id, gen_random_uuid(), conversation_id,"
            b" 0, 'gone', '' FROM search_documents LIMIT 1"
        )


async def _receive(url: str, *names: str) -> None:
    async with await connect_follower(url, "tests", prepare=False) as conn:
        known = await values(conn, b"SELECT count(*) FROM channels")
        channel = await make_channel(conn, "sms") if known == [0] else a_channel("sms")
        await record(conn, channel, *(an_sms(name) for name in names))
        await work(url)
        await drain_consumer(conn, search_consumer())


async def _values(url: str, query: bytes) -> list[Any]:
    async with await connect(url, "tests") as conn:
        return await values(conn, query)


def _server(found: Any) -> dict[str, str]:
    return next(finding for finding in found["items"] if finding["subject"] == "server")
