"""Whoever has the login of web and workers changes rows, and can break out of that nowhere."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import OpenConnection
from databases import as_app
from flows import an_sms, count_of, make_channel, record, values, work
from inlet_up import folder_of_its_own, up, wait_until

from app.database import find_url_of_processes
from app.embedded_postgres import embedded_postgres
from app.migrations import apply_migrations, prepare_database
from app.settings import Settings
from store.database import Connection, connect
from store.planner_statistics import gather_statistics, vacuum_queue

Run = Callable[..., Any]

# Each is to end with an error of its own accord.
_BREAK_OUTS = (
    # Make, change and drop.
    b"CREATE TABLE public.theirs (id bigint)",
    b"CREATE TABLE analytics.theirs (id bigint)",
    b"CREATE UNLOGGED TABLE theirs AS SELECT 1 AS id",
    b"SELECT 1 AS id INTO theirs",
    b"CREATE SCHEMA theirs",
    b"CREATE SCHEMA rebuild",
    b"CREATE VIEW theirs AS SELECT 1 AS id",
    b"CREATE MATERIALIZED VIEW theirs AS SELECT 1 AS id",
    b"CREATE SEQUENCE theirs",
    b"CREATE TYPE theirs AS ENUM ('a')",
    b"CREATE DOMAIN theirs AS text",
    b"CREATE INDEX theirs ON messages (customer_id)",
    b"CREATE FUNCTION theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    b"CREATE FUNCTION theirs() RETURNS integer LANGUAGE c AS 'libc.so.6', 'system'",
    b"CREATE FUNCTION theirs() RETURNS integer LANGUAGE internal AS 'pg_read_file'",
    b"CREATE OR REPLACE FUNCTION longest_transaction_seconds() RETURNS double precision"
    b" LANGUAGE sql AS 'SELECT 0'",
    b"ALTER FUNCTION longest_transaction_seconds() SET search_path = pg_temp",
    b"ALTER FUNCTION longest_transaction_seconds() OWNER TO inlet_app",
    b"DROP FUNCTION longest_transaction_seconds()",
    b"DO $$ BEGIN EXECUTE 'CREATE TABLE public.theirs (id bigint)'; END $$",
    b"DO LANGUAGE plpgsql $$ BEGIN PERFORM pg_read_file('/etc/passwd'); END $$",
    b"ALTER TABLE messages ADD COLUMN theirs text",
    b"ALTER TABLE messages DROP CONSTRAINT messages_pkey",
    b"ALTER TABLE messages DISABLE TRIGGER ALL",
    b"ALTER TABLE messages OWNER TO inlet_app",
    b"ALTER TABLE messages ENABLE ROW LEVEL SECURITY",
    b"ALTER SEQUENCE search_number RESTART",
    b"SELECT setval('search_number', 1)",
    b"ALTER VIEW analytics.messages RESET (security_barrier)",
    b"CREATE OR REPLACE VIEW conversation_overview AS SELECT 1 AS conversation_id",
    b"CREATE TRIGGER theirs BEFORE INSERT ON messages"
    b" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    b"CREATE RULE theirs AS ON INSERT TO messages DO INSTEAD NOTHING",
    b"CREATE POLICY theirs ON messages USING (true)",
    b"COMMENT ON TABLE messages IS 'theirs'",
    b"DROP TABLE messages CASCADE",
    b"DROP SCHEMA analytics CASCADE",
    b"DROP OWNED BY CURRENT_USER, postgres",
    b"REASSIGN OWNED BY postgres TO inlet_app",
    b"TRUNCATE messages CASCADE",
    b"TRUNCATE inbound_queue",
    # What is kept as it was written.
    b"UPDATE inbound_events SET body = 'theirs'",
    b"UPDATE inbound_events SET received_at = now()",
    b"UPDATE audit SET action = 'theirs'",
    b"DELETE FROM audit",
    b"INSERT INTO _yoyo_migration VALUES ('a', '9999_theirs', now())",
    b"UPDATE _yoyo_migration SET migration_id = '9999_theirs'",
    b"DELETE FROM _yoyo_migration",
    # Become somebody else.
    b"SET ROLE postgres",
    b"SET ROLE inlet_analyst",
    b"SET ROLE pg_read_server_files",
    b"SET SESSION AUTHORIZATION postgres",
    b"SELECT set_config('role', 'postgres', false)",
    b"CREATE ROLE theirs",
    b"CREATE USER theirs SUPERUSER",
    b"ALTER ROLE inlet_app SUPERUSER",
    b"ALTER ROLE inlet_app CREATEROLE CREATEDB",
    b"ALTER ROLE inlet_app BYPASSRLS REPLICATION",
    b"ALTER ROLE postgres PASSWORD 'theirs'",
    b"DROP ROLE inlet_analyst",
    b"GRANT postgres TO inlet_app",
    b"GRANT pg_execute_server_program TO inlet_app",
    b"GRANT inlet_analyst TO inlet_app",
    b"GRANT SELECT ON analysts TO inlet_app",
    b"GRANT USAGE ON SCHEMA analytics TO inlet_app",
    b"ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO inlet_app",
    b"INSERT INTO analysts (customer_id, role_name) VALUES (1, 'inlet_app')",
    b"SELECT 1 FROM analysts",
    b"SELECT 1 FROM analytics.messages",
    b"SELECT analytics.customers_seen()",
    # Read what is not ours.
    b"SELECT rolpassword FROM pg_authid",
    b"SELECT passwd FROM pg_shadow",
    b"SELECT 1 FROM pg_hba_file_rules",
    b"SELECT 1 FROM pg_file_settings",
    b"SELECT stavalues1 FROM pg_statistic",
    b"SELECT umoptions FROM pg_user_mapping",
    # Reach the machine of the server.
    b"COPY messages TO PROGRAM 'cat >/dev/null'",
    b"COPY bodies FROM PROGRAM 'echo'",
    b"COPY (SELECT 1) TO '/tmp/theirs'",
    b"COPY bodies FROM '/etc/passwd'",
    b"SELECT pg_read_file('/etc/passwd')",
    b"SELECT pg_read_binary_file('postgresql.conf')",
    b"SELECT pg_stat_file('postgresql.conf')",
    b"SELECT pg_ls_dir('.')",
    b"SELECT pg_ls_waldir()",
    b"SELECT lo_import('/etc/passwd')",
    b"SELECT lo_export(1, '/tmp/theirs')",
    b"LOAD '/tmp/theirs.so'",
    b"CREATE EXTENSION dblink",
    b"CREATE EXTENSION pg_trgm",
    b"CREATE EXTENSION adminpack",
    b"CREATE LANGUAGE theirs HANDLER plpgsql_call_handler",
    b"CREATE FOREIGN DATA WRAPPER theirs",
    b"CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw",
    b"SELECT dblink('dbname=inlet', 'SELECT 1')",
    b"CREATE SUBSCRIPTION theirs CONNECTION 'dbname=inlet' PUBLICATION theirs",
    b"CREATE PUBLICATION theirs FOR ALL TABLES",
    b"CREATE EVENT TRIGGER theirs ON ddl_command_end"
    b" EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    b"CREATE DATABASE theirs",
    b"CREATE TABLESPACE theirs LOCATION '/tmp'",
    b"ALTER DATABASE inlet OWNER TO inlet_app",
    # Lead the server.
    b"ALTER SYSTEM SET archive_command = 'cat'",
    b"SET session_replication_role = replica",
    b"SET session_preload_libraries = 'theirs'",
    b"SET log_statement = 'none'",
    b"SELECT pg_reload_conf()",
    b"SELECT pg_switch_wal()",
    b"SELECT pg_promote()",
    b"SELECT pg_stat_reset()",
    b"SELECT pg_create_physical_replication_slot('theirs')",
    b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    b"CHECKPOINT",
)


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


@asynccontextmanager
async def _app(database_url: str) -> AsyncGenerator[Connection]:
    async with await connect(database_url, "tests") as conn:
        yield conn


@pytest.mark.parametrize("statement", _BREAK_OUTS, ids=lambda text: text.decode()[:60])
async def test_no_way_out(
    statement: bytes, database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection(), _app(database_url) as conn:
        with pytest.raises(psycopg.Error) as refused:
            await conn.execute(statement)
    # Where nothing of the kind is here, it is refused for that.
    absent = {"42704", "42883", "58P01", "0A000"}
    assert refused.value.sqlstate == "42501" or (
        refused.value.sqlstate in absent
        and statement.startswith((b"CREATE EXTENSION", b"CREATE SERVER", b"SELECT dblink"))
    ), refused.value


async def test_what_is_given_on_gives_nothing(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn, _app(database_url) as app:
        await app.execute(b"GRANT SELECT ON messages TO PUBLIC")  # a warning, for Postgres
        await app.execute(b"GRANT ALL ON SCHEMA public TO PUBLIC")
        given = b"""
            SELECT has_table_privilege('inlet_analyst', 'messages', 'SELECT'),
                has_schema_privilege('inlet_analyst', 'public', 'CREATE')
        """
        assert await (await conn.execute(given)).fetchall() == [(False, False)]


async def test_the_owners_function_sees_no_table_of_ours(database_url: str) -> None:
    async with _app(database_url) as app:
        await app.execute(b"CREATE TEMP TABLE pg_stat_activity (xact_start timestamptz)")
        await app.execute(
            b"CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE plpgsql"
            b" AS $$ BEGIN ALTER ROLE inlet_app SUPERUSER; RETURN NULL; END $$"
        )
        await app.execute(b"SET search_path = pg_temp, public, pg_catalog")
        [seconds] = await values(app, b"SELECT longest_transaction_seconds()")
        assert isinstance(seconds, float)
        assert await values(
            app, b"SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = 'inlet_app'"
        ) == [False]


async def test_it_sees_for_how_long_others_are_at_it_and_not_at_what(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn, _app(database_url) as app, conn.transaction():
        await conn.execute(b"SELECT 'a secret', pg_sleep(0.2)")
        [seconds] = await values(app, b"SELECT longest_transaction_seconds()")
        assert isinstance(seconds, float)
        assert seconds >= 0.2
        queries = await values(app, b"SELECT query FROM pg_stat_activity")
        assert not [query for query in queries if "a secret" in str(query)]


async def test_it_receives_and_works_and_cleans(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _app(database_url) as app:
        channel = await make_channel(app, "sms")
        await record(app, channel, an_sms("a"), an_sms("b"))
        assert await work(database_url) == 2
        said: list[str] = []
        app.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
        await gather_statistics(app)
        await vacuum_queue(app)
        assert said == []
        assert await count_of(conn, "messages") == 2


def test_all_of_inlet_up_logs_in_so(data_dir: Path, run: Run) -> None:
    with up(data_dir) as inlet:
        assert inlet.send("a") == 200
        wait_until(lambda: inlet.message_count() == 1)
        with embedded_postgres(data_dir) as url:
            assert run(_logins, url) == {"inlet_app"}
        assert "working_as_owner" not in inlet.log.read_text()


def test_before_the_first_migration_they_go_on_as_the_owner(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    with embedded_postgres(data_dir) as url:
        assert find_url_of_processes(settings, url) == url
        asyncio.run(apply_migrations(url))
        assert find_url_of_processes(settings, url) == url
        asyncio.run(prepare_database(url, app_url=as_app(url)))
        assert find_url_of_processes(settings, url) == as_app(url)


async def _logins(owner_url: str) -> set[object]:
    async with await connect(owner_url, "tests") as conn:
        return set(
            await values(
                conn,
                b"SELECT DISTINCT usename::text FROM pg_stat_activity"
                b" WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
            )
        )
