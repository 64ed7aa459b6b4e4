"""Reads pages of conversations and messages as the API presents them.

Used by the API, and by whoever else shows the same. Knows no HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import UNSET

from domain.event import message_event
from domain.search_query import SearchQuery
from domain.search_text import make_snippet
from inbox.conversations.present import (
    Conversation,
    Match,
    Message,
    present_conversations,
    present_messages,
)
from inbox.conversations.search import search
from inbox.conversations.windows import read_windows
from store.conversation_filter import ConversationFilter
from store.conversation_listing import list_keys
from store.conversation_rows import read_conversations, read_participants
from store.database import Connection
from store.message_listing import (
    find_by_provider_message_id,
    list_attachments,
    list_quoted,
    list_recipients,
    page_after_seq,
    page_before_seq,
    read_messages,
)
from store.position import Position
from store.search import read_matches

_NO_MATCHES: Mapping[str, Match] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """Conversations and where the next page begins; None on the last."""

    items: list[Conversation]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """What was found and at which number the next page begins; None on the last."""

    items: list[Conversation]
    next: int | None
    is_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundPage:
    """Messages by number, and whether there are later ones."""

    ids: list[str]
    has_more: bool


async def list_page(
    conn: Connection,
    customer_id: int,
    wanted: ConversationFilter,
    *,
    after: Position | None,
    limit: int,
) -> ConversationPage:
    """Read one page of the list."""
    page = await list_keys(conn, customer_id, wanted, after=after, limit=limit)
    ids = [key.id for key in page.keys]
    items = await show_conversations(conn, customer_id, ids, wanted.viewer_id)
    return ConversationPage(items=items, next=page.next)


async def search_page(
    conn: Connection,
    customer_id: int,
    query: SearchQuery,
    wanted: ConversationFilter,
    *,
    cursor: int | None,
    limit: int,
    timeout_seconds: float,
) -> SearchPage:
    """Read one page of what a search finds, each conversation with its latest match."""
    found = await search(
        conn,
        customer_id,
        query,
        wanted,
        cursor=cursor,
        limit=limit,
        timeout_seconds=timeout_seconds,
    )
    matches: dict[str, Match] = {}
    for match in await read_matches(conn, customer_id, [hit.message_id for hit in found.hits]):
        snippet = make_snippet(match.text, query.wanted, is_stemmed=found.is_stemmed)
        matches[match.conversation_id] = Match(
            message_id=match.message_id,
            seq=match.seq,
            snippet=snippet.text,
            highlights=list(snippet.highlights),
        )
    ids = [hit.conversation_id for hit in found.hits if hit.conversation_id in matches]
    items = await show_conversations(conn, customer_id, ids, wanted.viewer_id, matches)
    return SearchPage(items=items, next=found.next, is_partial=found.is_partial)


async def show_conversations(
    conn: Connection,
    customer_id: int,
    conversation_ids: Sequence[str],
    viewer_id: str | None,
    matches: Mapping[str, Match] = _NO_MATCHES,
) -> list[Conversation]:
    """Show conversations in the order given, as an agent sees them; what is gone is left out."""
    found = await read_conversations(conn, customer_id, conversation_ids, viewer_id)
    rows, participants = await read_participants(conn, customer_id, found)
    windows = await read_windows(conn, customer_id, rows, participants)
    return present_conversations(rows, participants, matches, windows)


async def show_messages(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[Message]:
    """Show messages in the order given; what is gone is left out."""
    rows = await read_messages(conn, customer_id, message_ids, with_html=True)
    ids = [row.id for row in rows]
    return present_messages(
        rows,
        await list_recipients(conn, customer_id, ids),
        await list_attachments(conn, customer_id, ids),
        await list_quoted(conn, customer_id, rows),
    )


async def show_messages_in_conversations(
    conn: Connection, customer_id: int, message_ids: Sequence[str], viewer_id: str | None
) -> list[Message]:
    """Show messages, each with its conversation as an agent sees it."""
    messages = await show_messages(conn, customer_id, message_ids)
    ids = list(dict.fromkeys(message.conversation_id for message in messages))
    shown = {
        conversation.id: conversation
        for conversation in await show_conversations(conn, customer_id, ids, viewer_id)
    }
    return [
        msgspec.structs.replace(message, conversation=shown.get(message.conversation_id, UNSET))
        for message in messages
    ]


async def look_up_messages(
    conn: Connection, customer_id: int, provider_message_id: str, limit: int
) -> list[str]:
    """Find the messages that a provider knows by an id; two channels may have the same."""
    event = message_event(provider_message_id, b"")
    return await find_by_provider_message_id(
        conn, customer_id, provider_message_id, event.dedup_key, limit
    )


async def page_around_seq(
    conn: Connection, customer_id: int, conversation_id: str, seq: int, limit: int
) -> AroundPage:
    """List the messages around a number, the lowest first: half before it, the rest from it on."""
    earlier = await page_before_seq(conn, customer_id, conversation_id, seq, limit // 2)
    earlier = earlier[: limit // 2]
    room = limit - len(earlier)
    later = await page_after_seq(conn, customer_id, conversation_id, seq - 1, room)
    keys = [*reversed(earlier), *later[:room]]
    return AroundPage(ids=[key.id for key in keys], has_more=len(later) > room)
