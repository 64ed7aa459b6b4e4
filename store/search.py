"""Searches the index of messages, some blocks at a time.

Blocks are ranges of document numbers, and each document bears its block as a term: so a search
reads newest first, and a frequent word costs no more than a rare one. Knows no syntax of queries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from domain.search_query import SearchQuery, SearchTerm
from store.database import Connection
from store.search_documents import BLOCK
from store.sql import statements

_SQL = statements("search")
_PREPARE = _SQL["prepare_search"]
_EXPAND = _SQL["expand_beginnings"]
_LIMIT_TIME = _SQL["limit_time"]
_FIND_MATCHES = _SQL["find_matches"]
_FIND_SHOWN_BEFORE = _SQL["find_shown_before"]
_READ_MATCHES = _SQL["read_matches"]

TimedOut = psycopg.errors.QueryCanceled

_MOST_WORDS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSearch:
    """A query as the index takes it; empty where nothing can be found. `newest` is a number."""

    query: str
    newest: int
    is_stemmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A conversation with its latest matching message."""

    conversation_id: str
    message_id: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMatch:
    message_id: str
    conversation_id: str
    seq: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    is_stemmed: bool
    newest: int
    terms: list[str]


async def prepare_search(conn: Connection, customer_id: int, search: SearchQuery) -> PreparedSearch:
    """Write a query in the words of the index."""
    cursor = conn.cursor(row_factory=class_row(_Prepared))
    exact = [" <-> ".join(_quoted(word) for word in term.words) for term in search.terms]
    await cursor.execute(_PREPARE, {"customer_id": customer_id, "terms": exact})
    prepared = (await cursor.fetchall())[0]
    begun = await _expand(conn, customer_id, search.terms)
    written = [
        _either(normal, term, begun)
        for normal, term in zip(prepared.terms, search.terms, strict=True)
    ]
    return PreparedSearch(
        query=" & ".join(f"({term})" for term in written if term),
        newest=prepared.newest,
        is_stemmed=prepared.is_stemmed,
    )


async def limit_time(conn: Connection, milliseconds: int) -> None:
    """Let every statement of this transaction take so long at most; then it is TimedOut."""
    await conn.execute(_LIMIT_TIME, {"milliseconds": str(max(1, milliseconds))})


async def find_matches(
    conn: Connection,
    customer_id: int,
    query: str,
    *,
    blocks: Iterable[int],
    before: int,
    limit: int,
) -> list[Hit]:
    """Find conversations with a match in some blocks, by their latest one below a number."""
    cursor = conn.cursor(row_factory=class_row(Hit))
    await cursor.execute(
        _FIND_MATCHES,
        {
            "customer_id": customer_id,
            "query": query,
            "blocks": " | ".join(f"':{customer_id}:{block}'" for block in blocks),
            "before": before,
            "row_count": limit,
        },
    )
    return await cursor.fetchall()


async def find_shown_before(
    conn: Connection, customer_id: int, query: str, conversation_ids: Sequence[str], before: int
) -> set[str]:
    """Find which of these conversations have a match at this number or above."""
    cursor = await conn.execute(
        _FIND_SHOWN_BEFORE,
        {
            "customer_id": customer_id,
            "query": query,
            "conversation_ids": list(conversation_ids),
            "before": before,
        },
    )
    return {row[0] for row in await cursor.fetchall()}


async def read_matches(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[ListedMatch]:
    """Read what is shown of matching messages."""
    cursor = conn.cursor(row_factory=class_row(ListedMatch))
    await cursor.execute(
        _READ_MATCHES, {"customer_id": customer_id, "message_ids": list(message_ids)}
    )
    return await cursor.fetchall()


def block_of(number: int) -> int:
    """Say in which block a number lies."""
    return number // BLOCK


def first_of(block: int) -> int:
    """Say with which number a block begins."""
    return block * BLOCK


async def _expand(
    conn: Connection, customer_id: int, terms: Sequence[SearchTerm]
) -> dict[str, list[str]]:
    """Look up which words begin as asked, each ready to be part of a query.

    Words in a query are read block by block, a beginning would be read whole: so it is left to the
    index only where very many words begin so.
    """
    beginnings = [beginning for term in terms for beginning in term.beginnings]
    if not beginnings:
        return {}
    cursor = await conn.execute(
        _EXPAND,
        {"customer_id": customer_id, "beginnings": beginnings, "row_count": _MOST_WORDS + 1},
    )
    begun: dict[str, list[str]] = {}
    for beginning, word in await cursor.fetchall():
        begun.setdefault(beginning, []).append(_quoted(word))
    return {
        beginning: words if len(words) <= _MOST_WORDS else [f"{_quoted(beginning)}:*"]
        for beginning, words in begun.items()
    }


def _either(normal: str, term: SearchTerm, begun: Mapping[str, Sequence[str]]) -> str:
    """Accept a term as it is written, any word that begins so, and a run where its places are."""
    alternatives = [f"({normal})"] if normal else []
    if term.run:
        alternatives.append(f"({' & '.join(map(_quoted, term.places or (term.run,)))})")
    for beginning in term.beginnings:
        alternatives += begun.get(beginning, ())
    return " | ".join(alternatives)


def _quoted(word: str) -> str:
    """Quote a word, which has letters and digits only; a term of the index may have more."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
