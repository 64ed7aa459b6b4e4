"""Deliveries whose signature did not match: the list, and one of them against what was expected."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from domain.delivery import SignatureCheck
from inbox.http.paging import ROWS_PER_PAGE
from inbox.http.values import read_word
from inbox.operations.channel_menu import channel_choices
from inbox.operations.done_message import done_message
from inbox.operations.page_filters import Given, given_of
from inbox.operations.page_format import Instant, instant, instant_or_none, plain_word, short_id
from inbox.operations.page_frame import show
from inbox.operations.page_lists import UNREADABLE_FILTER, no_match, page_of
from inbox.operations.page_views import Empty, FilterForm, Notice, Pair
from inbox.operations.quarantine import Inspection, Inspector
from inbox.operations.received import (
    look_at_quarantined,
    shown_body,
    shown_headers,
    shown_text,
    without_token,
)
from inbox.page.display_format import file_size
from inbox.page.page_request import Handler, PageRequest
from store.database import Connection
from store.quarantine import Quarantined, QuarantineFilter, list_quarantined

PATH = "/ops/quarantine"
_FILTERS = ("channel_id", "reason", "released", "since", "until", "before")
_RELEASED = {"no": False, "yes": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """One refused delivery."""

    href: str
    title: str
    at: Instant
    channel: str
    provider: str
    reason: str
    size: str
    released: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was signed and how: the received signatures against those that were expected."""

    base: str
    expected: Sequence[str]
    received: Sequence[tuple[str, bool]]
    is_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedView:
    """One refused delivery whole. Masked, texts show only the form of what came."""

    id: str
    title: str
    facts: Sequence[Pair]
    note: Notice
    compared: Compared | None
    headers: Sequence[tuple[str, str]]
    body: str
    is_unmasked: bool
    release_href: str


async def show_quarantine(page_request: PageRequest) -> Response:
    """Show the refused deliveries, latest first."""
    given = given_of(page_request, *_FILTERS)
    wanted, before = _read(given, page_request), given.id("before")
    async with page_request.shared.pool.connection() as conn:
        found = (
            await list_quarantined(
                conn,
                page_request.key.customer_id,
                wanted,
                limit=ROWS_PER_PAGE + 1,
                before=before,
            )
            if not given.problems
            else []
        )
        page = page_of(given, PATH, found, lambda row: row.id)
        return await show(
            conn,
            page_request,
            "quarantine.html",
            "quarantine",
            given.status,
            form=await _form(conn, page_request, given),
            rows=[_row(row, page_request) for row in page.rows],
            pages=page.links,
            empty_list=_explain_empty(given),
            said=done_message(page_request),
        )


def refused_page(inspector: Inspector, *, is_unmasked: bool) -> Handler:
    """Make the page of one refused delivery; in the clear, the audit keeps who looked."""

    async def show_refused(page_request: PageRequest) -> Response:
        delivery_id = named_delivery(page_request)
        async with page_request.shared.pool.connection() as conn, conn.transaction():
            inspection = await look_at_quarantined(
                conn,
                page_request.actor,
                delivery_id,
                inspector,
                is_unmasked=is_unmasked,
                new_id=page_request.shared.new_id,
            )
            return await show(
                conn,
                page_request,
                "refused_delivery.html",
                "quarantine",
                refused=_view(inspection, page_request, is_unmasked=is_unmasked),
                said=done_message(page_request),
            )

    return show_refused


def named_delivery(page_request: PageRequest) -> str:
    """Read which delivery the path names.

    Raises: NotFound.
    """
    return page_request.path_id("there is no such refused delivery")


def _read(given: Given, page_request: PageRequest) -> QuarantineFilter:
    released = given.word("released", tuple(_RELEASED))
    return QuarantineFilter(
        channel_id=given.id("channel_id"),
        reason=given.read("reason", read_word),
        since=given.time("since", page_request.clock),
        until=given.time("until", page_request.clock),
        is_released=_RELEASED[released] if released else None,
    )


