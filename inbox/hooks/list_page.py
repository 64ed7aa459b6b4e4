"""The hooks of a customer, and one of them with the log of what it was told."""

from typing import get_args

from starlette.responses import Response

from domain.event_queue import is_event_queue
from domain.hook import DeliveryStatus
from inbox.hooks.hooks import get_hook
from inbox.hooks.page_views import (
    HOOKS,
    STATUS_WORDS,
    delivery_row,
    hook_row,
    note_of,
    state_of,
)
from inbox.http.paging import ROWS_PER_PAGE
from inbox.http.values import number_up_to
from inbox.operations.channel_menu import channel_choices
from inbox.operations.done_message import done_message
from inbox.operations.page_filters import Given, given_of
from inbox.operations.page_format import instant
from inbox.operations.page_frame import show
from inbox.operations.page_lists import UNREADABLE_FILTER, no_match
from inbox.operations.page_views import Empty, FilterForm, PageLinks, Pair
from inbox.page.page_request import PageRequest
from store.channels import find_channel
from store.database import Connection
from store.hook_deliveries import ListedDelivery, list_deliveries, list_waiting
from store.hooks import StoredHook, list_hooks

_NO_HOOKS = Empty(
    icon="webhook",
    heading="No hooks",
    sentence="Let a system of yours be told what happens: messages, their status, conversations, "
    "contacts and notes, as signed requests that are repeated until they are taken.",
    href=f"{HOOKS}/new",
    link="New hook…",
)
_LAST_POSITION = (1 << 63) - 1


async def show_hooks(page_request: PageRequest) -> Response:
    """Show all hooks and how they are."""
    customer_id, clock = page_request.key.customer_id, page_request.clock
    async with page_request.shared.pool.connection() as conn:
        hooks = await list_hooks(conn, customer_id)
        waiting = await list_waiting(conn, customer_id)
        named = dict(await channel_choices(conn, page_request))
        rows = [
            hook_row(hook, waiting.get(hook.id, 0), named.get(hook.channel_id or "", ""), clock)
            for hook in hooks
        ]
        return await show(
            conn,
            page_request,
            "hooks.html",
            "hooks",
            rows=rows,
            empty_list=_NO_HOOKS,
            said=done_message(page_request),
        )


async def show_hook(page_request: PageRequest) -> Response:
    """Show a hook and the log of what it was told."""
    hook_id = named_hook(page_request)
    async with page_request.shared.pool.connection() as conn:
        hook = await get_hook(conn, page_request.key.customer_id, hook_id)
        return await hook_page(conn, page_request, hook)


async def hook_page(
    conn: Connection, page_request: PageRequest, hook: StoredHook, secret: str = ""
) -> Response:
    """Show a hook; a `secret` that was just made is shown with it, this once."""
    path, clock = f"{HOOKS}/{hook.id}", page_request.clock
    given = given_of(page_request, "status", "before")
    status = given.word("status", get_args(DeliveryStatus))
    before = given.read("before", number_up_to(_LAST_POSITION))
    found = (
        await list_deliveries(
            conn,
            hook.customer_id,
            hook.id,
            status=status,
            before=_LAST_POSITION if before is None else before,
            row_count=ROWS_PER_PAGE + 1,
        )
        if not given.problems
        else []
    )
    return await show(
        conn,
        page_request,
        "hook.html",
        "hooks",
        given.status,
        path=path,
        url=hook.url,
        state=state_of(hook),
        is_disabled=hook.disabled_at is not None,
        is_queue=is_event_queue(hook.url),
        note=note_of(hook, clock),
        secret=secret,
        facts=await _facts(conn, page_request, hook),
        form=_filters(given, path),
        rows=[delivery_row(row, hook, clock) for row in found[:ROWS_PER_PAGE]],
        pages=_links(given, path, found),
        empty_list=None if found else _explain_empty(given, path),
        said=done_message(page_request),
    )


def named_hook(page_request: PageRequest) -> str:
    """Read which hook the path names.

    Raises: NotFound.
    """
    return page_request.path_id("there is no such hook")


async def _facts(conn: Connection, page_request: PageRequest, hook: StoredHook) -> list[Pair]:
    clock = page_request.clock
    stored = hook.channel_id and await find_channel(conn, hook.customer_id, hook.channel_id)
    facts = [
        Pair(label="Events", text=", ".join(hook.types)),
        Pair(label="Channel", text=stored.channel.name if stored else "All channels"),
        Pair(label="Made", at=instant(hook.created_at, clock)),
    ]
    if hook.disabled_at:
        facts.append(Pair(label="Off since", at=instant(hook.disabled_at, clock)))
    if hook.second_secret_until and hook.second_secret_until > clock.now:
        until = instant(hook.second_secret_until, clock)
        facts.append(Pair(label="Signed with the old secret too, until", at=until))
    return [*facts, Pair(label="Id", text=hook.id, is_code=True)]


def _filters(given: Given, path: str) -> FilterForm:
    choices = [(status, tag.word) for status, tag in STATUS_WORDS.items()]
    return FilterForm(
        action=path,
        label="Filter what it was told",
        fields=[given.menu("status", "Status", choices)],
        clear_href=path if given.values else "",
    )


def _links(given: Given, path: str, found: list[ListedDelivery]) -> PageLinks:
    has_more = len(found) > ROWS_PER_PAGE
    following = str(found[ROWS_PER_PAGE - 1].position) if has_more else ""
    return PageLinks(
        first_href=given.link(path, before="") if given.values.get("before") else "",
        next_href=given.link(path, before=following) if following else "",
    )


def _explain_empty(given: Given, path: str) -> Empty:
    if given.problems:
        return UNREADABLE_FILTER
    if given.values:
        return no_match(path, "No event matches")
    return Empty(
        icon="webhook",
        heading="Nothing was told yet",
        sentence="What happens from now on is posted and listed here. Send a test to see whether "
        "the receiver takes it.",
    )
