"""Whoever asks for whatever: every request of the contract, with every kind of key.

The contract names the scope of an operation. A key without it is told 403, no key 401, a key of
another customer 404 where the path names something; nobody of these learns or changes anything.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Any

import httpx
import pytest
from contract import check_response, document, operations
from contract_house import ContractHouse, Furnished, furnish, give_versions, open_contract_house
from contract_requests import Example, Named, examples, send
from databases import PreparedDatabases
from flows import values
from psycopg import sql
from whole_house import KeyPlan

from domain.agent import ROLE_SCOPES
from domain.api_key import SCOPES, scopes_of_customer
from store.database import Connection, connect

_OURS, _THEIRS = 1, 2
_KEYS: Mapping[str, KeyPlan] = {
    f"{customer}-{name}": plan
    for customer in (_OURS, _THEIRS)
    for name, plan in (
        *(
            (scope, KeyPlan(customer=customer, scopes=(scope,)))
            for scope in SCOPES
            if scope in scopes_of_customer(customer)
        ),
        *(
            (role, KeyPlan(customer=customer, scopes=("admin",), agent=f"An {role}", role=role))
            for role in ROLE_SCOPES
        ),
    )
}
_ENDLESS: Named = ("GET", "/api/stream")
_ID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TABLES = b"""
    SELECT table_name::text FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'customer_id'
    ORDER BY table_name
"""
# That a key is used at all is noted.
_ROWS = sql.SQL("""
    SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM {} AS t
    WHERE customer_id = {} ORDER BY row
""")

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was asked, by whom, and what was answered that should not have been."""

    asked: list[tuple[Example, str | None]] = field(
        default_factory=list[tuple[Example, str | None]]
    )
    wrong: list[str] = field(default_factory=list[str])

    def expect(
        self, holds: bool, example: Example, key: str | None, answered: httpx.Response
    ) -> None:
        check_response(answered)
        self.asked.append((example, key))
        if not holds:
            said = f"{answered.status_code} {answered.text[:200]}"
            self.wrong.append(f"{example} as {key}: {said}")


@pytest.fixture
def furnished(prepared_databases: PreparedDatabases) -> Generator[Furnished]:
    with prepared_databases.copy(furnish) as (url, ids):
        yield Furnished(database_url=url, ids=ids)


def test_every_operation_says_which_scope_it_needs() -> None:
    named = {operation: _scope(operation) for operation in operations()}
    without = {
        operation for operation, scope in named.items() if scope is None and "/api/" in operation[1]
    }
    assert without == {("GET", "/api/me")}
    assert {scope for scope in named.values() if scope} <= set(SCOPES)


async def test_without_the_scope_nothing_is_told_or_changed(furnished: Furnished) -> None:
    answers = Answers()
    async with open_contract_house(furnished, _KEYS) as made:
        await _do_all_work(made)
        before = await _rows(made, _OURS), await _rows(made, _THEIRS)
        for example in _requests():
            for key in (None, "nobody"):
                answered = await send(made, example, key)
                refused = (401,) if key is None else (401, 429)
                answers.expect(answered.status_code in refused, example, key, answered)
            for key in (key for key in _KEYS if not _may(example, key)):
                answered = await send(made, example, key)
                answers.expect(answered.status_code == 403, example, key, answered)
        await _do_all_work(made)
        after = await _rows(made, _OURS), await _rows(made, _THEIRS)
    assert not answers.wrong, "\n".join(answers.wrong)
    assert after == before
    assert len(answers.asked) > 1000


async def test_what_is_another_customers_is_not_there(furnished: Furnished) -> None:
    answers = Answers()
    async with open_contract_house(furnished, _KEYS) as made:
        await _do_all_work(made)
        before = await _rows(made, _OURS)
        known = set(_ID.findall(str(before)))
        assert len(known) > 50
        for example in _requests():
            for key in _letting_in(example, _THEIRS):
                answered = await send(made, example, key)
                told = set(_ID.findall(answered.text)) - set(_ID.findall(_sent(answered)))
                holds = _is_absent(answered, key) if "{id}" in example.path else True
                answers.expect(holds and not told & known, example, key, answered)
        await _do_all_work(made)
        after = await _rows(made, _OURS)
    assert not answers.wrong, "\n".join(answers.wrong)
    assert after == before
    assert len(answers.asked) > 200


