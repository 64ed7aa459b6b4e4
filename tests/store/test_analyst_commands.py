"""`inlet analyst`: which roles read which customers, from the command line to what they see."""

from collections.abc import Callable, Generator
from typing import Any, LiteralString

import pytest
from command_line import Inlet, refused
from databases import as_owner, execute, run_coroutine
from flows import values
from psycopg import sql

from store.database import connect

Run = Callable[..., Any]

_SEEN = (
    b"SELECT id || ' ' || cardinality(analytics.customers_with_people()) FROM customers ORDER BY 1"
)
_AUDIT = b"SELECT action || ' ' || (detail ->> 'role_name') FROM audit ORDER BY id"


def _do(url: str, *commands: LiteralString) -> None:
    run_coroutine(execute(as_owner(url), *(sql.SQL(command) for command in commands)))


@pytest.fixture
def anna(database_url: str) -> Generator[str]:
    """Make a role that may log in as an analyst; yield the URL that she connects with."""
    _do(database_url, "CREATE ROLE anna LOGIN IN ROLE inlet_analyst")
    yield as_owner(database_url).replace("//postgres@", "//anna@")
    _do(database_url, "DROP ROLE IF EXISTS anna")


async def _read(url: str, query: bytes) -> list[object]:
    async with await connect(url, "tests") as conn:
        await conn.execute(b"SET search_path = analytics, public")
        return await values(conn, query)


def test_an_analyst_sees_the_customers_they_were_given(inlet: Inlet, anna: str, run: Run) -> None:
    inlet("customer", "add", "Acme")
    assert run(_read, anna, _SEEN) == []
    added = inlet("analyst", "add", "anna", "--json").json
    assert (added["role_name"], added["sees_people"], added["can_read"]) == ("anna", False, True)
    assert run(_read, anna, _SEEN) == ["1 0"]
    inlet("analyst", "add", "anna", "--customer", "Acme", "--sees-people")
    assert len(run(_read, anna, _SEEN)) == 2
    inlet("analyst", "add", "anna", "--sees-people")
    assert run(_read, anna, _SEEN)[0] == "1 2"
    (listed,) = inlet("analyst", "list", "--json").json["items"]
    assert listed == added | {"sees_people": True}
    inlet("analyst", "remove", "anna", "--customer", "Acme")
    assert run(_read, anna, _SEEN) == ["1 1"]
    assert "No analysts yet" in inlet("analyst", "list", "--customer", "Acme").out


def test_what_is_done_about_analysts_is_in_the_audit(
    inlet: Inlet, anna: str, database_url: str, run: Run
) -> None:
    inlet("analyst", "add", "anna")
    refused(inlet("analyst", "add", "anna"), "the role reads this customer already")
    inlet("analyst", "add", "anna", "--sees-people")
    inlet("analyst", "remove", "anna")
    refused(inlet("analyst", "remove", "anna"), "see `inlet analyst list`")
    assert run(_read, database_url, _AUDIT) == [
        "analyst.added anna", "analyst.added anna", "analyst.removed anna",
    ]  # fmt: skip


def test_a_role_that_cannot_read_is_refused_with_what_mends_it(
    inlet: Inlet, anna: str, database_url: str
) -> None:
    refused(inlet("analyst", "add", "anna", "--customer", "Nobody"), "see `inlet customer list`")
    refused(
        inlet("analyst", "add", "Ben B"),
        "`CREATE ROLE \"Ben B\" LOGIN PASSWORD '...' IN ROLE inlet_analyst`",
    )
    _do(database_url, "ALTER ROLE anna NOLOGIN")
    refused(inlet("analyst", "add", "anna"), "`ALTER ROLE anna LOGIN`")
    _do(database_url, "ALTER ROLE anna LOGIN", "REVOKE inlet_analyst FROM anna")
    refused(inlet("analyst", "add", "anna"), "`GRANT inlet_analyst TO anna`")
    refused(inlet("analyst", "add", "postgres"), "reads every customer already")
    assert inlet("analyst", "list", "--json").json == {"items": []}


def test_a_row_whose_role_is_gone_is_shown_and_removed(
    inlet: Inlet, anna: str, database_url: str
) -> None:
    inlet("analyst", "add", "anna")
    _do(database_url, "DROP ROLE anna")
    (listed,) = inlet("analyst", "list", "--json").json["items"]
    assert listed["can_read"] is False
    removed = inlet("analyst", "remove", "anna")
    assert (removed.code, removed.out) == (0, "Removed.\n")


def test_without_the_role_of_analysts_nobody_is_added(
    inlet: Inlet, anna: str, database_url: str
) -> None:
    _do(database_url, "ALTER ROLE inlet_analyst RENAME TO inlet_analyst_elsewhere")
    try:
        refused(inlet("analyst", "add", "anna"), "CREATE ROLE inlet_analyst NOLOGIN")
    finally:
        _do(database_url, "ALTER ROLE inlet_analyst_elsewhere RENAME TO inlet_analyst")
