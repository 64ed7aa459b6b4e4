"""`inlet export`: whole files of what an analyst sees, which a run that was killed leaves right."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from command_line import SECRET_KEY, Inlet, refused
from conftest import OpenConnection
from cookbook_data import ANA, store_cookbook_data
from databases import as_owner
from flows import until, values
from psycopg import sql

from app.clock import utc_now
from app.export import Export, export_views
from app.export_manifest import held_manifest
from app.export_plan import ExportedSpan
from store.analysts_export import VIEWS_BY_DAY, WHOLE_VIEWS
from store.database import Connection, connect

Run = Callable[..., Any]

_PARQUET: Any = import_module("pyarrow.parquet")  # which says little of its types

_T0 = datetime(2026, 1, 5, 12, tzinfo=UTC)
_SPAN = ("--since", "2026-01-05", "--until", "2026-01-08")
_DAYS = ("2026-01-05", "2026-01-06", "2026-01-07")
_HARD_TEXT = 'She said "hi",\r\nthen\n\n\\N 🦊 and NULL'
_LARGE_ID = 2**53 + 1


@pytest.fixture
def data(database_url: str, run: Run) -> str:
    """Fill the database: two days of messages, a text that is hard to write, and an empty one."""
    run(_fill, as_owner(database_url))
    return database_url


async def _fill(url: str) -> None:
    async with await connect(url, "tests") as conn:
        await store_cookbook_data(conn, _T0)
        await conn.execute(
            "UPDATE bodies SET text = %s WHERE customer_id = 1 AND text = 'I want a refund.'",
            (_HARD_TEXT,),
        )
        await conn.execute(
            b"UPDATE messages SET from_name = '', subject = NULL WHERE customer_id = 1"
        )
        await conn.execute("INSERT INTO customers (id, name) VALUES (%s, 'large')", (_LARGE_ID,))
        await conn.execute(
            """
            INSERT INTO channels
                (customer_id, id, token, kind, provider, name, own_address, signature_mode)
            VALUES (%s, gen_random_uuid(), 'token of the tests', 'sms', 'generic', 'a', '+1', 'off')
            """,
            (_LARGE_ID,),
        )
        await conn.execute(
            """
            INSERT INTO inbound_events (
                customer_id, id, channel_id, provider, kind, dedup_key, signature, headers,
                content_type, body, received_at
            )
            SELECT customer_id, gen_random_uuid(), id, 'generic', 'unreadable', 'one', 'unchecked',
                '{}', '', '', '2026-01-05Z'
            FROM channels WHERE customer_id = %s
            """,
            (_LARGE_ID,),
        )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _files(folder: Path) -> dict[str, int]:
    """List the files with when each was written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.jsonl"
    }


async def _counts(url: str, view: str) -> int:
    async with await connect(url, "tests") as conn:
        query = sql.SQL("SELECT count(*) FROM analytics.{} WHERE customer_id = 1").format(
            sql.Identifier(view)
        )
        row = await (await conn.execute(query)).fetchone()
        assert row
        return row[0]


