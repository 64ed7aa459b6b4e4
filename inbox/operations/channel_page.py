"""One channel as operators change it: switched off or on, and another webhook URL.

A new URL is shown in the answer to the form that asked for it, and nowhere else.
"""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from domain.channel import Channel
from domain.webhook_url import webhook_url
from inbox.operations.done_message import done_link, done_message
from inbox.operations.page_format import instant
from inbox.operations.page_frame import HOME, show
from inbox.operations.page_views import Pair, Question, Tag
from inbox.page.form_idempotency import submit_once
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import Handler, PageRequest
from inbox.settings.channel_access import (
    disable_channel,
    enable_channel,
    named_channel,
    rotate_token,
)
from store.database import Connection
from store.reconciliations import Reconciliation, find_reconciliation

PATH = f"{HOME}/channels"
_PLACE = "overview"


async def show_channel(page_request: PageRequest) -> Response:
    """Show a channel, with what can be changed."""
    async with page_request.shared.pool.connection() as conn:
        channel = await _named(conn, page_request)
        return await _page(conn, page_request, channel, url="")


async def ask_disable(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a channel is switched off."""
    channel = await _named(conn, page_request)
    return _question(
        channel,
        "disable",
        heading="Switch this channel off?",
        sentences=[
            "Its webhooks are answered 503, so that providers repeat them later, and a copy of "
            "each is kept under Quarantine. It sends nothing: what is queued waits."
        ],
        button="Switch off",
        count=0 if channel.is_disabled else 1,
        unavailable="It is switched off already.",
        is_grave=True,
    )


async def ask_enable(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a channel is switched on."""
    channel = await _named(conn, page_request)
    return _question(
        channel,
        "enable",
        heading="Switch this channel on?",
        sentences=[
            "It receives and sends again. What its provider did not repeat lies under Quarantine, "
            "and can be released there."
        ],
        button="Switch on",
        count=1 if channel.is_disabled else 0,
        unavailable="It is switched on already.",
    )


async def ask_rotate(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a channel gets another webhook URL."""
    return _question(
        await _named(conn, page_request),
        "rotate-token",
        heading="Give this channel a new webhook URL?",
        sentences=[
            "The URL of before answers 404 at once, which most providers take as final: paste the "
            "new one there right away. It is shown only once."
        ],
        button="Make a new URL",
        is_grave=True,
    )


async def do_disable(conn: Connection, page_request: PageRequest) -> str:
    """Switch a channel off."""
    channel = await _named(conn, page_request)
    shared = page_request.shared
    await disable_channel(
        conn, page_request.actor, channel, now=shared.clock(), entry_id=shared.new_id()
    )
    return done_link(f"{PATH}/{channel.id}", "disabled")


async def do_enable(conn: Connection, page_request: PageRequest) -> str:
    """Switch a channel on."""
    channel = await _named(conn, page_request)
    entry_id = page_request.shared.new_id()
    await enable_channel(conn, page_request.actor, channel, entry_id=entry_id)
    return done_link(f"{PATH}/{channel.id}", "enabled")


def rotating(new_token: Callable[[], str]) -> Handler:
    """Make what gives a channel another URL, once however often its form is sent, and shows it."""

    async def handle(page_request: PageRequest) -> Response:
        made: list[Channel] = []

        async def rotate(conn: Connection) -> str:
            made.append(await _rotate(conn, page_request, new_token()))
            return done_link(f"{PATH}/{made[0].id}", "rotated")

        async with page_request.shared.pool.connection() as conn, conn.transaction():
            place = await submit_once(conn, page_request, rotate)
        if not made:
            return RedirectResponse(place, 303, headers=PAGE_HEADERS)
        await page_request.shared.heed_channels()
        url = webhook_url(page_request.shared.public_url, made[0])
        async with page_request.shared.pool.connection() as conn:
            return await _page(conn, page_request, made[0], url)

    return handle


async def _rotate(conn: Connection, page_request: PageRequest, token: str) -> Channel:
    channel = await _named(conn, page_request)
    entry_id = page_request.shared.new_id()
    return await rotate_token(conn, page_request.actor, channel, token=token, entry_id=entry_id)


async def _named(conn: Connection, page_request: PageRequest) -> Channel:
    channel_id = page_request.path_id("there is no such channel")
    return await named_channel(conn, page_request.key.customer_id, channel_id)


async def _page(
    conn: Connection, page_request: PageRequest, channel: Channel, url: str
) -> Response:
    since = channel.disabled_at
    known = await find_reconciliation(conn, channel)
    return await show(
        conn,
        page_request,
        "channel.html",
        _PLACE,
        name=channel.name,
        path=f"{PATH}/{channel.id}",
        state=Tag(word="Switched off", tone="warn") if since else Tag(word="On", tone="ok"),
        is_disabled=channel.is_disabled,
        url=url,
        said=done_message(page_request),
        facts=[
            Pair(label="Provider", text=channel.provider),
            Pair(label="Kind", text=channel.kind),
            Pair(label="Own addresses", text=", ".join(channel.own_addresses)),
            *([Pair(label="Off since", at=instant(since, page_request.clock))] if since else []),
            *(_reconciled(known, page_request) if known else ()),
        ],
    )


def _reconciled(known: Reconciliation, page_request: PageRequest) -> list[Pair]:
    """Say how often the provider is asked for what was missed, and what came of it last."""
    minutes = known.every_minutes
    often = f"every {minutes} minutes" if minutes else "when somebody orders it"
    facts = [Pair(label="Missed messages are asked for", text=often)]
    if known.ended_at is None:
        return facts
    told = known.detail or f"{known.new_count} of {known.listed_count} were new"
    return [
        *facts,
        Pair(label="Last asked", at=instant(known.ended_at, page_request.clock)),
        Pair(label="What came of it", text=told),
    ]


def _question(
    channel: Channel,
    action: str,
    *,
    heading: str,
    sentences: list[str],
    button: str,
    count: int = 1,
    unavailable: str = "",
    is_grave: bool = False,
) -> Question:
    return Question(
        heading=heading,
        sentences=sentences,
        samples=[Pair(label="Channel", text=channel.name)],
        action=f"{PATH}/{channel.id}/{action}",
        button=button,
        back_href=f"{PATH}/{channel.id}",
        back="Back to the channel",
        place=_PLACE,
        count=count,
        unavailable=unavailable,
        is_grave=is_grave,
        needs_reason=False,
    )
