"""Lists a customer's messages of all conversations under any filters, newest first.

Ids order messages by when they were recorded, so no index beside the primary key is needed. A page
walks that key, or what a contact or a conversation has where that is little, and looks at a bounded
number of rows. Knows no text of a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.message import Direction, MessageKind
from store.conversation_rows import resolve_conversation
from store.database import Connection
from store.message_listing import MessageStatus
from store.position import FIRST_ID, LAST_ID, first_id_at
from store.sql import statements

_SQL = statements("newest_messages")
_EDGE = _SQL["find_edge"]
_MATCH_RANGE = _SQL["match_range"]
_MATCH_GIVEN = _SQL["match_given"]
_FIND_CONTACT = _SQL["find_contact"]
_FIND_CONVERSATIONS = _SQL["find_conversations"]
_COUNT_CONVERSATION = _SQL["count_conversation"]
_FIND_IN_CONVERSATIONS = _SQL["find_in_conversations"]

_FIRST_WINDOW = 1_000
_WIDEST_WINDOW = 20_000
_MOST_WINDOWS = 3
_MOST_GIVEN = 1_000
_MOST_CONVERSATIONS = 1_000
_MOST_SORTED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """What messages must match; None and empty match all.

    A contact has the messages of all conversations that the contact takes part in. `given_ids` are
    the only messages that can match, where they are known. `since` is inclusive, `until` is not;
    both are about when a message was recorded.
    """

    channel_id: str | None = None
    conversation_id: str | None = None
    contact_id: str | None = None
    direction: Direction | None = None
    statuses: tuple[MessageStatus, ...] = ()
    kinds: tuple[MessageKind, ...] = ()
    has_attachments: bool | None = None
    given_ids: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestPage:
    """Ids of messages, and the id below which the next page begins; None on the last.

    A partial page is short of its limit, even empty, because it had looked at enough.
    """

    ids: list[str]
    next_before: str | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """Ids from `from_id` on, below `before_id`."""

    before_id: str
    from_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Matching ids, newest first, and how far was looked; None is as far as there is."""

    ids: list[str]
    edge: str | None


async def list_newest(
    conn: Connection,
    customer_id: int,
    wanted: MessageFilter,
    *,
    before: str | None,
    limit: int,
) -> NewestPage:
    """List which of a customer's messages match, those below message `before`."""
    found = await _Walk(conn, customer_id, wanted, limit + 1).find(_range(wanted, before))
    if len(found.ids) > limit:
        return NewestPage(ids=found.ids[:limit], next_before=found.ids[limit - 1])
    return NewestPage(ids=found.ids, next_before=found.edge, is_partial=found.edge is not None)


class _Walk:
    """Finds the ids of one page."""

    def __init__(
        self, conn: Connection, customer_id: int, wanted: MessageFilter, row_count: int
    ) -> None:
        self._conn = conn
        self._customer_id = customer_id
        self._wanted = wanted
        self._row_count = row_count
        self._conversation_id: str | None = None
        self._contact_hashes: list[int] | None = None

    async def find(self, within: _Range) -> _Found:
        if not await self._names_something():
            return _Found(ids=[], edge=None)
        if self._wanted.given_ids is not None:
            return await self._among(self._wanted.given_ids, within)
        conversation_ids = await self._few_conversations()
        if conversation_ids is not None:
            return await self._in_conversations(conversation_ids, within)
        return await self._along(within)

    async def _names_something(self) -> bool:
        """Look up the conversation and the contact that are named."""
        wanted = self._wanted
        if wanted.conversation_id is not None:
            self._conversation_id = await resolve_conversation(
                self._conn, self._customer_id, wanted.conversation_id
            )
            if self._conversation_id is None:
                return False
        if wanted.contact_id is not None:
            rows = await self._rows(_FIND_CONTACT, {"contact_id": wanted.contact_id})
            self._contact_hashes = [hashed for (hashed,) in rows]
        return self._contact_hashes != []

    async def _few_conversations(self) -> list[str] | None:
        """Find the conversations that are meant, if sorting all of their messages is cheap."""
        if self._conversation_id is not None:
            ids = [self._conversation_id]
            given = {"conversation_id": self._conversation_id}
            [(count,)] = await self._rows(_COUNT_CONVERSATION, given)
        elif self._contact_hashes is not None:
            given = {"contact_hashes": self._contact_hashes, "most": _MOST_CONVERSATIONS}
            [(ids, count)] = await self._rows(_FIND_CONVERSATIONS, given)
        else:
            return None
        return ids if len(ids) < _MOST_CONVERSATIONS and count <= _MOST_SORTED else None

    async def _in_conversations(self, conversation_ids: Sequence[str], within: _Range) -> _Found:
        given = {
            "conversation_ids": list(conversation_ids),
            "before_id": within.before_id,
            "from_id": within.from_id,
            "row_count": _MOST_GIVEN,
        }
        ids = await self._ids(_FIND_IN_CONVERSATIONS, given)
        found = await self._among(ids, within)
        return replace(found, edge=ids[-1] if len(ids) == _MOST_GIVEN else None)

    async def _among(self, ids: Sequence[str], within: _Range) -> _Found:
        """Match messages that are known by id already; there are few."""
        given = {"message_ids": list(ids), **self._filters(within)}
        return _Found(ids=await self._ids(_MATCH_GIVEN, given), edge=None)

    async def _along(self, within: _Range) -> _Found:
        """Walk on, in wider windows, until the page is full or enough was looked at."""
        ids: list[str] = []
        window = max(_FIRST_WINDOW, self._row_count)
        for _ in range(_MOST_WINDOWS):
            edge = await self._edge(within, window)
            here = replace(within, from_id=edge or within.from_id)
            found = await self._ids(_MATCH_RANGE, self._filters(here))
            ids += found[: self._row_count - len(ids)]
            if edge is None or len(ids) == self._row_count:
                return _Found(ids=ids, edge=None)
            within, window = replace(within, before_id=edge), _WIDEST_WINDOW
        return _Found(ids=ids, edge=within.before_id)

    async def _edge(self, within: _Range, window: int) -> str | None:
        """Find where a window ends; None where there are fewer rows left."""
        given = {"before_id": within.before_id, "from_id": within.from_id, "window": window}
        edge = await self._ids(_EDGE, given)
        return edge[0] if edge else None

    def _filters(self, within: _Range) -> dict[str, Any]:
        wanted = self._wanted
        return {
            "before_id": within.before_id,
            "from_id": within.from_id,
            "channel_id": wanted.channel_id,
            "conversation_id": self._conversation_id,
            "contact_hashes": self._contact_hashes,
            "direction": wanted.direction,
            "statuses": list(wanted.statuses) or None,
            "kinds": list(wanted.kinds) or None,
            "has_attachments": wanted.has_attachments,
            "row_count": self._row_count,
        }

    async def _ids(self, statement: bytes, given: dict[str, Any]) -> list[str]:
        return [message_id for (message_id,) in await self._rows(statement, given)]

    async def _rows(self, statement: bytes, given: dict[str, Any]) -> list[tuple[Any, ...]]:
        cursor = await self._conn.execute(statement, {"customer_id": self._customer_id, **given})
        return await cursor.fetchall()


def _range(wanted: MessageFilter, before: str | None) -> _Range:
    until = first_id_at(wanted.until) if wanted.until else LAST_ID
    return _Range(
        before_id=min(before or LAST_ID, until),
        from_id=first_id_at(wanted.since) if wanted.since else FIRST_ID,
    )
