"""Events under any filters, and one of them beside the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from starlette.responses import Response

from domain.event import EventKind, SignatureResult
from inbox.http.paging import ROWS_PER_PAGE
from inbox.http.values import read_addresses, read_word
from inbox.operations.channel_menu import channel_choices
from inbox.operations.done_message import done_message
from inbox.operations.event_detail_page import EVENTS, EventView, event_view
from inbox.operations.page_filters import Given, given_of
from inbox.operations.page_format import Instant, instant, instant_or_none, plain_word, short_id
from inbox.operations.page_frame import show
from inbox.operations.page_lists import UNREADABLE_FILTER, no_match, page_links
from inbox.operations.page_views import Empty, FilterForm, PageLinks, Tag
from inbox.operations.received import look_at_event
from inbox.operations.tag_colours import SIGNATURE_TAGS, STATUS_TAGS
from inbox.page.page_request import PageRequest
from providers import receipt_words
from store.database import Connection
from store.event_listing import EventStatus, ListedEvent
from store.ops_events import OpsEventFilter, list_ops_events

_FILTERS = (
    "channel_id", "kind", "status", "signature", "error_class", "provider_message_id", "address",
    "since", "until", "before",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One line of the list."""

    id: str
    href: str
    at: Instant
    channel: str
    provider: str
    kind: str
    provider_message_id: str
    status: Tag
    error_class: str
    next_attempt: Instant | None
    signature: Tag
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """The list as it is shown; `replay_href` asks before it replays all that match."""

    form: FilterForm
    rows: Sequence[EventRow]
    pages: PageLinks
    is_partial: bool
    replay_href: str
    back_href: str


async def show_events(page_request: PageRequest) -> Response:
    """Show the list, with an event beside it if the path names one."""
    return await _show(page_request, is_unmasked=False)


async def show_unmasked(page_request: PageRequest) -> Response:
    """Show an event in the clear, which the audit keeps."""
    return await _show(page_request, is_unmasked=True)


async def _show(page_request: PageRequest, *, is_unmasked: bool) -> Response:
    given = given_of(page_request, *_FILTERS)
    async with page_request.shared.pool.connection() as conn, conn.transaction():
        event = None
        if "id" in page_request.request.path_params:
            event = await _event(conn, page_request, given, is_unmasked=is_unmasked)
        listing = await _listing(conn, page_request, given, event)
        newer, older = _neighbours(listing.rows)
        return await show(
            conn,
            page_request,
            "event.html" if event else "events.html",
            "events",
            given.status,
            listing=listing,
            event=event,
            newer=newer,
            older=older,
            empty_list=None if listing.rows else _explain_empty(given, listing),
            said=done_message(page_request),
        )


async def _event(
    conn: Connection, page_request: PageRequest, given: Given, *, is_unmasked: bool
) -> EventView:
    found = await look_at_event(
        conn,
        page_request.actor,
        page_request.path_id("there is no such event"),
        is_unmasked=is_unmasked,
        new_id=page_request.shared.new_id,
    )
    return event_view(found, page_request, query=given.query, is_unmasked=is_unmasked)


def _neighbours(rows: Sequence["EventRow"]) -> tuple[str, str]:
    """Lead from the open event to those above and below it on the same page of the list."""
    place = next((number for number, row in enumerate(rows) if row.is_open), None)
    if place is None:
        return "", ""
    newer = rows[place - 1].href if place else ""
    older = rows[place + 1].href if place + 1 < len(rows) else ""
    return newer, older


async def _listing(
    conn: Connection, page_request: PageRequest, given: Given, event: EventView | None
) -> EventList:
    wanted, before = _read(given, page_request)
    page = (
        await list_ops_events(
            conn, page_request.key.customer_id, wanted, before=before, limit=ROWS_PER_PAGE
        )
        if not given.problems
        else None
    )
    open_id = event.id if event else None
    form = await _form(conn, page_request, given)
    return EventList(
        form=form,
        rows=[_row(event, page_request, given, open_id) for event in (page.events if page else ())],
        pages=page_links(given, EVENTS, page.next_before if page else None),
        is_partial=page is not None and page.is_partial,
        replay_href=_replay_href(given),
        back_href=given.link(EVENTS),
    )


def _read(given: Given, page_request: PageRequest) -> tuple[OpsEventFilter, str | None]:
    wanted = OpsEventFilter(
        channel_id=given.id("channel_id"),
        kind=given.word("kind", get_args(EventKind)),
        status=given.word("status", get_args(EventStatus)),
        error_class=given.read("error_class", read_word),
        provider_message_id=given.values.get("provider_message_id"),
        receipt_words=receipt_words(),
        addresses=given.read("address", read_addresses) or (),
        signature=given.word("signature", get_args(SignatureResult)),
        since=given.time("since", page_request.clock),
        until=given.time("until", page_request.clock),
    )
    return wanted, given.id("before")


def _replay_href(given: Given) -> str:
    """Offer to replay all that match, where a replay can be asked for in the same words."""
    sayable = {"channel_id", "since", "until"}
    if given.problems or set(given.values) - sayable - {"before"} or not given.values:
        return ""
    return given.link(f"{EVENTS}/replay", before="")


async def _form(conn: Connection, page_request: PageRequest, given: Given) -> FilterForm:
    kinds = [(word, plain_word(word)) for word in get_args(EventKind)]
    statuses = [(status, tag.word) for status, tag in STATUS_TAGS.items()]
    signatures = [(signature, tag.word) for signature, tag in SIGNATURE_TAGS.items()]
    return FilterForm(
        action=EVENTS,
        label="Filter the events",
        fields=[
            given.menu("channel_id", "Channel", await channel_choices(conn, page_request)),
            given.menu("status", "Status", statuses),
            given.menu("kind", "Kind", kinds),
            given.field("address", "Address", example="+14155550100", wide=True),
        ],
        more=[
            given.field("provider_message_id", "Provider message id", example="SM…", wide=True),
            given.field("error_class", "Error class", example="unreadable"),
            given.menu("signature", "Signature", signatures),
            given.field("since", "Since", kind="datetime-local"),
            given.field("until", "Until", kind="datetime-local"),
        ],
        clear_href=EVENTS if given.values else "",
    )


def _row(
    row: ListedEvent, page_request: PageRequest, given: Given, open_id: str | None
) -> EventRow:
    return EventRow(
        id=row.event_id,
        href=given.link(f"{EVENTS}/{row.event_id}"),
        at=instant(row.received_at, page_request.clock),
        channel=row.channel_name,
        provider=row.provider,
        kind=plain_word(row.kind),
        provider_message_id=row.provider_message_id or short_id(row.event_id),
        status=STATUS_TAGS[row.status],
        error_class=row.error_class or "" if row.status != "processed" else "",
        next_attempt=instant_or_none(row.next_attempt_at, page_request.clock)
        if row.status == "error"
        else None,
        signature=SIGNATURE_TAGS[row.signature],
        is_open=row.event_id == open_id,
    )


def _explain_empty(given: Given, listing: EventList) -> Empty:
    if given.problems:
        return UNREADABLE_FILTER
    if listing.is_partial:
        return Empty(
            icon="hourglass",
            heading="Nothing yet",
            sentence="The newest events were looked through and none matches.",
            href=listing.pages.next_href,
            link="Look further back",
        )
    if given.values:
        return no_match(EVENTS, "No event matches")
    return Empty(
        icon="waves",
        heading="Nothing has come in yet",
        sentence="The first delivery shows up here. On the server, "
        "inlet channel test NAME sends one.",
    )
