"""An analyst reads the rows of the customers that are theirs, and no others, whatever they try."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
import pytest
from analyst_login import ALLOW, logged_in_analyst
from cookbook_data import ANA
from databases import as_owner
from flows import values
from psycopg import sql

from app.clock import utc_now
from app.doctor import examine
from app.migrations import prepare_database
from domain.sealing import Sealer
from store.analyst_role import analysts_can_read
from store.database import Connection, connect

# Which version the contract has is nobody's row.
_VIEWS = (
    b"SELECT c.relname::text FROM pg_class AS c"
    b" WHERE c.relnamespace = 'analytics'::regnamespace AND c.relname <> 'contract' ORDER BY 1"
)
_PEOPLE = (
    b"SELECT value FROM addresses",
    b"SELECT unnest(participants) FROM conversation_overview",
    b"SELECT from_address FROM conversation_messages",
)


async def _customers(anna: Connection) -> dict[str, set[object]]:
    seen = dict[str, set[object]]()
    for view in await values(anna, _VIEWS):
        column = "id" if view == "customers" else "customer_id"
        query = sql.SQL("SELECT DISTINCT {} FROM {}").format(
            sql.Identifier(column), sql.Identifier(str(view))
        )
        seen[str(view)] = {row[0] for row in await (await anna.execute(query)).fetchall()}
    return seen


async def test_only_rows_of_their_customers_are_seen(fresh_database_url: str) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        nothing = await _customers(anna)
        assert len(nothing) >= 20
        assert set().union(*nothing.values()) == set()
        await owner.execute(ALLOW, (2, False))
        seen = await _customers(anna)
        assert set().union(*seen.values()) == {2}
        assert {view for view, customers in seen.items() if customers} >= {
            "messages", "conversation_messages", "conversation_overview", "addresses",
            "dead_letters", "events", "response_times", "resolution_times", "channel_volume",
        }  # fmt: skip
        await owner.execute(ALLOW, (1, False))
        assert set().union(*(await _customers(anna)).values()) == {1, 2}


async def test_people_are_hidden_from_who_need_not_know_them(fresh_database_url: str) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (1, False))
        for query in _PEOPLE:
            hidden = await values(anna, query)
            assert hidden
            assert all(str(value).startswith("hidden-") for value in hidden)
        assert set(await values(anna, b"SELECT text FROM bodies")) == {None}
        assert set(await values(anna, b"SELECT body FROM conversation_messages")) == {None}
        assert None not in await values(anna, b"SELECT body_length FROM conversation_messages")
        await owner.execute(b"UPDATE analysts SET sees_people = true")
        for query in _PEOPLE:
            assert ANA in await values(anna, query)
        assert None not in await values(anna, b"SELECT text FROM bodies")


@pytest.mark.parametrize(
    "attempt",
    [
        b"SET ROLE postgres",
        b"SET SESSION AUTHORIZATION postgres",
        b"SELECT * FROM public.messages",
        b"SELECT * FROM public.api_keys",
        b"SELECT * FROM public.analysts",
        b"SELECT * FROM public.conversation_messages",
        b"INSERT INTO public.analysts (customer_id, role_name) VALUES (1, 'anna')",
        b"UPDATE analytics.customers SET name = 'mine'",
        b"CREATE TABLE public.mine (id int)",
        b"CREATE TABLE analytics.mine (id int)",
        b"CREATE OR REPLACE FUNCTION analytics.customers_seen() RETURNS bigint[]"
        b" LANGUAGE sql AS 'SELECT ARRAY[1, 2]::bigint[]'",
        b"ALTER VIEW analytics.messages RESET (security_barrier)",
        b"ALTER ROLE anna SUPERUSER",
        b"GRANT pg_read_all_data TO anna",
        b"SELECT pg_read_file('PG_VERSION')",
        b"COPY public.bodies TO STDOUT",
        b"DELETE FROM analytics.messages",
        b"GRANT inlet_analyst TO pg_monitor",
    ],
)
async def test_what_is_not_theirs_is_refused(fresh_database_url: str, attempt: bytes) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (2, True))
        with pytest.raises(psycopg.Error) as refused:
            await anna.execute(attempt)
        assert refused.value.sqlstate in ("42501", "0LP01")


async def test_no_setting_shows_more(fresh_database_url: str) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (2, False))
        before = await _customers(anna)
        for setting in (
            b"SET ROLE inlet_analyst", b"RESET ROLE", b"RESET ALL", b"SET search_path = analytics",
            b"SET row_security = off", b"SET inlet.customer = '1'", b"SET statement_timeout = 0",
            b"CREATE TEMP TABLE customers AS SELECT 1::bigint AS id",
            b"SET search_path = pg_temp, analytics", b"DROP TABLE pg_temp.customers",
        ):  # fmt: skip
            await anna.execute(setting)
            if b"TEMP" not in setting and b"pg_temp, " not in setting:
                await anna.execute(b"SET search_path = analytics")
                assert await _customers(anna) == before
        hidden = await values(anna, b"SELECT value FROM addresses")
        assert all(str(value).startswith("hidden-") for value in hidden)


async def test_a_cheap_function_sees_no_row_before_it_is_theirs(fresh_database_url: str) -> None:
    """Postgres asks cheap conditions first, unless a view is a barrier."""
    told = list[str]()
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (2, True))
        await anna.execute(b"""
            CREATE FUNCTION pg_temp.tell(customer bigint, told text) RETURNS boolean
            LANGUAGE plpgsql COST 0.0000001
            AS $$ BEGIN RAISE NOTICE '% %', customer, told; RETURN true; END $$
        """)
        for path in (b"indexscan", b"indexonlyscan", b"bitmapscan"):
            await anna.execute(b"SET enable_" + path + b" = off")
        anna.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        for view in (b"addresses", b"messages", b"conversation_messages", b"inbound_event_status"):
            query = b"SELECT 1 FROM " + view + b" WHERE pg_temp.tell(customer_id, kind)"
            await anna.execute(query)
    assert len(told) > 2
    assert {notice.split(" ")[0] for notice in told} == {"2"}


async def test_statistics_and_queries_of_others_tell_nothing(fresh_database_url: str) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(b"ANALYZE")
        assert (
            await values(anna, b"SELECT tablename FROM pg_stats WHERE schemaname = 'public'") == []
        )
        asked = b"SELECT query FROM pg_stat_activity WHERE usename = 'postgres'"
        assert set(await values(anna, asked)) <= {"<insufficient privilege>", None, ""}


async def test_no_secret_is_in_the_views(fresh_database_url: str) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        columns = await values(
            conn,
            b"SELECT DISTINCT column_name::text FROM information_schema.columns"
            b" WHERE table_schema = 'analytics'",
        )
    assert {
        "token", "secrets", "credential", "account", "send_url", "key_hash", "headers", "url",
        "dedup_key", "detail", "last_message_preview",
    }.isdisjoint(columns)  # fmt: skip


@asynccontextmanager
async def _without_the_role(url: str, attributes: bytes) -> AsyncGenerator[str]:
    """Put the role aside, and yield the URL of a new owner of the database who is no superuser."""
    name = url.rpartition("/")[2].partition("?")[0].encode()
    async with await connect(url, "tests") as conn:
        await conn.execute(b"ALTER ROLE inlet_analyst RENAME TO inlet_analyst_elsewhere")
        await conn.execute(b"CREATE ROLE managed LOGIN " + attributes)
        try:
            await conn.execute(b"ALTER DATABASE " + name + b" OWNER TO managed")
            yield url.replace("//postgres@", "//managed@")
        finally:
            await conn.execute(b"ALTER DATABASE " + name + b" OWNER TO postgres")
            await conn.execute(b"DROP OWNED BY managed CASCADE")
            await conn.execute(b"DROP ROLE IF EXISTS inlet_analyst")
            await conn.execute(b"DROP ROLE managed")
            await conn.execute(b"ALTER ROLE inlet_analyst_elsewhere RENAME TO inlet_analyst")


async def test_an_owner_who_may_make_roles_makes_it(empty_database_url: str) -> None:
    async with _without_the_role(empty_database_url, b"CREATEROLE") as url:
        await prepare_database(url)
        async with await connect(url, "tests") as conn:
            assert await analysts_can_read(conn)
            await conn.execute(b"SET ROLE inlet_analyst")
            assert await values(conn, b"SELECT name FROM analytics.customers") == ["default"]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await conn.execute(b"SELECT 1 FROM public.api_keys")


async def test_an_owner_who_may_not_goes_on_without(
    empty_database_url: str,
) -> None:
    async with _without_the_role(empty_database_url, b"") as url:
        assert len(await prepare_database(url)) > 20
        async with await connect(url, "tests") as conn:
            assert not await analysts_can_read(conn)
            subjects = {
                finding.subject: finding
                async for finding in examine(url, utc_now, Sealer("a secret"))
            }
            assert subjects["analysts"].state == "warn"
            assert "CREATE ROLE inlet_analyst" in str(subjects["analysts"].mend)
            async with await connect(empty_database_url, "tests") as superuser:
                await superuser.execute(b"CREATE ROLE inlet_analyst NOLOGIN")
                await prepare_database(url)
                assert not await analysts_can_read(conn)
                await superuser.execute(b"GRANT inlet_analyst TO managed")
            assert await prepare_database(url) == []
            assert await analysts_can_read(conn)
