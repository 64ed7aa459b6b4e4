"""Compares the search index with the messages that can be found."""

from collections.abc import Sequence

from domain.long_texts import TextNotWorkedOn
from store.database import Connection
from store.derived_rows import Differing
from store.document_differences import KnownText, follower_is_near, list_misplaced, list_unlike
from worker.background.repeating import BackgroundConfig
from worker.background.search_index import index_anew, read_own_words
from worker.comparing.part import Part, one_moment


async def compare(
    conn: Connection, config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which messages have no document, or one that is elsewhere or lacks their words.

    What the index has not come to yet is no difference; while it is off or far behind nothing is.
    """
    async with one_moment(conn):
        if not await follower_is_near(conn):
            return {}
        differing = await list_misplaced(conn, customer_id, ids)
        rest = [key for key in ids if key not in differing]
        try:
            texts = await read_own_words(conn, customer_id, rest, config.long_texts)
        except TextNotWorkedOn:
            return differing
        known = [KnownText(message_id=key, indexed=indexed) for key, indexed in texts.items()]
        if known:
            differing |= await list_unlike(conn, customer_id, known)
    return differing


async def mend(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Index the messages again, each in its place; what is new becomes the newest."""
    await index_anew(conn, customer_id, list(differing), config.long_texts)


SEARCH_DOCUMENTS = Part(
    name="search_documents",
    tables=("search_documents",),
    at_once=100,
    compare=compare,
    mend=mend,
)
