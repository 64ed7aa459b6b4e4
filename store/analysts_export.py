"""Reads the views of analysts a time at a time, as CSV or in batches; few rows are here at once.

Knows no file.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from psycopg import AsyncClientCursor
from psycopg.postgres import types

from store.database import Connection
from store.sql import statements

_SQL = statements("analysts_export")
_FIND_CUSTOMER = _SQL["find_customer"]
_READ_VERSION = _SQL["read_version"]
# View: what reads it. Those of the first kind have a day each row stays in.
_BY_DAY = {
    name: _SQL[name]
    for name in (
        "conversation_messages", "response_times", "agent_activity", "channel_volume", "delivery",
        "events",
    )
}  # fmt: skip
_WHOLE = {name: _SQL[name] for name in ("conversation_overview", "resolution_times")}
VIEWS_BY_DAY = tuple(_BY_DAY)
WHOLE_VIEWS = tuple(_WHOLE)
_STATEMENTS: Mapping[str, bytes] = {**_BY_DAY, **_WHOLE}
_TYPES = {
    types[name].oid: name
    for name in ("int8", "int4", "int2", "float8", "bool", "date", "timestamptz")
}
_TEXTS = types["text"].array_oid


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTime:
    """What is read of a view: a customer's rows of a time, its end excluded."""

    view: str
    customer_id: int
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedColumn:
    """A column by its name, and its type as Postgres calls it: `text` where it is another."""

    name: str
    type: str


async def find_exported_customer(conn: Connection, name: str) -> int | None:
    """Find a customer whom this analyst may see."""
    row = await (await conn.execute(_FIND_CUSTOMER, {"name": name})).fetchone()
    return row[0] if row else None


async def read_contract_version(conn: Connection) -> int:
    """Read which version of the contract the views have."""
    (row,) = await (await conn.execute(_READ_VERSION)).fetchall()
    return row[0]


async def write_csv(conn: Connection, wanted: ExportedTime, file: BinaryIO) -> int:
    """Write the rows as CSV with a line of names, row after row; returns how many there were."""
    statement = b"COPY (" + _STATEMENTS[wanted.view] + b") TO STDOUT (FORMAT csv, HEADER)"
    async with AsyncClientCursor(conn) as cursor:
        async with cursor.copy(statement, _parameters(wanted)) as copied:
            async for block in copied:
                file.write(block)
        return cursor.rowcount


async def read_batches(
    conn: Connection, wanted: ExportedTime, batch_rows: int
) -> AsyncGenerator[tuple[Sequence[ExportedColumn], list[tuple[Any, ...]]]]:
    """Yield the rows in batches with their columns; at least one batch, which may be empty."""
    async with conn.transaction(), conn.cursor(name="exported") as cursor:
        await cursor.execute(_STATEMENTS[wanted.view], _parameters(wanted))
        columns = [
            ExportedColumn(name=column.name, type=_type_name(column.type_code))
            for column in cursor.description or ()
        ]
        rows = await cursor.fetchmany(batch_rows)
        yield columns, rows
        while rows := await cursor.fetchmany(batch_rows):
            yield columns, rows


def _parameters(wanted: ExportedTime) -> Mapping[str, object]:
    return {
        "customer_id": wanted.customer_id,
        "from_at": wanted.from_at,
        "until_at": wanted.until_at,
    }


def _type_name(oid: int) -> str:
    return "text[]" if oid == _TEXTS else _TYPES.get(oid, "text")
