"""Which documents of the search index are not what their messages say.

Knows neither how texts are cut into words nor what is done about a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.search_text import IndexedText
from store.database import Connection
from store.derived_rows import Differing
from store.search_documents import BLOCK
from store.sql import statements

_SQL = statements("document_differences")
_FOLLOWER_IS_NEAR = _SQL["follower_is_near"]
_LIST_MISPLACED = _SQL["list_misplaced"]
_LIST_UNLIKE = _SQL["list_unlike"]

_MOST_BEHIND = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownText:
    """What a message says, without whom it names: names and addresses may be added later."""

    message_id: str
    indexed: IndexedText


async def follower_is_near(conn: Connection) -> bool:
    """Say whether the index is on, lacks nothing, and has a few changes before it at most."""
    row = await (await conn.execute(_FOLLOWER_IS_NEAR, {"most": _MOST_BEHIND})).fetchone()
    return bool(row and row[0])


async def list_misplaced(conn: Connection, customer_id: int, ids: Sequence[str]) -> Differing:
    """Say which of these messages lack a document, have it elsewhere, or are only documents."""
    wanted = {"customer_id": customer_id, "ids": list(ids), "block": BLOCK}
    return dict(await (await conn.execute(_LIST_MISPLACED, wanted)).fetchall())


async def list_unlike(conn: Connection, customer_id: int, texts: Sequence[KnownText]) -> Differing:
    """Say which documents show another text, lack its words, or have words that are not listed."""
    wanted = {
        "customer_id": customer_id,
        "ids": [text.message_id for text in texts],
        "shown": [text.indexed.shown for text in texts],
        "words": [text.indexed.words for text in texts],
        "exact": [" ".join(text.indexed.exact) for text in texts],
    }
    return dict(await (await conn.execute(_LIST_UNLIKE, wanted)).fetchall())