async def _form(conn: Connection, page_request: PageRequest, given: Given) -> FilterForm:
    return FilterForm(
        action=PATH,
        label="Filter the refused deliveries",
        fields=[
            given.menu("channel_id", "Channel", await channel_choices(conn, page_request)),
            given.field("reason", "Reason", example="bad_signature"),
            given.menu("released", "Released", [("no", "Not yet"), ("yes", "Released")]),
        ],
        more=[
            given.field("since", "Since", kind="datetime-local"),
            given.field("until", "Until", kind="datetime-local"),
        ],
        clear_href=PATH if given.values else "",
    )


def _row(row: Quarantined, page_request: PageRequest) -> RefusedRow:
    return RefusedRow(
        href=f"{PATH}/{row.id}",
        title=short_id(row.id),
        at=instant(row.received_at, page_request.clock),
        channel=row.channel_name,
        provider=row.provider,
        reason=row.reason,
        size=file_size(row.body_bytes) + (" (cut)" if row.is_cut else ""),
        released=instant_or_none(row.released_at, page_request.clock),
    )


def _view(inspection: Inspection, page_request: PageRequest, *, is_unmasked: bool) -> RefusedView:
    found = inspection.found
    listed = found.listed
    is_open = listed.released_at is None and not listed.is_cut
    content_type = found.headers.get("content-type", "")
    return RefusedView(
        id=listed.id,
        title=short_id(listed.id),
        facts=_facts(inspection, page_request),
        note=_note(inspection, page_request),
        compared=_compared(inspection.check, is_unmasked) if inspection.check else None,
        headers=sorted(shown_headers(found.headers, is_unmasked=is_unmasked).items()),
        body=shown_body(found.body, content_type, is_unmasked=is_unmasked),
        is_unmasked=is_unmasked,
        release_href=f"{PATH}/{listed.id}/release" if is_open else "",
    )


def _facts(inspection: Inspection, page_request: PageRequest) -> list[Pair]:
    listed = inspection.found.listed
    size = file_size(listed.body_bytes)
    return [
        Pair(
            label="Channel", text=listed.channel_name, href=f"{PATH}?channel_id={listed.channel_id}"
        ),
        Pair(label="Provider", text=listed.provider),
        Pair(label="Received", at=instant(listed.received_at, page_request.clock)),
        Pair(label="Refused for", text=plain_word(listed.reason)),
        Pair(label="Request", text=f"{listed.method} {without_token(inspection.found.url)}/…"),
        Pair(
            label="Body",
            text=f"{size}, of which {file_size(listed.kept_bytes)} are kept"
            if listed.is_cut
            else size,
        ),
        Pair(label="Id", text=listed.id, is_code=True),
    ]


def _note(inspection: Inspection, page_request: PageRequest) -> Notice:
    listed = inspection.found.listed
    if listed.released_at:
        ago = instant(listed.released_at, page_request.clock).ago
        return Notice(text=f"It was released {ago}; its events are recorded.", tone="ok")
    if inspection.obstacle is None:
        text = "With the channel's present secrets the signature matches: it can be released."
        return Notice(text=text, tone="ok")
    obstacle = f"{inspection.obstacle[:1].upper()}{inspection.obstacle[1:]}."
    return Notice(text=obstacle, tone="fail" if inspection.check else "warn")


def _compared(check: SignatureCheck, is_unmasked: bool) -> Compared:
    return Compared(
        base=shown_text(check.base, is_unmasked=is_unmasked),
        expected=check.expected,
        received=[
            (signature, check.is_match and signature in check.expected)
            for signature in check.received
        ],
        is_match=check.is_match,
    )


def _explain_empty(given: Given) -> Empty:
    if given.problems:
        return UNREADABLE_FILTER
    if given.values:
        return no_match(PATH, "No refused delivery matches")
    return Empty(
        icon="circle-check",
        heading="Nothing was refused",
        sentence="Every delivery had the signature that its channel asks for.",
    )
