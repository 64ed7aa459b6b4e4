"""What is asked of lists, searches, counts and threads, drawn from the rows that are there.

A question can be put to the API and to the store, and means the same to both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

import msgspec

from bench.databases import CUSTOMER_ID
from bench.http_client import Client, body_of
from domain.address import Address
from domain.conversation import ConversationStatus
from domain.search_query import SearchQuery, parse_search
from inbox.conversations.present import present_time
from inbox.conversations.queries import CountView
from inbox.conversations.reading import list_page, search_page, show_messages
from store.conversation_filter import ConversationFilter
from store.conversation_rows import resolve_conversation
from store.counts import count_views
from store.database import Connection
from store.message_listing import page_by_time
from store.position import Position

LIMIT = 50
SEARCH_SECONDS = 0.25

_ANY = ConversationFilter()
_BUSY = Address("phone", "+14152000000")
_TAGS = 20
_VIEWS: tuple[CountView, ...] = get_args(CountView)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call: `path` for the API, the rest for the store."""

    path: str
    wanted: ConversationFilter = _ANY
    after: Position | None = None
    search: SearchQuery | None = None
    conversation_id: str = ""
    views: tuple[CountView, ...] = ()


class _Page(msgspec.Struct):
    next_cursor: str


class _Listing(msgspec.Struct):
    page: _Page


async def draw(conn: Connection, client: Client, agent_id: str) -> dict[str, list[Question]]:
    """Draw the questions of every kind; `agent_id` is whom the client speaks for."""
    return {
        **await _draw_lists(conn, client),
        **await _draw_handling(conn, agent_id),
        **await _draw_searches(conn),
        "counts": [Question(path="/api/conversations/counts", wanted=_me(agent_id), views=_VIEWS)],
        "thread": [_thread(row[0]) for row in await _rows(conn, _THREADS)],
    }


async def ask_store(conn: Connection, question: Question) -> None:
    """Put a question to the store: every statement that the API would run for it."""
    wanted = question.wanted
    if question.conversation_id:
        await _ask_for_thread(conn, question.conversation_id)
    elif question.views:
        await count_views(conn, CUSTOMER_ID, wanted.viewer_id, question.views)
    elif question.search:
        await search_page(
            conn,
            CUSTOMER_ID,
            question.search,
            wanted,
            cursor=None,
            limit=LIMIT,
            timeout_seconds=SEARCH_SECONDS,
        )
    else:
        await list_page(conn, CUSTOMER_ID, wanted, after=question.after, limit=LIMIT)


async def _draw_lists(conn: Connection, client: Client) -> dict[str, list[Question]]:
    positions = [Position(*row) for row in await _rows(conn, _POSITIONS)]
    channels = [row[0] for row in await _rows(conn, _CHANNELS)]
    addresses = [Address(*row) for row in await _rows(conn, _ADDRESSES)]
    return {
        "first page": [_listing(_ANY)],
        "deep page": [_deep(client, position) for position in positions],
        "one status": [
            _listing(ConversationFilter(statuses=(status,)), status=status)
            for status in get_args(ConversationStatus)
        ],
        "one channel": [
            _listing(ConversationFilter(channel_id=channel_id), channel_id=channel_id)
            for channel_id in channels
        ],
        "one address": [_of_address(address) for address in addresses],
        "busy address": [_of_address(_BUSY)],
    }


async def _draw_handling(conn: Connection, agent_id: str) -> dict[str, list[Question]]:
    """Draw what agents ask: what is theirs, what waits, what is new, what is sorted how."""
    at_work: tuple[ConversationStatus, ...] = ("open", "pending")
    mine = ConversationFilter(assignee_id=agent_id, viewer_id=agent_id, statuses=at_work)
    nobodys = ConversationFilter(assignee_id="none", statuses=at_work)
    agents = [row[0] for row in await _rows(conn, _AGENTS)]
    contacts = [row[0] for row in await _rows(conn, _CONTACTS)]
    tags = [f"tag-{number}" for number in range(1, _TAGS + 1)]
    return {
        "mine": [_listing(mine, assignee="me", status="open,pending")],
        "unassigned": [_listing(nobodys, assignee="none", status="open,pending")],
        "one agent": [
            _listing(ConversationFilter(assignee_id=assignee_id), assignee=assignee_id)
            for assignee_id in agents
        ],
        "needs reply": [_listing(ConversationFilter(needs_reply=True), needs_reply="true")],
        "unread": [
            _listing(ConversationFilter(unread=True, viewer_id=agent_id), unread="true"),
        ],
        "one tag": [_listing(ConversationFilter(tags=(tag,)), tag=tag) for tag in tags],
        "one contact": [
            _listing(ConversationFilter(contact_id=contact_id), contact_id=contact_id)
            for contact_id in contacts
        ],
    }


