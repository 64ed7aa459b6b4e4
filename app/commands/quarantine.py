"""`inlet quarantine`: deliveries that were refused because of their signature."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated
from uuid import UUID

import typer

from app.clock import utc_now
from app.commands.events import DEFAULT_LIMIT, LimitOption
from app.commands.recovery import ChannelOption, ReasonOption, SinceOption, UntilOption
from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    get_channel,
    operator_session,
    run,
)
from app.terminal_output import printable, show_facts, show_items, show_json, show_table
from app.time_option import parse_time
from domain.actor import Actor
from domain.errors import OperatorError
from inbox.operations.quarantine import (
    Inspection,
    Inspector,
    inspect_quarantined,
    release_quarantined,
)
from providers import REGISTRY
from store.quarantine import QuarantineFilter, list_quarantined

app = typer.Typer(
    name="quarantine",
    no_args_is_help=True,
    help="Deliveries that were refused because of their signature.",
)

DeliveryArgument = Annotated[
    str, typer.Argument(metavar="DELIVERY_ID", help="Id of the refused delivery.")
]
_LONGEST_SHOWN = 4_000


@app.command("list")
def list_(
    *,
    channel: ChannelOption = None,
    verdict: Annotated[
        str | None, typer.Option("--verdict", help="Only refused for this: bad_signature, ...")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    released: Annotated[
        bool | None, typer.Option("--released/--waiting", help="Only those let through, or not.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="Only those older than this one: its id. For the next page.")
    ] = None,
    limit: LimitOption = DEFAULT_LIMIT,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """List refused deliveries, latest first."""
    now = utc_now()
    wanted = QuarantineFilter(
        reason=verdict,
        since=parse_time(since, "--since", now) if since else None,
        until=parse_time(until, "--until", now) if until else None,
        is_released=released,
    )
    run(_list(channel, wanted, _id(before) if before else None, limit, customer, as_json))


@app.command()
def show(
    delivery: DeliveryArgument,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Show why one was refused: the signature computed with the present secrets, and the given."""
    run(_show(_id(delivery), customer, as_json))


@app.command()
def release(
    delivery: DeliveryArgument,
    *,
    reason: ReasonOption = None,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Even if its signature does not match.")
    ] = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Let one through, once its signature matches: however old it is by now."""
    run(_release(_id(delivery), reason, unverified, customer, as_json))


async def _list(
    channel: str | None,
    wanted: QuarantineFilter,
    before: str | None,
    limit: int,
    customer: str,
    as_json: bool,
) -> None:
    async with operator_session(customer) as session:
        if channel is not None:
            stored = await get_channel(session, channel)
            wanted = replace(wanted, channel_id=stored.channel.id)
        found = await list_quarantined(
            session.conn, session.customer_id, wanted, limit=limit, before=before
        )
    if as_json:
        show_items(found)
        return
    show_table(
        ("delivery", "received", "channel", "provider", "refused for", "bytes", "released"),
        [
            (
                delivery.id,
                delivery.received_at,
                delivery.channel_name,
                delivery.provider,
                delivery.reason,
                delivery.body_bytes,
                delivery.released_at,
            )
            for delivery in found
        ],
        empty="No refused deliveries match.",
    )


async def _show(delivery_id: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        seen = await inspect_quarantined(
            session.conn, session.customer_id, delivery_id, _inspector(session)
        )
    if as_json:
        show_json(_document(seen))
    else:
        _show_inspection(seen)


async def _release(
    delivery_id: str, reason: str | None, unverified: bool, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        done = await release_quarantined(
            session.conn,
            Actor(customer_id=session.customer_id),
            delivery_id,
            _inspector(session),
            reason=reason,
            is_unverified=unverified,
            new_id=new_id,
        )
    if as_json:
        show_json(done)
        return
    for event_id in done.event_ids:
        known = " (it had arrived otherwise)" if event_id in done.known_ids else ""
        typer.echo(f"Released as event {event_id}{known}")


def _inspector(session: OperatorSession) -> Inspector:
    public_url = session.settings.web_url
    return Inspector(providers=REGISTRY, sealer=session.sealer, public_url=public_url)


def _document(seen: Inspection) -> Mapping[str, object]:
    found = seen.found
    text = _text(found.body)
    content = {"body": text} if text is not None else {"body_base64": _base64(found.body)}
    return asdict(found.listed) | {
        "url": found.url,
        "headers": dict(found.headers),
        "obstacle": seen.obstacle,
        "check": seen.check and asdict(seen.check),
        **content,
    }


def _show_inspection(seen: Inspection) -> None:
    listed = seen.found.listed
    show_facts(
        {
            "delivery": listed.id,
            "channel": listed.channel_name,
            "provider": listed.provider,
            "received": listed.received_at,
            "refused for": listed.reason,
            "released": listed.released_at,
            "request": f"{listed.method} {seen.found.url}",
            "bytes": listed.body_bytes,
            "kept bytes": listed.kept_bytes if listed.is_cut else None,
            "now": seen.obstacle or "its signature matches: it can be released",
        }
    )
    if seen.check is not None:
        typer.echo("\nReceived signature")
        _show_lines(seen.check.received or ("none",))
        typer.echo("\nExpected, with the channel's present secrets")
        _show_lines(seen.check.expected or ("none",))
        typer.echo("\nWhat is signed")
        _show_lines((_shortened(seen.check.base),))
    typer.echo("\nHeaders")
    _show_lines([f"{name}: {value}" for name, value in sorted(seen.found.headers.items())])
    text = _text(seen.found.body)
    typer.echo("\nBody" + ("" if text is not None else ", base64"))
    typer.echo(_shortened(printable(text) if text is not None else _base64(seen.found.body)))


def _show_lines(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(printable(f"  {line}"))


def _shortened(text: str) -> str:
    more = len(text) - _LONGEST_SHOWN
    return text if more <= 0 else f"{text[:_LONGEST_SHOWN]}\n({more} more characters: see --json)"


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _base64(body: bytes) -> str:
    return b64encode(body).decode()


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise OperatorError("a delivery id is a UUID: see `inlet quarantine list`") from None
