"""`inlet doctor` names what is wrong and says how to mend it."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import respx
from conftest import OpenConnection
from filing import do, keep, key_of, places
from flows import a_channel, an_sms, make_channel, record, work
from hook_receiver import make_hook
from scripted_mail_server import scripted_mail_server

from app.clock import utc_now
from app.doctor import examine
from app.doctor_machine import examine_machine
from app.finding import Finding
from app.ids import new_id
from app.settings import Settings
from domain.sealing import Sealer
from store.blob_folder import FolderBlobs
from store.blobs import BlobStore
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from store.hook_deliveries import queue_ping
from worker.background.file_moving import move_files

_SEALER = Sealer("a secret key of the tests")
_NOW_HERE = timedelta(0)


async def _all(findings: AsyncGenerator[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    async for finding in findings:
        found.setdefault(finding.subject, []).append(finding)
        assert (finding.state == "ok") == (not finding.mend)
    return found


async def _examined(database_url: str, apart: timedelta = _NOW_HERE) -> dict[str, list[Finding]]:
    return await _all(examine(database_url, lambda: utc_now() + apart, _SEALER))


async def test_an_installation_at_work_is_fine(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = replace(a_channel("checked"), signature_mode="enforce")
        sealed = _SEALER.seal(("a secret",), channel.secrets_place)
        await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
    await work(database_url)
    found = await _examined(database_url)
    assert {name: findings[0].state for name, findings in found.items()} == dict.fromkeys(
        (
            "database", "schema", "clock", "workers", "server", "queue", "transactions",
            "dead letters", "spooled", "chores", "followers", "derived rows", "reconciliations",
            "hooks", "files", "quotas", "media", "login", "analysts", "channels",
        ),
        "ok",
    )  # fmt: skip


async def test_what_waits_and_what_failed_is_named(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, b"not what is documented")
        await work(database_url)
        await record(conn, channel, an_sms("a"))
        await _make_old(conn)
        found = await _examined(database_url)
    assert found["workers"][0].detail.startswith("last seen 7200 s ago")
    assert found["queue"][0].detail == "1 waiting, the oldest for 7200 s"
    assert found["dead letters"][0].detail == "1 wait for somebody"
    assert found["spooled"][0].detail == "5 events, the oldest for 7200 s"
    assert found["chores"][0].detail == "late: tidy_queue, forget_answers"
    assert [finding.detail for finding in found["channels"]] == [
        "signatures unchecked: sms",
        "silent for longer than usual: sms",
    ]


async def test_a_clock_that_is_off_is_told(database_url: str) -> None:
    assert (await _examined(database_url, timedelta(seconds=10)))["clock"][0].state == "warn"
    assert (await _examined(database_url, timedelta(hours=-1)))["clock"][0].state == "wrong"


async def test_secrets_of_another_key_are_told(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = replace(a_channel("sms"), signature_mode="enforce")
        sealed = Sealer("another secret key of somebody").seal(("a secret",), channel.secrets_place)
        await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
    (finding,) = (await _examined(database_url))["channels"]
    assert (finding.state, finding.detail) == ("wrong", "secrets do not open: sms")


async def test_a_database_that_is_away_is_the_only_finding(tmp_path: Path) -> None:
    found = await _examined("postgresql://nobody@127.0.0.1:9/nothing")
    assert [(name, findings[0].state) for name, findings in found.items()] == [
        ("database", "wrong")
    ]


@respx.mock
async def test_the_way_in_is_tried(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("a key")
    (tmp_path / "secret_key").chmod(0o644)
    settings = Settings(data_dir=tmp_path, public_url="https://inlet.test", spool_max_bytes=0)
    respx.get(f"{settings.local_url}/healthz").respond(200)
    for answer, state in ((200, "ok"), (404, "wrong"), (None, "warn")):
        given = httpx.Response(answer) if answer else httpx.ConnectError("no route")
        respx.get("https://inlet.test/healthz").mock(side_effect=[given])
        found = await _all(examine_machine(settings))
        assert found["public url"][0].state == state
    assert found["web"][0].state == "ok"
    assert found["spool"][0].state == "warn"
    assert found["keys"][0].state == "wrong"
    bare = replace(settings, public_url="")
    respx.get(f"{settings.local_url}/healthz").mock(side_effect=httpx.ConnectError("refused"))
    found = await _all(examine_machine(bare))
    assert (found["public url"][0].state, found["web"][0].state) == ("warn", "warn")


async def test_the_port_for_mail_is_named_where_there_is_to_be_one(tmp_path: Path) -> None:
    bare = Settings(data_dir=tmp_path)
    assert "smtp" not in await _all(examine_machine(bare))
    async with scripted_mail_server() as server:
        listens = replace(bare, smtp_listen=f"0.0.0.0:{server.port}")
        [found] = (await _all(examine_machine(listens)))["smtp"]
        assert (found.state, "SMTP_CERTIFICATE" in (found.mend or "")) == ("warn", True)
        encrypted = replace(listens, smtp_certificate="/etc/ssl/inlet.pem")
        assert (await _all(examine_machine(encrypted)))["smtp"][0].state == "ok"
    [found] = (await _all(examine_machine(listens)))["smtp"]
    assert (found.state, "does not answer" in found.detail) == ("wrong", True)


async def _make_old(conn: Connection) -> None:
    """Let two hours pass for everything that was written."""
    for statement in _OLD:
        await conn.execute(statement)


_OLD = (
    b"UPDATE workers SET seen_at = now() - interval '2 hours'",
    b"UPDATE inbound_queue SET next_attempt_at = now() - interval '2 hours'",
    b"""
    INSERT INTO chore_runs (name, ran_at)
    SELECT t.name, now() - interval '10 minutes'
    FROM unnest(ARRAY['tidy_queue', 'forget_answers', 'forget_events']) AS t (name)
    """,
    b"UPDATE channels SET silence_minutes = 60",
    b"""
    INSERT INTO channel_activity (customer_id, channel_id, last_accepted_at)
    SELECT customer_id, id, now() - interval '2 hours' FROM channels
    """,
    b"""
    INSERT INTO web_processes (
        id, host, pid, version, started_at, accepted, duplicates, rejected, unavailable,
        spool_rows, spool_bytes, spool_oldest_at, waiting_rows, streams, commit_ms
    )
    VALUES (
        gen_random_uuid(), 'here', 1, '', now(), 0, 0, 0, 0, 5, 100, now() - interval '2 hours',
        0, 0, 0
    )
    """,
)


async def test_files_that_a_store_does_not_give_are_told(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path / "files")

    async def found(blobs: BlobStore | None) -> tuple[str, str]:
        [finding] = (await _all(examine(database_url, utc_now, _SEALER, blobs)))["files"]
        return finding.state, finding.detail

    async with open_connection() as conn:
        await keep(conn, b"one", b"two")
        assert await found(None) == ("ok", "in the database")
        assert await found(blobs) == ("ok", "0 of the store read, 2 wait to be moved there")
        await do(move_files, conn, database_url, blobs)
        assert await found(blobs) == ("ok", "2 of the store read, 0 wait to be moved there")
        assert (await found(None))[0] == "wrong"
        await blobs.delete(key_of(b"one"))
        state, detail = await found(blobs)
        assert (state, detail) == (
            "wrong", "1 of 2 that were tried are not given: missing: FileNotFoundError",
        )  # fmt: skip


async def test_a_store_that_cannot_be_used_is_told(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("no folder")
    blobs = FolderBlobs(tmp_path / "files")
    async with open_connection() as conn:
        await keep(conn, b"one")
        [finding] = (await _all(examine(database_url, utc_now, _SEALER, blobs)))["files"]
        assert finding.state == "wrong"
        await do(move_files, conn, database_url, blobs)
        assert await places(conn) == ["1 here tried 3"]


async def test_hooks_that_do_not_work_are_told(
    database_url: str, open_connection: OpenConnection
) -> None:
    async def found(later: timedelta = _NOW_HERE) -> tuple[str, str]:
        [finding] = (await _examined(database_url, later))["hooks"]
        return finding.state, finding.detail

    async with open_connection() as conn:
        assert await found() == ("ok", "0, 0 failing, 0 events waiting")
        hook = await make_hook(conn, "https://crm.example.com/", "note.created.v1")
        await queue_ping(conn, 1, hook.id, new_id(), utc_now())
        assert await found() == ("ok", "1, 0 failing, 1 events waiting")
        late = timedelta(hours=5)
        assert await found(late) == ("warn", "1 events wait, the first for 5 h; 0 fail")
        await conn.execute("UPDATE hooks SET disabled_at = now(), disabled_reason = 'gone'")
        assert await found() == ("warn", "1 disabled by Inlet")
        await conn.execute("UPDATE hooks SET secrets = 'sealed by nobody'")
        assert await found() == ("wrong", "the secrets of 1 do not open")
