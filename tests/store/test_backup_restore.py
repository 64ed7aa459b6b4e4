"""A dump restored elsewhere: everything is there, nothing is doubled, and what follows goes on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from databases import as_app, as_owner

from app.migrations import prepare_database
from app.postgres_tools import run_tool
from domain.channel import Channel
from store.changes import OutboxRow
from store.database import Connection, connect
from store.outbox import Change, append_changes
from tests.command_line import command_line
from tests.flows import an_sms, count_of, make_channel, record, work
from worker.background.consumers import Consumer, Write, drain_consumer, write_nothing

_FIRST = ("one", "two", "three")
_ANOTHER_SERVER = b"""
    UPDATE outbox SET xid = (xid::text::bigint + 1000000000)::text::xid8
"""
_ITS_CURSORS = b"""
    UPDATE outbox_cursors SET xid = (xid::text::bigint + 1000000000)::text::xid8
"""


def _copy(source_url: str, target_url: str, file: Path) -> None:
    dump = ("--no-owner", "--no-privileges", "--file", str(file), source_url)
    restore = ("--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1", "--file", str(file))
    for name, arguments in (
        ("pg_dump", dump),
        ("psql", ("--no-psqlrc", *restore, "--dbname", target_url)),
    ):
        done = run_tool(None, name, *arguments)
        assert done.returncode == 0, done.stderr


async def _receive(url: str, channel: Channel | None, *names: str) -> Channel:
    async with await connect(url, "tests") as conn:
        channel = channel or await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(name) for name in names))
    await work(url)
    return channel


async def _counts(url: str) -> list[int]:
    tables = ("inbound_events", "messages", "conversations", "dead_letters", "inbound_queue")
    async with await connect(url, "tests") as conn:
        return [await count_of(conn, table) for table in tables]


def test_a_restored_dump_is_complete_and_what_comes_again_is_a_duplicate(
    fresh_database_url: str,
    empty_database_url: str,
    tmp_path: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    channel = run(_receive, fresh_database_url, None, *_FIRST)
    before = command_line(fresh_database_url, tmp_path, monkeypatch, capsys)
    listed = before("events", "list", "--json").json

    _copy(as_owner(fresh_database_url), empty_database_url, tmp_path / "inlet.sql")
    restored = command_line(as_app(empty_database_url), tmp_path, monkeypatch, capsys)

    assert restored("migrate", "apply").out == "nothing to apply\n"
    assert restored("events", "list", "--json").json == listed
    findings = restored("doctor", "--json").json["items"]
    states = {finding["subject"]: finding["state"] for finding in findings}
    assert (states["database"], states["schema"], states["dead letters"]) == ("ok", "ok", "ok")
    counts = run(_counts, empty_database_url)
    run(_receive, empty_database_url, channel, *_FIRST)
    assert run(_counts, empty_database_url) == counts
    run(_receive, empty_database_url, channel, "four")
    assert run(_counts, empty_database_url)[:2] == [counts[0] + 1, counts[1] + 1]


class _Following:
    """A consumer that remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[int | None] = []
        self.consumer = Consumer(name="tests", handle=self._take)

    async def _take(self, _conn: Connection, rows: Sequence[OutboxRow]) -> Write:
        self.seen += [row.message_seq for row in rows]
        return write_nothing


async def _tell(conn: Connection, number: int) -> None:
    await append_changes(conn, 1, [Change(type="note.created", message_seq=number)])


async def test_the_outbox_of_an_older_server_is_followed_on(fresh_database_url: str) -> None:
    """Transactions of a new server count from their beginning, below all that was dumped."""
    following = _Following()
    async with await connect(fresh_database_url, "tests") as conn:
        await _tell(conn, 1)
        await drain_consumer(conn, following.consumer)
        await _tell(conn, 2)
        await conn.execute(_ANOTHER_SERVER)
        await conn.execute(_ITS_CURSORS)
        await _tell(conn, 3)

        await prepare_database(as_owner(fresh_database_url))
        await _tell(conn, 4)
        await drain_consumer(conn, following.consumer)
        await prepare_database(as_owner(fresh_database_url))
        await drain_consumer(conn, following.consumer)

    assert following.seen == [1, 2, 3, 4]


async def test_the_outbox_of_an_older_server_that_was_done_is_not_done_again(
    fresh_database_url: str,
) -> None:
    following = _Following()
    async with await connect(fresh_database_url, "tests") as conn:
        await _tell(conn, 1)
        await drain_consumer(conn, following.consumer)
        await conn.execute(_ANOTHER_SERVER)
        await conn.execute(_ITS_CURSORS)
        await prepare_database(as_owner(fresh_database_url))
        await _tell(conn, 2)
        await drain_consumer(conn, following.consumer)

    assert following.seen == [1, 2]