def test_every_view_is_there_whole(inlet: Inlet, data: str, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    done = inlet("export", *_SPAN, "--to", str(folder), "--json").json
    by_day = {f"{view}/{day}.csv" for view in VIEWS_BY_DAY for day in _DAYS}
    assert set(_files(folder)) == by_day | {f"{view}/all.csv" for view in WHOLE_VIEWS}
    written = 0
    for view in (*VIEWS_BY_DAY, *WHOLE_VIEWS):
        rows = [row for path in (folder / view).iterdir() for row in _rows(path)]
        assert len(rows) == run(_counts, as_owner(data), view), view
        assert {row["customer_id"] for row in rows} == {"1"}
        written += len(rows)
    assert (done["written"], done["kept"], done["rows"]) == (len(_files(folder)), 0, written)
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*") if path.is_file()} == {0}


def test_what_is_hard_to_write_is_read_as_it_was(inlet: Inlet, data: str, tmp_path: Path) -> None:
    inlet("export", *_SPAN, "--to", str(tmp_path / "csv"), "--view", "conversation_messages")
    path = tmp_path / "csv" / "conversation_messages" / "2026-01-05.csv"
    bodies = {row["provider_message_id"]: row["body"] for row in _rows(path)}
    assert bodies["m-5"] == _HARD_TEXT
    assert b',"",,' in path.read_bytes(), "a name that is empty, then no subject"
    inlet("export", *_SPAN, "--to", str(tmp_path / "large"), "--customer", "large")
    (event,) = _rows(tmp_path / "large" / "events" / "2026-01-05.csv")
    assert event["customer_id"] == str(_LARGE_ID)


def test_parquet_has_the_types_of_the_views(inlet: Inlet, data: str, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    ended = inlet("export", *_SPAN, "--format", "parquet", "--to", str(folder))
    assert ended.code == 0, ended.err
    inlet("export", *_SPAN, "--format", "parquet", "--to", f"{folder}-large", "--customer", "large")
    large = _PARQUET.read_table(f"{folder}-large/events/2026-01-05.parquet")
    assert large["customer_id"].to_pylist() == [_LARGE_ID]

    messages = _PARQUET.read_table(folder / "conversation_messages" / "2026-01-05.parquet")
    types = {field.name: str(field.type) for field in messages.schema}
    assert types["customer_id"] == "int64"
    assert types["message_id"] == types["body"] == "string"
    assert types["seq"] == "int32"
    assert types["received_at"] == "timestamp[us, tz=UTC]"
    (hard,) = [row for row in messages.to_pylist() if row["provider_message_id"] == "m-5"]
    assert (hard["body"], hard["from_name"], hard["subject"]) == (_HARD_TEXT, "", None)
    assert hard["received_at"] == datetime(2026, 1, 5, 13, 20, tzinfo=UTC)

    volume = _PARQUET.read_table(folder / "channel_volume" / "2026-01-05.parquet")
    assert {row["day"] for row in volume.to_pylist()} == {date(2026, 1, 5)}
    overview = _PARQUET.read_table(folder / "conversation_overview" / "all.parquet")
    assert [ANA] in overview["participants"].to_pylist()
    waits = _PARQUET.read_table(folder / "response_times" / "2026-01-05.parquet")
    assert {9600.0, None} == set(waits["response_seconds"].to_pylist())
    empty = _PARQUET.read_table(folder / "agent_activity" / "2026-01-07.parquet")
    assert empty.num_rows == 0
    assert "agent_name" in empty.column_names


async def test_no_more_than_a_batch_of_rows_is_here_at_once(
    open_owner_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_owner_connection() as conn:
        await store_cookbook_data(conn, _T0)
        with held_manifest(tmp_path) as manifest:
            result = await export_views(conn, _export(batch_rows=2), manifest, utc_now, _ignore)
    written = _PARQUET.ParquetFile(tmp_path / "events" / "2026-01-05.parquet")
    groups = [written.metadata.row_group(n).num_rows for n in range(written.num_row_groups)]
    assert max(groups) == 2
    assert result.rows == sum(groups) > 4


def _export(batch_rows: int) -> Export:
    span = ExportedSpan(since=_T0, until=datetime(2026, 1, 6, tzinfo=UTC), changing=timedelta())
    return Export(
        customer_id=1,
        customer="default",
        views=("events",),
        span=span,
        format="parquet",
        batch_rows=batch_rows,
    )


def _ignore(_done: int, _total: int) -> None:
    pass


def test_what_changes_no_more_is_kept_and_all_else_written_again(
    inlet: Inlet, data: str, run: Run, tmp_path: Path
) -> None:
    export = ("export", *_SPAN, "--to", str(tmp_path / "export"), "--json")
    inlet(*export)
    first = _files(tmp_path / "export")
    again = inlet(*export).json
    assert (again["written"], again["kept"]) == (len(WHOLE_VIEWS), len(VIEWS_BY_DAY) * len(_DAYS))
    run(_change, as_owner(data))
    (tmp_path / "export" / "events" / "2026-01-06.csv").unlink()
    assert inlet(*export).json["written"] == len(WHOLE_VIEWS) + 1
    path = tmp_path / "export" / "delivery" / "2026-01-05.csv"
    assert [row["status"] for row in _rows(path)] == ["sent"]
    assert inlet(*export, "--changing-days", "100000").json["kept"] == 0
    assert [row["status"] for row in _rows(path)] == ["read"]
    assert inlet(*export, "--anew").json["kept"] == 0
    assert set(_files(tmp_path / "export")) == set(first)


async def _change(url: str) -> None:
    async with await connect(url, "tests") as conn:
        await conn.execute(b"UPDATE messages SET status = 'read' WHERE status = 'sent'")


@pytest.fixture
def killed(data: str, run: Run, tmp_path: Path) -> Path:
    """Kill an export that has written one view and waits for the rows of the other."""
    folder = tmp_path / "export"
    command = [
        sys.executable, "-m", "app.cli", "export", *_SPAN, "--to", str(folder),
        "--view", "channel_volume", "--view", "agent_activity",
    ]  # fmt: skip
    environment = os.environ | {
        "DATABASE_URL": as_owner(data), "SECRET_KEY": SECRET_KEY,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    run(_kill_when_it_waits, as_owner(data), command, environment)
    return folder


async def _kill_when_it_waits(url: str, command: list[str], environment: dict[str, str]) -> None:
    async with (
        await connect(url, "tests") as owner,
        await connect(url, "tests") as watcher,
        owner.transaction(),
    ):
        await owner.execute(b"LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(command, env=environment)  # noqa: ASYNC220
        try:
            await until(lambda: _is_waiting(watcher))
        finally:
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL


async def _is_waiting(conn: Connection) -> bool:
    query = (
        b"SELECT count(*) FROM pg_stat_activity"
        b" WHERE application_name = 'inlet export' AND wait_event_type = 'Lock'"
    )
    return await values(conn, query) == [1]


def test_after_a_kill_it_goes_on_where_it_was(inlet: Inlet, killed: Path) -> None:
    before = _files(killed)
    assert {f"channel_volume/{day}.csv" for day in _DAYS} <= set(before)
    manifest = killed / "manifest.jsonl"
    with manifest.open("ab") as file:
        file.write(b'{"type":"file","name":"agent_act')
    result = inlet(
        "export", *_SPAN, "--to", str(killed), "--json", "--changing-days", "100000",
        "--view", "channel_volume", "--view", "agent_activity",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert (result.json["written"], result.json["kept"]) == (3, 3)
    after = _files(killed)
    assert {name: after[name] for name in before if name in after and "volume" in name} == {
        name: at for name, at in before.items() if "volume" in name
    }
    assert not [name for name in after if name.endswith(".unfinished")]
    assert sum(len(_rows(killed / "agent_activity" / f"{day}.csv")) for day in _DAYS) == 1


def test_an_analyst_exports_what_an_analyst_sees(
    inlet: Inlet, data: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(_do, as_owner(data), b"CREATE ROLE anna LOGIN IN ROLE inlet_analyst")
    try:
        inlet("analyst", "add", "anna")
        monkeypatch.setenv("OWNER_DATABASE_URL", as_owner(data).replace("//postgres@", "//anna@"))
        export = ("export", *_SPAN, "--view", "conversation_messages", "--to")
        assert inlet(*export, str(tmp_path / "own")).code == 0
        refused(inlet(*export, str(tmp_path / "other"), "--customer", "other"), "no customer")
    finally:
        run(_do, as_owner(data), b"DROP ROLE anna")
    rows = [
        row for day in _DAYS for row in _rows(tmp_path / "own/conversation_messages" / f"{day}.csv")
    ]
    assert len(rows) == 9
    assert {row["body"] for row in rows} == {""}
    assert all(row["from_address"].startswith("hidden-") for row in rows)


async def _do(url: str, command: bytes) -> None:
    async with await connect(url, "tests") as conn:
        await conn.execute(command)


def test_what_cannot_be_exported_is_refused_in_one_line(
    inlet: Inlet, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = ("--to", str(tmp_path / "export"), "--view", "delivery")
    refused(inlet("export", *_SPAN, "--to", "a", "--view", "secrets"), "no view to export")
    refused(inlet("export", "--since", "yesterday", *to), "--since must be a time")
    refused(
        inlet("export", "--since", "2026-01-05", "--until", "2026-01-05", *to), "before --until"
    )
    assert inlet("export", *_SPAN, "--format", "xlsx", *to).code == 2
    assert inlet("export", *_SPAN, *to).code == 0
    refused(inlet("export", *_SPAN, "--customer", "large", *to), "of another customer")
    refused(inlet("export", *_SPAN, "--format", "parquet", *to), "of another customer, format")
    with held_manifest(tmp_path / "export"):
        refused(inlet("export", *_SPAN, *to), "somebody else exports into this folder")
    (tmp_path / "file").touch()
    refused(inlet("export", *_SPAN, "--to", str(tmp_path / "file")), "cannot be written")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    refused(inlet("export", *_SPAN, "--format", "parquet", "--to", "b"), "'inlet[parquet]'")
