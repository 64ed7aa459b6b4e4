"""The events that were given up and wait for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from inbox.http.paging import ROWS_PER_PAGE
from inbox.operations.channel_menu import channel_choices
from inbox.operations.done_message import done_message
from inbox.operations.page_filters import Given, given_of
from inbox.operations.page_format import Instant, counted, instant, plain_word, short_id
from inbox.operations.page_frame import show
from inbox.operations.page_lists import UNREADABLE_FILTER, no_match, page_of
from inbox.operations.page_views import Empty, FilterForm, PageLinks
from inbox.operations.recovery_selection import FILTERS, read_selection
from inbox.page.page_request import PageRequest
from providers import REGISTRY
from store.database import Connection
from store.dead_letters import DeadLetter, count_dead_letters, list_dead_letters

PATH = "/ops/dead-letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """One dead letter."""

    id: str
    href: str
    title: str
    kind: str
    channel: str
    provider: str
    error_class: str
    detail: str
    attempts: str
    received: Instant
    failed: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterList:
    """The list; the two links ask before something is done to all that match."""

    form: FilterForm
    rows: Sequence[LetterRow]
    pages: PageLinks
    total: str
    retry_href: str
    drop_href: str


async def show_dead_letters(page_request: PageRequest) -> Response:
    """Show what waits for somebody."""
    given = given_of(page_request, *FILTERS, "before")
    async with page_request.shared.pool.connection() as conn:
        listing = await _listing(conn, page_request, given)
        return await show(
            conn,
            page_request,
            "dead_letters.html",
            "dead_letters",
            given.status,
            listing=listing,
            empty_list=None if listing.rows else _explain_empty(given),
            said=done_message(page_request),
        )


async def _listing(conn: Connection, page_request: PageRequest, given: Given) -> LetterList:
    customer_id = page_request.key.customer_id
    selection, before = read_selection(given, page_request.clock), given.id("before")
    found = (
        await list_dead_letters(
            conn, customer_id, selection, limit=ROWS_PER_PAGE + 1, before=before
        )
        if not given.problems
        else []
    )
    page = page_of(given, PATH, found, lambda letter: letter.event_id)
    counted_all = await count_dead_letters(conn, customer_id, selection)
    more = (counted_all.is_capped and " or more") or ""
    return LetterList(
        form=await _form(conn, page_request, given),
        rows=[_row(row, page_request) for row in page.rows],
        pages=page.links,
        total=counted(counted_all.count, "dead letter") + more,
        retry_href=given.link(f"{PATH}/retry", before=""),
        drop_href=given.link(f"{PATH}/drop", before=""),
    )


async def _form(conn: Connection, page_request: PageRequest, given: Given) -> FilterForm:
    return FilterForm(
        action=PATH,
        label="Filter the dead letters",
        fields=[
            given.menu("channel_id", "Channel", await channel_choices(conn, page_request)),
            given.field("error_class", "Error class", example="unreadable", wide=True),
            given.menu(
                "provider", "Provider", [(provider, provider) for provider in sorted(REGISTRY)]
            ),
        ],
        more=[
            given.field("since", "Given up since", kind="datetime-local"),
            given.field("until", "Given up until", kind="datetime-local"),
        ],
        clear_href=PATH if given.values else "",
    )


def _row(row: DeadLetter, page_request: PageRequest) -> LetterRow:
    return LetterRow(
        id=row.event_id,
        href=f"/ops/events/{row.event_id}?status=dead_letter",
        title=row.provider_message_id or short_id(row.event_id),
        kind=plain_word(row.kind),
        channel=row.channel_name,
        provider=row.provider,
        error_class=row.error_class,
        detail=row.detail,
        attempts=counted(row.attempts, "attempt"),
        received=instant(row.received_at, page_request.clock),
        failed=instant(row.failed_at, page_request.clock),
    )


def _explain_empty(given: Given) -> Empty:
    if given.problems:
        return UNREADABLE_FILTER
    if given.values:
        return no_match(PATH, "No dead letter matches")
    return Empty(
        icon="circle-check",
        heading="No dead letters",
        sentence="Every event was processed, or still has attempts left.",
    )
