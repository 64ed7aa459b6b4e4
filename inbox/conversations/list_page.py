"""Gathers the list and the rail: which conversations a view has, how many, and why there is none.

Filters and counts are those of the API, so the page and an integrator always see the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from domain.errors import InvalidCursor
from inbox.conversations.empty_list import EmptyListView, explain_empty_list
from inbox.conversations.list_matching import matches
from inbox.conversations.list_rows import RowView, Shown, show_row, snippet_parts
from inbox.conversations.page_queries import MAY_OPT_OUT, VIEWS, Asked, FilterView
from inbox.conversations.queries import ConversationQuery, conversation_filter
from inbox.conversations.reading import search_page
from inbox.http.cursor import NumberPlace, P, TimePlace, decode_cursor, encode_cursor, fingerprint
from inbox.http.paging import ROWS_PER_PAGE
from inbox.http.query import read_query
from inbox.page.page_request import PageRequest
from store.conversation_listing import list_keys
from store.conversation_rows import read_conversations, read_participants
from store.counts import MOST_COUNTED, ViewCount, count_views
from store.database import Connection
from store.opt_out_hints import list_undecided
from store.position import Position

_SEARCH_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    view: str
    title: str
    q: str
    rows: Sequence[RowView]
    empty: EmptyListView
    count: str = ""
    filters: Sequence[FilterView] = ()
    next_href: str = ""
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLink:
    key: str
    label: str
    icon: str
    href: str
    count: str = ""
    number: int = 0
    is_loud: bool = False
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RailView:
    views: Sequence[ViewLink]
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshRow:
    """A row as it is now. `match` says whether it belongs to the view: yes, no, or as it was."""

    row: RowView
    match: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    shown: Sequence[Shown]
    next_cursor: str
    is_partial: bool = False


async def gather_list(
    conn: Connection, page_request: PageRequest, asked: Asked, rail: RailView, open_id: str | None
) -> ListView:
    """Show one page of a view.

    Raises: UnknownParameter, ValidationFailed.
    """
    query = read_query(asked.api_pairs, ConversationQuery)
    belongs_to = fingerprint("page", page_request.key.customer_id, asked.link)
    page = await _page(conn, page_request, query, belongs_to, asked.cursor)
    rows = [_row(page_request, asked, shown, open_id) for shown in page.shown]
    count = next((view.count for view in rail.views if view.key == asked.view.key), "")
    is_empty = not rows and not page.next_cursor
    return ListView(
        view=asked.view.key,
        title="Search" if asked.q else asked.view.label,
        q=asked.q,
        rows=rows,
        empty=await explain_empty_list(conn, page_request, asked)
        if is_empty
        else EmptyListView(kind=""),
        count="" if asked.is_filtered else count,
        filters=asked.filters,
        next_href=f"/inbox?{asked.link}&cursor={page.next_cursor}" if page.next_cursor else "",
        is_partial=page.is_partial,
    )


async def gather_rows(
    conn: Connection, page_request: PageRequest, asked: Asked, ids: Sequence[str]
) -> list[FreshRow]:
    """Show some conversations, and say of each whether it belongs to the view."""
    query = read_query(asked.api_pairs, ConversationQuery)
    wanted = conversation_filter(query, page_request.key.agent_id)
    customer_id = page_request.key.customer_id
    undecided = await list_undecided(conn, customer_id) if wanted.may_opt_out else None
    fresh: list[FreshRow] = []
    for conversation in await read_shown(conn, page_request, ids):
        is_match = matches(conversation, wanted)
        if undecided is not None:
            is_match = is_match and conversation.row.id in undecided
        match = "stay" if is_match and asked.q else "yes" if is_match else "no"
        fresh.append(FreshRow(row=_row(page_request, asked, conversation, None), match=match))
    return fresh


async def gather_rail(conn: Connection, page_request: PageRequest, asked: Asked) -> RailView:
    """Show the views with how many conversations are in each."""
    wanted = [name for view in VIEWS.values() for name in view.counted]
    counted = await count_views(
        conn, page_request.key.customer_id, page_request.key.agent_id, wanted
    )
    undecided = len(await list_undecided(conn, page_request.key.customer_id))
    counted[MAY_OPT_OUT] = ViewCount(number=undecided, is_capped=False)
    links: list[ViewLink] = []
    for view in VIEWS.values():
        if view.is_personal and page_request.key.agent_id is None:
            continue
        number, is_capped = _number(counted, view.counted)
        links.append(
            ViewLink(
                key=view.key,
                label=view.label,
                icon=view.icon,
                href=f"/inbox?view={view.key}",
                count=f"{number}+" if is_capped else str(number or ""),
                number=number,
                is_loud=view.key == "unread",
                is_current=view.key == asked.view.key,
            )
        )
    unread = next((link.count for link in links if link.key == "unread"), "")
    return RailView(views=links, unread=unread)


async def read_shown(
    conn: Connection, page_request: PageRequest, ids: Sequence[str]
) -> list[Shown]:
    """Read conversations with their people, in the order given."""
    customer_id = page_request.key.customer_id
    found = await read_conversations(conn, customer_id, ids, page_request.key.agent_id)
    rows, participants = await read_participants(conn, customer_id, found)
    people = {
        conversation_id: list(group)
        for conversation_id, group in groupby(
            participants, key=lambda participant: participant.conversation_id
        )
    }
    return [Shown(row=row, people=people.get(row.id, [])) for row in rows]


async def _page(
    conn: Connection,
    page_request: PageRequest,
    query: ConversationQuery,
    belongs_to: bytes,
    cursor: str | None,
) -> _Page:
    customer_id = page_request.key.customer_id
    wanted = conversation_filter(query, page_request.key.agent_id)
    if query.q is None:
        place = _read_cursor(cursor, TimePlace, belongs_to)
        after = Position(place.at, place.id) if place else None
        keys = await list_keys(conn, customer_id, wanted, after=after, limit=ROWS_PER_PAGE)
        shown = await read_shown(conn, page_request, [key.id for key in keys.keys])
        last = keys.next
        following = encode_cursor(TimePlace(last.at, last.id), belongs_to) if last else ""
        return _Page(shown=shown, next_cursor=following)
    before = _read_cursor(cursor, NumberPlace, belongs_to)
    found = await search_page(
        conn,
        customer_id,
        query.q,
        wanted,
        cursor=before.number if before else None,
        limit=ROWS_PER_PAGE,
        timeout_seconds=_SEARCH_SECONDS,
    )
    snippets = {
        item.id: snippet_parts(item.match.snippet, item.match.highlights)
        for item in found.items
        if item.match
    }
    shown = await read_shown(conn, page_request, [item.id for item in found.items])
    following = encode_cursor(NumberPlace(found.next), belongs_to) if found.next is not None else ""
    return _Page(
        shown=[
            replace(conversation, snippet=snippets.get(conversation.row.id, ()))
            for conversation in shown
        ],
        next_cursor=following,
        is_partial=found.is_partial,
    )


def _number(counted: Mapping[str, ViewCount], names: Sequence[str]) -> tuple[int, bool]:
    """Add up what a view counts; a sum is capped where a part of it is."""
    parts = [counted[name] for name in names]
    return min(MOST_COUNTED, sum(part.number for part in parts)), any(
        part.is_capped for part in parts
    )


def _row(page_request: PageRequest, asked: Asked, shown: Shown, open_id: str | None) -> RowView:
    row = show_row(
        shown, page_request.clock, query=asked.link, open_id=open_id, view=asked.view.key
    )
    return row if not asked.q else replace(row, rev=f"{row.rev}-q")


def _read_cursor(cursor: str | None, kind: type[P], belongs_to: bytes) -> P | None:
    """Read a cursor; one that is of another list begins at the top, as a page should."""
    try:
        return decode_cursor(cursor, kind, belongs_to) if cursor is not None else None
    except InvalidCursor:
        return None
