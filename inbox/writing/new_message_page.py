"""A new message by a plain form: whom to write to, from which channel, and what.

It is sent as the API sends one. What is wrong with it is said beside what was typed.
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from domain.errors import (
    Conflict,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    OptedOut,
    QuotaExceeded,
    RecipientSuppressed,
    Refusal,
    ValidationFailed,
    WindowClosed,
    invalid_field,
)
from inbox.conversations.list_page import gather_list, gather_rail
from inbox.conversations.list_rows import CHANNELS
from inbox.conversations.page_queries import asked_of
from inbox.conversations.thread_page import read_agents
from inbox.conversations.timeline import UNDO_SECONDS
from inbox.http.paging import MOST_ROWS
from inbox.http.shared import Shared
from inbox.live.cursor import write_cursor
from inbox.page.form_idempotency import SEND_KEY, submit_once
from inbox.page.html import PAGE_HEADERS, Pages
from inbox.page.page_request import PageRequest, page_route
from inbox.page.shortcuts import SHORTCUTS
from inbox.settings.sending_channel import longest_text, obstacle_of
from inbox.writing.new_message_form import SendingChannel, Typed, mailboxes, read_typed, show_form
from inbox.writing.reply import Desk, Written, start_mail, start_text
from inbox.writing.uploads import MOST_FORM_BYTES, bring_files_of_form
from store.canned_replies import list_canned_replies
from store.changes import cursor_of_now
from store.channels import StoredChannel, find_channel, list_channels
from store.database import Connection

_LONGEST_ADDRESS = 400
_SAID_BESIDE = (
    ValidationFailed, Conflict, QuotaExceeded, RecipientSuppressed, OptedOut, WindowClosed,
)  # fmt: skip


def new_message_routes(shared: Shared, pages: Pages) -> list[BaseRoute]:
    """Make the routes of the form."""
    path, scope = "/new", "messages:write"
    return [
        page_route(shared, pages, path, "page_new", _show, scope=scope),
        page_route(
            shared,
            pages,
            path,
            "page_send_new",
            _send,
            method="POST",
            scope=scope,
            most_bytes=MOST_FORM_BYTES,
        ),
    ]


async def _show(page_request: PageRequest) -> Response:
    to = page_request.request.query_params.get("to", "")[:_LONGEST_ADDRESS]
    return await _page(page_request, Typed(to=to), send_key=page_request.shared.new_id())


async def _send(page_request: PageRequest) -> Response:
    typed = read_typed(page_request.form)

    async def write(conn: Connection) -> str:
        return await _write(conn, page_request, typed)

    try:
        async with page_request.shared.pool.connection() as conn, conn.transaction():
            conversation_id = await submit_once(conn, page_request, write)
    except _SAID_BESIDE as refusal:
        return await _page(
            page_request, typed, send_key=page_request.form[SEND_KEY], refusal=refusal
        )
    except IdempotencyInProgress:
        running = IdempotencyInProgress(
            "it is being sent just now: send it again to see it, it goes out once"
        )
        return await _page(
            page_request, typed, send_key=page_request.form[SEND_KEY], refusal=running
        )
    except IdempotencyKeyReused:
        changed = IdempotencyKeyReused(
            "this form was sent before it was changed: send it again for a second message"
        )
        return await _page(
            page_request, typed, send_key=page_request.shared.new_id(), refusal=changed
        )
    page_request.shared.poke()
    return RedirectResponse(f"/inbox/c/{conversation_id}", 303, headers=PAGE_HEADERS)


async def _write(conn: Connection, page_request: PageRequest, typed: Typed) -> str:
    """Queue the message; return the id of its conversation."""
    stored = await find_channel(conn, page_request.key.customer_id, typed.channel_id)
    if stored is None:
        raise invalid_field("channel_id", "unknown", "one of the channels")
    channel_id = stored.channel.id
    desk = Desk(now=page_request.clock.now, new_id=page_request.shared.new_id)
    if stored.channel.kind == "email":
        mail = Written(
            body=typed.text,
            subject=typed.subject.strip() or None,
            undo_seconds=UNDO_SECONDS,
            own_address=typed.own_address or None,
            attachment_ids=await bring_files_of_form(conn, page_request),
        )
        to, cc = mailboxes(typed.to), mailboxes(typed.cc)
        queued = await start_mail(conn, page_request.actor, desk, channel_id, to, cc, mail)
        return queued.conversation_id
    if typed.cc.strip():
        raise invalid_field("cc", "not_allowed", "left out: only an e-mail has one")
    if typed.subject.strip():
        raise invalid_field("subject", "not_allowed", "left out: only an e-mail has one")
    if page_request.files:
        raise invalid_field("attachment_ids", "not_allowed", "left out: only an e-mail has files")
    text = Written(
        body=typed.text, undo_seconds=UNDO_SECONDS, own_address=typed.own_address or None
    )
    queued = await start_text(conn, page_request.actor, desk, channel_id, typed.to.strip(), text)
    return queued.conversation_id


async def _page(
    page_request: PageRequest, typed: Typed, *, send_key: str, refusal: Refusal | None = None
) -> Response:
    """Show the form in the pane of the thread, beside the list."""
    asked = asked_of(page_request)
    customer_id = page_request.key.customer_id
    async with page_request.shared.pool.connection() as conn:
        cursor = write_cursor(await cursor_of_now(conn))
        agents = await read_agents(conn, page_request)
        rail = await gather_rail(conn, page_request, asked)
        listing = await gather_list(conn, page_request, asked, rail, None)
        channels = [
            sending
            for stored in await list_channels(conn, customer_id)
            for sending in _sending_channels(stored)
        ]
        canned = await list_canned_replies(conn, customer_id, after=None, row_count=MOST_ROWS)
    names = {agent.id: agent.name for agent in agents}
    return page_request.pages.respond(
        "inbox.html",
        refusal.status if refusal else 200,
        me=page_request.me(names.get(page_request.key.agent_id or "")),
        theme=page_request.theme,
        csrf=page_request.csrf,
        cursor=cursor,
        rail=rail,
        listing=listing,
        thread=None,
        side=None,
        new=show_form(channels, canned, typed, send_key=send_key, refusal=refusal),
        shortcuts=SHORTCUTS,
    )


def _sending_channels(stored: StoredChannel) -> list[SendingChannel]:
    """List what a channel can send from; one that cannot send stands there once."""
    channel = stored.channel
    obstacle = obstacle_of(stored) or ""
    return [
        SendingChannel(
            id=channel.id,
            kind=channel.kind,
            kind_label=CHANNELS[channel.kind].label,
            name=channel.name,
            own_address=own_address,
            most_characters=longest_text(stored),
            obstacle=obstacle,
        )
        for own_address in ([channel.own_address] if obstacle else channel.own_addresses)
    ]
