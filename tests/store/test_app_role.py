"""The role of web and workers: made with the schema, given what it needs, and done without."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from command_line import Inlet, command_line, refused
from databases import as_app, as_owner
from flows import an_sms, count_of, make_channel, record, values, work
from psycopg import sql

from app.clock import utc_now
from app.doctor import examine
from app.finding import Finding
from app.migrations import prepare_database
from domain.sealing import Sealer
from store.app_role import app_can_work
from store.database import connect

_PASSWORD = "p ss/w@rd"
_WRITTEN_PASSWORD = "p%20ss%2Fw%40rd"


@asynccontextmanager
async def _without_the_role(url: str, attributes: sql.SQL) -> AsyncGenerator[str]:
    """Put the role aside, and yield the URL of a new owner of the database who is no superuser."""
    name = sql.Identifier(url.rpartition("/")[2].partition("?")[0])
    async with await connect(url, "tests") as conn:
        await conn.execute(b"ALTER ROLE inlet_app RENAME TO inlet_app_elsewhere")
        await conn.execute(sql.SQL("CREATE ROLE managed LOGIN {}").format(attributes))
        try:
            await conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO managed").format(name))
            yield url.replace("//postgres@", "//managed@")
        finally:
            await conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO postgres").format(name))
            await conn.execute(b"DROP OWNED BY managed CASCADE")
            if await values(conn, b"SELECT 1 FROM pg_roles WHERE rolname = 'inlet_app'"):
                await conn.execute(b"DROP OWNED BY inlet_app")
                await conn.execute(b"DROP ROLE inlet_app")
            await conn.execute(b"DROP ROLE managed")
            await conn.execute(b"ALTER ROLE inlet_app_elsewhere RENAME TO inlet_app")


async def _login_found(url: str) -> Finding:
    found = {
        finding.subject: finding async for finding in examine(url, utc_now, Sealer("a secret"))
    }
    return found["login"]


async def test_an_owner_who_may_make_roles_makes_it(empty_database_url: str) -> None:
    async with _without_the_role(empty_database_url, sql.SQL("CREATEROLE")) as owner_url:
        app_url = empty_database_url.replace("//postgres@", f"//inlet_app:{_WRITTEN_PASSWORD}@")
        await prepare_database(owner_url, app_url=app_url)
        async with await connect(empty_database_url, "tests") as conn:
            kept = b"SELECT rolpassword FROM pg_authid WHERE rolname = 'inlet_app'"
            [password] = await values(conn, kept)
            assert str(password).startswith("SCRAM-SHA-256$")
            attributes = b"""
                SELECT ARRAY[rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls]
                FROM pg_roles WHERE rolname = 'inlet_app'
            """
            assert await values(conn, attributes) == [[False] * 5]
        async with await connect(app_url, "tests") as app:
            channel = await make_channel(app, "sms")
            await record(app, channel, an_sms("a"))
            assert await work(app_url) == 1
        assert (await _login_found(app_url)).state == "ok"
        assert "tables: their owner" in (await _login_found(owner_url)).detail
        async with (
            await connect(owner_url, "tests") as owner,
            await connect(app_url, "tests") as app,
            app.transaction(),
        ):
            await app.execute(b"SELECT pg_sleep(0.1)")
            [seconds] = await values(owner, b"SELECT longest_transaction_seconds()")
            assert isinstance(seconds, float)
            assert seconds >= 0.1


async def test_an_owner_who_may_not_goes_on_as_the_owner(
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with _without_the_role(empty_database_url, sql.SQL("")) as owner_url:
        inlet = command_line(owner_url, tmp_path, monkeypatch, capsys)
        ended = await asyncio.to_thread(inlet, "migrate", "apply")
        assert ended.code == 0
        assert ended.err.count("the role inlet_app is not there") == 1
        async with await connect(owner_url, "tests") as conn:
            assert not await app_can_work(conn)
            channel = await make_channel(conn, "sms")
            await record(conn, channel, an_sms("a"))
            assert await work(owner_url) == 1
            assert await count_of(conn, "messages") == 1
        found = await _login_found(owner_url)
        assert found.state == "warn"
        assert "CREATE ROLE inlet_app" in str(found.mend)
        async with await connect(empty_database_url, "tests") as superuser:
            await superuser.execute(b"CREATE ROLE inlet_app LOGIN")
        await prepare_database(owner_url)
        assert (await _login_found(as_app(empty_database_url))).state == "ok"


async def test_a_superuser_is_named_by_the_doctor(fresh_database_url: str) -> None:
    found = await _login_found(as_owner(fresh_database_url))
    assert found.state == "warn"
    assert "a superuser" in found.detail


async def test_what_later_migrations_make_is_open_to_it(fresh_database_url: str) -> None:
    owner_url = as_owner(fresh_database_url)
    async with (
        await connect(owner_url, "tests") as owner,
        await connect(as_app(owner_url), "tests") as app,
    ):
        await owner.execute(b"CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY)")
        await app.execute(b"INSERT INTO later DEFAULT VALUES")
        assert await count_of(app, "later") == 1


async def test_rights_beyond_its_own_are_taken_back(fresh_database_url: str) -> None:
    owner_url = as_owner(fresh_database_url)
    async with await connect(owner_url, "tests") as owner:
        await owner.execute(b"GRANT ALL ON audit, analysts, _yoyo_migration, messages TO inlet_app")
        await owner.execute(b"GRANT CREATE ON SCHEMA public TO PUBLIC")
        await prepare_database(owner_url)
        assert await values(
            owner,
            b"""
            SELECT t.name || ' ' || p.name
            FROM unnest(ARRAY['audit', 'analysts', '_yoyo_migration', 'messages']) AS t (name),
                unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p (name)
            WHERE has_table_privilege('inlet_app', t.name, p.name)
            """,
        ) == [
            "audit SELECT",
            "audit INSERT",
            "_yoyo_migration SELECT",
            *(f"messages {right}" for right in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        ]
        may_make = b"SELECT has_schema_privilege('inlet_app', 'public', 'CREATE')"
        assert await values(owner, may_make) == [False]


@pytest.mark.parametrize(
    "words",
    [
        ("migrate", "apply"),
        ("migrate", "rollback"),
        ("rebuild",),
        ("analyst", "list"),
        ("psql", "--as-owner"),
        ("psql",),
    ],
    ids=" ".join,
)
def test_what_only_the_owner_may_do_asks_for_their_login(
    words: tuple[str, ...],
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inlet: Inlet = command_line(database_url, tmp_path, monkeypatch, capsys)
    monkeypatch.delenv("OWNER_DATABASE_URL", raising=False)
    refused(inlet(*words), "only their owner may do this: set OWNER_DATABASE_URL")