async def test_with_the_scope_it_is_done(furnished: Furnished) -> None:
    """Whoever comes later finds it done already, which is no refusal of theirs."""
    answers, done = Answers(), set[Named]()
    async with open_contract_house(furnished, _KEYS) as made:
        for example in sorted(_requests(), key=_reading_first):
            await give_versions(made.house.database_url)
            for key in _letting_in(example, _OURS):
                answered = await send(made, example, key)
                holds = answered.is_success or (
                    example.method != "GET" and answered.status_code in (404, 409, 412, 422)
                )
                answers.expect(holds, example, key, answered)
                done |= {_named(example)} if answered.is_success else set()
    assert not answers.wrong, "\n".join(answers.wrong)
    asked = {_named(example) for example, _ in answers.asked}
    assert done == asked == {_named(example) for example in _requests()} - {_ENDLESS}


def _requests() -> list[Example]:
    return [example for example in examples() if _scope(_named(example)) != ""]


def _reading_first(example: Example) -> tuple[bool, bool]:
    """What is merged or forgotten can no longer be asked for, and so comes last."""
    is_end = example.method == "DELETE" or example.path.endswith("/merge")
    return example.method != "GET", is_end


def _named(example: Example) -> Named:
    return example.method, example.path


def _scope(named: Named) -> str | None:
    """Return the scope that a key needs; None where any will do, empty where none is needed."""
    ways: Sequence[Json] = operations()[named].get("security", document()["security"])
    if not ways:
        return ""
    assert [list(way) for way in ways] == [["bearerAuth"], ["sessionCookie"]]
    [scopes] = {tuple(scopes) for way in ways for scopes in way.values()}
    return scopes[0] if scopes else None


def _letting_in(example: Example, customer: int) -> list[str]:
    """List the keys of a customer that may do this; those of whoever may most come first."""
    if _named(example) == _ENDLESS:
        return []
    return sorted(
        (key for key in _KEYS if _KEYS[key].customer == customer and _may(example, key)),
        key=lambda key: _KEYS[key].role != "admin",
    )


def _may(example: Example, key: str) -> bool:
    plan, scope = _KEYS[key], _scope(_named(example))
    if scope not in (None, *scopes_of_customer(plan.customer)):
        return False
    if plan.agent is not None:
        return scope is None or scope in ROLE_SCOPES[plan.role]
    also = {"operator"} if scope in ("events:read", "events:replay") else set[str]()
    return scope is None or bool({scope, "admin", *also} & set(plan.scopes))


def _is_absent(answered: httpx.Response, key: str) -> bool:
    """Say whether the answer is that of what is not there, or that nobody asks for it."""
    if _KEYS[key].agent is None and answered.status_code == 409:
        return "speaks for no agent" in answered.text
    return answered.status_code == 404


def _sent(answered: httpx.Response) -> str:
    """Return all that was sent, and what names the request itself."""
    request = answered.request
    request_id = answered.headers["x-request-id"]
    return f"{request.url} {request.content.decode()} {request_id}"


async def _do_all_work(made: ContractHouse) -> None:
    """Let a worker do whatever was asked of it."""
    await made.house.work()
    await made.house.work_on_jobs()


async def _rows(made: ContractHouse, customer: int) -> dict[str, list[object]]:
    async with await connect(made.house.database_url, "tests") as conn:
        tables = [str(name) for name in await values(conn, _TABLES)]
        return {table: await _rows_of(conn, table, customer) for table in tables}


async def _rows_of(conn: Connection, table: str, customer: int) -> list[object]:
    query = _ROWS.format(sql.Identifier(table), sql.Literal(customer))
    return [row[0] for row in await (await conn.execute(query)).fetchall()]