async def _draw_searches(conn: Connection) -> dict[str, list[Question]]:
    numbers = [row[0] for row in await _rows(conn, _NUMBERS)]
    common = [row[0] for row in await _rows(conn, _COMMON_WORDS)]
    rare = [row[0] for row in await _rows(conn, _RARE_WORDS)]
    phones = [row[0] for row in await _rows(conn, _PHONES)]
    return {
        "search, common word": [_search(f'"{word}"') for word in ("parcel", *common)],
        "search, rare word": [_search(f'"{word}"') for word in rare],
        "search, one number": [_search(number) for number in numbers],
        "search, two words": [
            _search(f'"{one}" "{other}"') for one, other in zip(common, rare, strict=False)
        ],
        "search, beginning": [_search(word[:3]) for word in (*common, *rare)],
        "search, phone": [_search(phone) for phone in phones],
        "search, nothing": [_search("not to be found")],
    }


async def _ask_for_thread(conn: Connection, named: str) -> None:
    conversation_id = await resolve_conversation(conn, CUSTOMER_ID, named)
    assert conversation_id is not None
    keys = await page_by_time(
        conn, CUSTOMER_ID, conversation_id, order="newest", after=None, limit=LIMIT
    )
    await show_messages(conn, CUSTOMER_ID, [key.id for key in keys[:LIMIT]])


async def _rows(conn: Connection, query: bytes) -> Sequence[tuple[Any, ...]]:
    return await (await conn.execute(query)).fetchall()


def _listing(
    wanted: ConversationFilter, after: Position | None = None, **parameters: str
) -> Question:
    query = urlencode({**parameters, "limit": LIMIT})
    return Question(path=f"/api/conversations?{query}", wanted=wanted, after=after)


def _deep(client: Client, position: Position) -> Question:
    """Ask for the page after the one that begins at a position, by the cursor the API gives."""
    before = present_time(position.at)
    first = _listing(_ANY, active_before=before)
    page = msgspec.json.decode(body_of(client.get(first.path)), type=_Listing).page
    return _listing(
        ConversationFilter(active_before=position.at),
        position,
        active_before=before,
        cursor=page.next_cursor,
    )


def _of_address(address: Address) -> Question:
    return _listing(ConversationFilter(addresses=(address,)), address=address.value)


def _search(text: str) -> Question:
    query = urlencode({"q": text, "limit": LIMIT})
    return Question(path=f"/api/conversations?{query}", search=parse_search(text))


def _me(agent_id: str) -> ConversationFilter:
    return ConversationFilter(viewer_id=agent_id)


def _thread(conversation_id: str) -> Question:
    path = f"/api/conversations/{conversation_id}/messages?limit={LIMIT}"
    return Question(path=path, conversation_id=conversation_id)


# Ids are hashes of numbers, so the first of them are a random choice.
_POSITIONS = b"""
    SELECT last_activity_at, id FROM conversations
    WHERE last_activity_at > (SELECT percentile_disc(0.1) WITHIN GROUP (ORDER BY last_activity_at)
                              FROM conversations)
    ORDER BY id LIMIT 200
"""
_CHANNELS = b"SELECT id FROM channels ORDER BY name"
_ADDRESSES = b"""
    SELECT a.kind, a.value
    FROM conversation_participants AS p
    JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
    WHERE p.customer_id = 1 AND p.role = 'other' AND p.address_hash <> hashint8extended(0, 1)
    ORDER BY p.conversation_id LIMIT 200
"""
_THREADS = b"SELECT id FROM conversations WHERE message_count = 104 ORDER BY id LIMIT 200"
_AGENTS = b"SELECT id FROM agents ORDER BY name"
_CONTACTS = b"SELECT id FROM contacts ORDER BY id LIMIT 200"
_NUMBERS = b"SELECT substr(text, 8, 7) FROM bodies ORDER BY hash LIMIT 200"
_PHONES = b"SELECT value FROM addresses WHERE kind = 'phone' ORDER BY hash LIMIT 200"
_WORDS = b"""
    SELECT w.word FROM search_documents AS d, unnest(string_to_array(d.text, ' ')) AS w (word)
    WHERE d.number % 97 = 0 AND w.word ~ '^[a-z]{4,}$'
    GROUP BY w.word
"""
_COMMON_WORDS = _WORDS + b"ORDER BY count(*) DESC, w.word LIMIT 50"
_RARE_WORDS = _WORDS + b"ORDER BY count(*), w.word LIMIT 200"
