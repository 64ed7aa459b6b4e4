"""What is done to a hook with a button: asked first where it cannot be taken back."""

from collections.abc import Sequence
from datetime import datetime

from starlette.responses import RedirectResponse, Response

from domain.hook import OLD_SECRET_LASTS
from inbox.hooks.hooks import (
    MOST_REPLAYED,
    HookChange,
    HookKit,
    WantedHook,
    change_hook,
    get_delivery,
    get_hook,
    ping_hook,
    remove_hook,
    replay_delivery,
    replay_span,
    rotate_secret,
)
from inbox.hooks.list_page import hook_page, named_hook
from inbox.hooks.page_views import DELIVERIES, HOOKS
from inbox.http.values import NotAcceptable
from inbox.operations.done_message import done_link
from inbox.operations.page_filters import parse_time
from inbox.operations.page_format import instant, number
from inbox.operations.page_views import Pair, Question
from inbox.operations.recovery_page import Act
from inbox.page.form_idempotency import submit_once
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import Handler, PageRequest
from store.database import Connection
from store.hook_deliveries import ListedDelivery
from store.hooks import StoredHook

_OLD_HOURS = int(OLD_SECRET_LASTS.total_seconds() // 3600)


def testing(kit: HookKit) -> Handler:
    """Make what posts a `ping.v1`, and leads to what comes of it."""

    async def handle(page_request: PageRequest) -> Response:
        hook_id, now = named_hook(page_request), page_request.shared.clock()
        async with page_request.shared.pool.connection() as conn, conn.transaction():
            queued = await ping_hook(conn, page_request.actor, kit, hook_id, now)
        return RedirectResponse(f"{DELIVERIES}/{queued.id}", 303, headers=PAGE_HEADERS)

    return handle


async def ask_rotate(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a hook gets another secret."""
    return _question(
        await _named(conn, page_request),
        "rotate",
        heading="Give this hook a new secret?",
        sentences=[
            f"It is shown only once. For {_OLD_HOURS} hours each request is signed with both, so "
            "that the receiver can change in peace."
        ],
        button="Make a new secret",
    )


def rotating(kit: HookKit) -> Handler:
    """Make what gives a hook another secret, once however often its form is sent; shows it."""

    async def handle(page_request: PageRequest) -> Response:
        hook_id, now = named_hook(page_request), page_request.shared.clock()
        made: list[tuple[StoredHook, str]] = []

        async def rotate(conn: Connection) -> str:
            made.append(await rotate_secret(conn, page_request.actor, kit, hook_id, now))
            return done_link(f"{HOOKS}/{hook_id}", "hook_rotated")

        async with page_request.shared.pool.connection() as conn, conn.transaction():
            place = await submit_once(conn, page_request, rotate)
        if not made:
            return RedirectResponse(place, 303, headers=PAGE_HEADERS)
        async with page_request.shared.pool.connection() as conn:
            return await hook_page(conn, page_request, *made[0])

    return handle


async def ask_enable(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a hook is switched on."""
    hook = await _named(conn, page_request)
    return _question(
        hook,
        "enable",
        heading="Switch this hook on?",
        sentences=[
            "It is told what happens from now on, and what was waiting when it was switched off."
        ],
        button="Switch on",
        count=1 if hook.disabled_at else 0,
        unavailable="It is on already.",
    )


async def ask_disable(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a hook is switched off."""
    hook = await _named(conn, page_request)
    return _question(
        hook,
        "disable",
        heading="Switch this hook off?",
        sentences=[
            "What waits for it is kept for 30 days. What happens while it is off is told to nobody."
        ],
        button="Switch off",
        count=0 if hook.disabled_at else 1,
        unavailable="It is off already.",
        is_grave=True,
    )


def switching(kit: HookKit, *, is_enabled: bool) -> Act:
    """Make what switches a hook on or off."""

    async def act(conn: Connection, page_request: PageRequest) -> str:
        hook_id = named_hook(page_request)
        change = HookChange(wanted=_as_it_is, is_enabled=is_enabled, version=None)
        await change_hook(
            conn, page_request.actor, kit, hook_id, change, page_request.shared.clock()
        )
        done = "hook_enabled" if is_enabled else "hook_disabled"
        return done_link(f"{HOOKS}/{hook_id}", done)

    return act


async def ask_remove(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a hook is forgotten."""
    return _question(
        await _named(conn, page_request),
        "remove",
        heading="Remove this hook?",
        sentences=["It is forgotten, with what waits for it and with its log."],
        button="Remove",
        is_grave=True,
    )


def removing(kit: HookKit) -> Act:
    """Make what forgets a hook."""

    async def act(conn: Connection, page_request: PageRequest) -> str:
        await remove_hook(conn, page_request.actor, kit, named_hook(page_request))
        return done_link(HOOKS, "hook_removed")

    return act


async def ask_replay_span(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before the events of a span are posted once more."""
    hook = await _named(conn, page_request)
    try:
        after, before = _span_of(page_request)
    except NotAcceptable:
        return _nothing_to_replay(hook, "Both times are needed, as a date and a time each.")
    if not after < before:
        return _nothing_to_replay(hook, "The span ends before it begins.")
    fields = [("after", after.isoformat()), ("before", before.isoformat())]
    if _wants_failed(page_request):
        fields.append(("status", "failed"))
    clock = page_request.clock
    return _question(
        hook,
        "replay",
        heading="Replay this span?",
        sentences=[
            "What happened in it and is no longer waiting is posted once more, the oldest first, "
            f"under the same ids; up to {number(MOST_REPLAYED)} events at once. What was deleted "
            "meanwhile is told to nobody."
        ],
        button="Replay",
        fields=fields,
        samples=[
            Pair(label="From", at=instant(after, clock)),
            Pair(label="Until", at=instant(before, clock)),
            Pair(
                label="Which",
                text="Those that were given up" if _wants_failed(page_request) else "All",
            ),
        ],
    )


def replaying_span(kit: HookKit) -> Act:
    """Make what posts the events of a span once more."""

    async def act(conn: Connection, page_request: PageRequest) -> str:
        hook_id, (after, before) = named_hook(page_request), _span_of(page_request)
        count = await replay_span(
            conn,
            page_request.actor,
            kit,
            hook_id,
            after=after,
            before=before,
            status="failed" if _wants_failed(page_request) else None,
            now=page_request.shared.clock(),
        )
        return done_link(f"{HOOKS}/{hook_id}", "hook_replayed", count)

    return act


async def ask_replay(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before an event is posted once more."""
    delivery = await named_delivery(conn, page_request)
    path = f"{DELIVERIES}/{delivery.id}"
    return Question(
        heading="Post this event once more?",
        sentences=[
            "Under the same id, by which the receiver knows whether it did it; and with what is "
            "true now."
        ],
        samples=[Pair(label="Event", text=delivery.type, is_code=True)],
        action=f"{path}/replay",
        button="Replay",
        back_href=path,
        back="Back to the event",
        place="hooks",
        count=0 if delivery.status == "pending" else 1,
        unavailable="It is still to be delivered.",
        needs_reason=False,
    )


def replaying(kit: HookKit) -> Act:
    """Make what posts an event once more."""

    async def act(conn: Connection, page_request: PageRequest) -> str:
        delivery = await named_delivery(conn, page_request)
        now = page_request.shared.clock()
        await replay_delivery(conn, page_request.actor, kit, delivery.id, now)
        return done_link(f"{DELIVERIES}/{delivery.id}", "hook_replayed", 1)

    return act


async def named_delivery(conn: Connection, page_request: PageRequest) -> ListedDelivery:
    """Find the delivery that the path names.

    Raises: NotFound.
    """
    delivery_id = page_request.path_id("there is no such hook delivery")
    return await get_delivery(conn, page_request.key.customer_id, delivery_id)


async def _named(conn: Connection, page_request: PageRequest) -> StoredHook:
    return await get_hook(conn, page_request.key.customer_id, named_hook(page_request))


def _as_it_is(held: StoredHook) -> WantedHook:
    return WantedHook(url=held.url, types=held.types, channel_id=held.channel_id)


def _given(page_request: PageRequest, name: str) -> str:
    if page_request.request.method == "POST":
        return page_request.form.get(name, "")
    return page_request.request.query_params.get(name, "")


def _span_of(page_request: PageRequest) -> tuple[datetime, datetime]:
    """Read from when until when; without a zone in the reader's.

    Raises: NotAcceptable.
    """
    clock = page_request.clock
    after = parse_time(_given(page_request, "after"), clock)
    return after, parse_time(_given(page_request, "before"), clock)


def _wants_failed(page_request: PageRequest) -> bool:
    return _given(page_request, "status") == "failed"


def _nothing_to_replay(hook: StoredHook, why: str) -> Question:
    return _question(
        hook,
        "replay",
        heading="Replay a span",
        sentences=[],
        button="Replay",
        count=0,
        unavailable=why,
    )


def _question(
    hook: StoredHook,
    action: str,
    *,
    heading: str,
    sentences: Sequence[str],
    button: str,
    fields: Sequence[tuple[str, str]] = (),
    samples: Sequence[Pair] = (),
    count: int = 1,
    unavailable: str = "",
    is_grave: bool = False,
) -> Question:
    return Question(
        heading=heading,
        sentences=sentences,
        samples=[Pair(label="Hook", text=hook.url), *samples],
        action=f"{HOOKS}/{hook.id}/{action}",
        button=button,
        back_href=f"{HOOKS}/{hook.id}",
        back="Back to the hook",
        place="hooks",
        fields=fields,
        count=count,
        unavailable=unavailable,
        is_grave=is_grave,
        needs_reason=False,
    )
