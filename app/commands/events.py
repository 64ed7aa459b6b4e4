"""`inlet events`: every provider message and receipt, as it came, and what became of it."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated

import typer

from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    event_id,
    get_channel,
    operator_session,
    run,
)
from app.terminal_output import printable, show_facts, show_items, show_json, show_table
from domain.errors import OperatorError
from domain.event import EventKind
from store.event_listing import (
    EventFilter,
    EventStatus,
    FailedAttempt,
    WholeEvent,
    find_event,
    list_events,
)

app = typer.Typer(
    name="events", no_args_is_help=True, help="What providers told us, and what became of it."
)

LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
BeforeOption = Annotated[
    str | None, typer.Option(help="Only events older than this one: its id. For the next page.")
]
DEFAULT_LIMIT = 50


@app.command("list")
def list_(
    *,
    channel: Annotated[str | None, typer.Option(help="Name or id of a channel.")] = None,
    kind: Annotated[EventKind | None, typer.Option(help="What kind of event.")] = None,
    status: Annotated[EventStatus | None, typer.Option(help="What became of it.")] = None,
    provider_id: Annotated[str | None, typer.Option(help="The provider's message id.")] = None,
    before: BeforeOption = None,
    limit: LimitOption = DEFAULT_LIMIT,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """List events, newest first."""
    wanted = EventFilter(
        kind=kind,
        status=status,
        provider_message_id=provider_id,
        before=event_id(before) if before else None,
    )
    run(_list(channel, wanted, limit, customer, as_json))


@app.command()
def show(
    event: Annotated[str, typer.Argument(metavar="EVENT_ID", help="Id of the event.")],
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Show one event whole: headers, body, failures, and the message made of it."""
    run(_show(event_id(event), customer, as_json))


async def get_event(session: OperatorSession, wanted: str) -> WholeEvent:
    """Find an event.

    Raises: OperatorError.
    """
    found = await find_event(session.conn, session.customer_id, wanted)
    if found is None:
        raise OperatorError("no event has this id: see `inlet events list`")
    return found


def event_document(whole: WholeEvent) -> Mapping[str, object]:
    """Write an event for JSON; a body that is no text is in `body_base64` instead of `body`."""
    text = _text(whole.body)
    content = {"body": text} if text is not None else {"body_base64": _base64(whole.body)}
    return asdict(whole.event) | {
        "dedup_key": whole.dedup_key,
        "message_id": whole.message_id,
        "conversation_id": whole.conversation_id,
        "content_type": whole.content_type,
        "headers": dict(whole.headers),
        "failures": list(whole.failures),
        **content,
    }


def show_event(whole: WholeEvent) -> None:
    """Write an event for people: facts, failures, headers, body."""
    event = whole.event
    show_facts(
        {
            "event": event.event_id,
            "status": event.status,
            "channel": event.channel_name,
            "provider": event.provider,
            "kind": event.kind,
            "provider message id": event.provider_message_id,
            "signature": event.signature,
            "received": event.received_at,
            "next attempt": event.next_attempt_at,
            "message": whole.message_id,
            "conversation": whole.conversation_id,
            "content type": whole.content_type,
        }
    )
    show_failures(whole.failures)
    typer.echo("\nHeaders")
    for name, value in sorted(whole.headers.items()):
        typer.echo(printable(f"  {name}: {value}"))
    text = _text(whole.body)
    typer.echo(f"\nBody, {len(whole.body)} bytes" + ("" if text is not None else ", base64"))
    typer.echo(printable(text) if text is not None else _base64(whole.body))


def show_failures(failures: tuple[FailedAttempt, ...]) -> None:
    """Write the failed attempts, if there are any."""
    if not failures:
        return
    typer.echo("\nFailed attempts")
    show_table(
        ("attempt", "error class", "detail", "at"),
        [
            (failed.attempt, failed.error_class, failed.detail, failed.failed_at)
            for failed in failures
        ],
        empty="",
    )


async def _list(
    channel: str | None, wanted: EventFilter, limit: int, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session:
        if channel is not None:
            stored = await get_channel(session, channel)
            wanted = replace(wanted, channel_id=stored.channel.id)
        events = await list_events(session.conn, session.customer_id, wanted, limit)
    if as_json:
        show_items(events)
        return
    show_table(
        ("event", "received", "channel", "kind", "status", "provider message id", "error"),
        [
            (
                event.event_id,
                event.received_at,
                event.channel_name,
                event.kind,
                event.status,
                event.provider_message_id,
                event.error_class,
            )
            for event in events
        ],
        empty="No events match.",
    )


async def _show(wanted: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        whole = await get_event(session, wanted)
    if as_json:
        show_json(event_document(whole))
    else:
        show_event(whole)


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _base64(body: bytes) -> str:
    return b64encode(body).decode()
