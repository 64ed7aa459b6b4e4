"""Finds rows that were written lately, by whomever: also those that nobody told the outbox of.

Each table is looked through in the order in which its rows lie, some blocks at a time, round and
round; Postgres says of each row which transaction wrote it. Knows no comparison.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from store.database import Connection
from store.sql import statements

_SQL = statements("written_lately")
_FIND = _SQL["find_scan"]
_BEGIN = _SQL["begin_scan"]
_NOTE = _SQL["note_scan"]
_BEGIN_ROUND = _SQL["begin_round"]

ScannedTable = Literal[
    "conversations",
    "conversation_participants",
    "messages",
    "message_recipients",
    "attachments",
    "message_receipts",
    "search_documents",
    "clean_bodies",
    "bodies",
    "addresses",
    "email_message_ids",
    "conversation_figures",
    "rollups",
]
_SCAN: Mapping[ScannedTable, bytes] = {
    "conversations": _SQL["scan_conversations"],
    "conversation_participants": _SQL["scan_conversation_participants"],
    "messages": _SQL["scan_messages"],
    "message_recipients": _SQL["scan_message_recipients"],
    "attachments": _SQL["scan_attachments"],
    "message_receipts": _SQL["scan_message_receipts"],
    "search_documents": _SQL["scan_search_documents"],
    "clean_bodies": _SQL["scan_clean_bodies"],
    "bodies": _SQL["scan_bodies"],
    "addresses": _SQL["scan_addresses"],
    "email_message_ids": _SQL["scan_email_message_ids"],
    "conversation_figures": _SQL["scan_conversation_figures"],
    "rollups": _SQL["scan_rollups"],
}
_BLOCKS_AT_ONCE = 1_024
_ROWS_AT_ONCE = 500


class RowKey(NamedTuple):
    """A row, or what it belongs to."""

    customer_id: int
    id: str


class Scanned(NamedTuple):
    """Some rows that were written lately; `is_round_over` says that the table was at its end."""

    rows: list[RowKey]
    is_round_over: bool


async def scan_on(conn: Connection, table: ScannedTable) -> Scanned:
    """Look through the next blocks of a table. At first what is there already does not count."""
    name = {"name": table}
    found = await (await conn.execute(_FIND, name)).fetchone()
    if found is None:
        await conn.execute(_BEGIN, name)
        return Scanned([], True)
    after, since, blocks = found
    until = _block_of(after) + _BLOCKS_AT_ONCE
    wanted = {"after": after, "until": f"({until},0)", "since": since, "limit": _ROWS_AT_ONCE}
    rows = await (await conn.execute(_SCAN[table], wanted)).fetchall()
    is_cut = len(rows) == _ROWS_AT_ONCE
    is_over = not is_cut and until >= blocks
    if is_over:
        await conn.execute(_BEGIN_ROUND, name)
    else:
        await conn.execute(_NOTE, name | {"after": rows[-1][0] if is_cut else f"({until},0)"})
    return Scanned([RowKey(row[1], row[2]) for row in rows], is_over)


def _block_of(place: str) -> int:
    return int(place.strip("()").split(",")[0])
