"""Every statement fits the schema, is used, and stays in `store/`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenConnection
from flows import an_sms, make_channel, record, values

from store.database import Connection
from store.sql import statements

_HOUSE = Path(__file__).parents[2]
_STORE = _HOUSE / "store"
_STEMS = sorted(path.stem for path in _STORE.glob("*.sql"))
_FOR_SQLITE = {"spool"}
_ALL = [(stem, name) for stem in _STEMS if stem not in _FOR_SQLITE for name in statements(stem)]
_LAYERS = ("app", "domain", "inbox", "ingest", "providers", "worker")

# What these say is the owner's, all else is for web and workers.
_OWNERS = ("rebuild", "schema", "analysts")
_PLACEHOLDER = re.compile(rb"%\(([a-z0-9_]+)\)[sb]")
_PLANNED = re.compile(rb"^(?:--.*\n)*\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b")
_NAMED = re.compile(r"-- name: [a-z0-9_]+\n-- [A-Z][^\n]*[.:,\w]\n")
_SQL = re.compile(
    r"\b(?:SELECT\b.+\bFROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET|(?:CREATE|DROP|ALTER) TABLE)\b",
    re.DOTALL,
)
# What a worker does in the transaction of a claim must find its rows by an index.
_BY_INDEX = [
    *(
        ("queue", name)
        for name in ("claim", "hold", "settle", "record_failures", "put_off", "dead_letter")
    ),
    *(("addresses", name) for name in statements("addresses")),
    *(("bodies", name) for name in statements("bodies")),
    *(("conversations", name) for name in statements("conversations")),
    *(("messages", name) for name in statements("messages")),
    *(("threads", name) for name in statements("threads")),
    *(("merges", name) for name in statements("merges")),
    *(("current_conversations", name) for name in statements("current_conversations")),
    *(("receipts", name) for name in statements("receipts")),
    *(("sending", name) for name in statements("sending")),
    *(("outbound", name) for name in statements("outbound")),
    *(("consents", name) for name in statements("consents")),
    ("consent_locks", "hold_recipients"),
    ("suppressions", "add_suppressions"),
    ("suppressions", "list_contacts_of_standing"),
    ("suppressions", "count_suppressed_recipients"),
    ("channels", "channels_of"),
    *(("files", name) for name in statements("files")),
    *(("forgotten_files", name) for name in statements("forgotten_files")),
    ("moved_files", "claim_files_to_move"),
    ("moved_files", "note_moved"),
    ("moved_files", "note_not_moved"),
    # So must what looks at derived rows all the time.
    *(("conversation_differences", name) for name in statements("conversation_differences")),
    *(("derived_rows", name) for name in ("next_conversations", "next_events", "list_unmade")),
]


@pytest.mark.parametrize(("stem", "name"), _ALL)
async def test_every_statement_can_be_planned_by_whoever_needs_it(
    open_connection: OpenConnection,
    open_owner_connection: OpenConnection,
    stem: str,
    name: str,
) -> None:
    """Parameters become $1, $2 ... as the driver writes them, and are NULL for the plan."""
    open_one = open_owner_connection if stem.startswith(_OWNERS) else open_connection
    async with open_one() as conn:
        statement = statements(stem)[name]
        assert b"%%" not in statement
        if not stem.startswith("rebuild"):
            await _try(conn, statement)
            return
        async with conn.transaction(force_rollback=True):
            await conn.execute(statements("rebuild")["make_schema"])
            await _try(conn, statement)


async def _try(conn: Connection, statement: bytes) -> None:
    if _PLANNED.match(statement) is None:
        await conn.execute(statement)
    else:
        await _plan(conn, statement)


@pytest.mark.parametrize(("stem", "name"), _BY_INDEX)
async def test_a_worker_finds_its_rows_by_an_index(
    open_connection: OpenConnection, stem: str, name: str
) -> None:
    """Sequential scans are off there, so one shows that no index would do."""
    async with open_connection() as conn, conn.transaction():
        await conn.execute(statements("queue")["begin_claim"], {"timeout": "5s"})
        assert "Seq Scan" not in await _plan(conn, statements(stem)[name])


@pytest.mark.parametrize("is_claiming", [True, False])
async def test_a_claim_reads_no_more_than_it_takes(
    open_connection: OpenConnection, is_claiming: bool
) -> None:
    """On a long queue, with and without what a claim settles for its transaction."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(str(number)) for number in range(3000)))
        await conn.execute("ANALYZE inbound_queue, inbound_events, messages")
        async with conn.transaction():
            if is_claiming:
                await conn.execute(statements("queue")["begin_claim"], {"timeout": "5s"})
            claim = statements("queue")["claim"]
            most = {"lane": 0, "most_events": 10, "most_bytes": 1 << 20, "large": 1 << 20}
            plan = await _rows(conn, b"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) " + claim, most)
    assert "Index Scan using inbound_queue_due" in plan
    assert "Seq Scan on inbound" not in plan
    assert max(float(count) for count in re.findall(r"rows=([0-9.]+)", plan)) == 10


async def _rows(conn: Connection, query: bytes, parameters: dict[str, int]) -> str:
    cursor = await conn.execute(query, parameters)
    return "\n".join([row[0] for row in await cursor.fetchall()])


async def _plan(conn: Connection, statement: bytes) -> str:
    names = list(dict.fromkeys(_PLACEHOLDER.findall(statement)))
    numbered = _PLACEHOLDER.sub(lambda found: b"$%d" % (names.index(found[1]) + 1), statement)
    await conn.execute(b"PREPARE planned AS " + numbered, prepare=False)
    nulls = b", ".join([b"NULL"] * len(names))
    arguments = b"(" + nulls + b")" if names else b""
    try:
        plan = await values(conn, b"EXPLAIN (COSTS OFF) EXECUTE planned" + arguments)
    finally:
        await conn.execute(b"DEALLOCATE planned")
    return "\n".join(map(str, plan))


@pytest.mark.parametrize("stem", _STEMS)
def test_every_statement_has_a_line_of_purpose(stem: str) -> None:
    text = (_STORE / f"{stem}.sql").read_text()
    assert len(_NAMED.findall(text)) == len(statements(stem)) == text.count("-- name:")


@pytest.mark.parametrize("stem", _STEMS)
def test_every_statement_is_bound_once(stem: str) -> None:
    """Beside the `.sql` lies the one `.py` that loads it and names each statement once."""
    loaders = [
        path.stem for path in _STORE.glob("*.py") if f'statements("{stem}")' in path.read_text()
    ]
    assert loaders == [stem]
    named = [
        str(node.value)
        for node in ast.walk(ast.parse((_STORE / f"{stem}.py").read_text()))
        if isinstance(node, ast.Constant) and node.value in statements(stem)
    ]
    if stem in named:
        named.remove(stem)  # the argument of the loader
    assert sorted(named) == sorted(statements(stem))


@pytest.mark.parametrize("layer", _LAYERS)
def test_no_sql_outside_the_store(layer: str) -> None:
    found = [
        f"{path.relative_to(_HOUSE)}:{line}"
        for path in sorted((_HOUSE / layer).rglob("*.py"))
        for line, text in _strings(path)
        if _SQL.search(text)
    ]
    assert found == []


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """List the string literals of a module, without docstrings."""
    tree = ast.parse(path.read_text())
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("latin-1")
