"""`inlet dead`: the events that we stopped trying."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.commands.events import (
    DEFAULT_LIMIT,
    BeforeOption,
    LimitOption,
    event_document,
    get_event,
    show_event,
)
from app.commands.recovery import (
    DEFAULT_RATE,
    ChannelOption,
    ClassOption,
    DryRunOption,
    Filters,
    Manner,
    ProviderOption,
    RateOption,
    ReasonOption,
    SinceOption,
    UntilOption,
    WaitOption,
    do_recovery,
    selection_of,
)
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    event_id,
    operator_session,
    run,
)
from app.terminal_output import show_facts, show_items, show_json, show_table
from domain.errors import OperatorError
from domain.recovery import RecoveryKind
from store.dead_letters import find_dead_letter, list_dead_letters

app = typer.Typer(name="dead", no_args_is_help=True, help="The events that we stopped trying.")

EventsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[EVENT_ID]...", help="Which ones.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All that wait for somebody.")]


@app.command("list")
def list_(
    *,
    error_class: ClassOption = None,
    provider: ProviderOption = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    before: BeforeOption = None,
    limit: LimitOption = DEFAULT_LIMIT,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """List the dead letters that wait for somebody, latest events first."""
    filters = Filters(
        error_class=error_class, provider=provider, channel=channel, since=since, until=until
    )
    run(_list(filters, event_id(before) if before else None, limit, customer, as_json))


@app.command()
def show(
    event: Annotated[str, typer.Argument(metavar="EVENT_ID", help="Id of the event.")],
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Show a dead letter with its event and every failed attempt."""
    run(_show(event_id(event), customer, as_json))


@app.command()
def retry(
    *,
    events: EventsArgument = None,
    all_: AllOption = False,
    error_class: ClassOption = None,
    provider: ProviderOption = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    rate: RateOption = DEFAULT_RATE,
    wait: WaitOption = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Queue dead letters again, as if never tried: by id at once, by filter as a job."""
    filters = Filters(
        error_class=error_class, provider=provider, channel=channel, since=since, until=until
    )
    manner = Manner(
        customer=customer, is_dry_run=dry_run, reason=reason, rate=rate, waits=wait, as_json=as_json
    )
    _recover("retry", events, filters, manner, is_all=all_)


@app.command()
def drop(
    *,
    events: EventsArgument = None,
    all_: AllOption = False,
    error_class: ClassOption = None,
    provider: ProviderOption = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    wait: WaitOption = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Give dead letters up: by id at once, by filter as a job. Their events stay."""
    filters = Filters(
        error_class=error_class, provider=provider, channel=channel, since=since, until=until
    )
    manner = Manner(
        customer=customer,
        is_dry_run=dry_run,
        reason=reason,
        rate=DEFAULT_RATE,
        waits=wait,
        as_json=as_json,
    )
    _recover("drop", events, filters, manner, is_all=all_)


def _recover(
    kind: RecoveryKind, events: list[str] | None, filters: Filters, manner: Manner, *, is_all: bool
) -> None:
    has_filter = filters != Filters()
    if bool(events) == (is_all or has_filter):
        raise OperatorError("say which dead letters: their event ids, or filters, or --all")
    ids = [event_id(event) for event in events] if events else None
    run(do_recovery(kind, ids, filters, manner))


async def _list(
    filters: Filters, before: str | None, limit: int, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session:
        selection = await selection_of(session, None, filters)
        letters = await list_dead_letters(
            session.conn, session.customer_id, selection, limit=limit, before=before
        )
    if as_json:
        show_items(letters)
        return
    show_table(
        ("event", "failed", "channel", "kind", "attempts", "error", "detail"),
        [
            (
                letter.event_id,
                letter.failed_at,
                letter.channel_name,
                letter.kind,
                letter.attempts,
                letter.error_class,
                letter.detail,
            )
            for letter in letters
        ],
        empty="No dead letters. Everything that came in was understood.",
    )


async def _show(wanted: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        letter = await find_dead_letter(session.conn, session.customer_id, wanted)
        if letter is None:
            raise OperatorError("no dead letter has this event id: see `inlet dead list`")
        whole = await get_event(session, wanted)
    if as_json:
        show_json(asdict(letter) | {"event": event_document(whole)})
        return
    show_facts(
        {
            "error": letter.error_class,
            "detail": letter.detail,
            "attempts": letter.attempts,
            "failed": letter.failed_at,
            "resolution": letter.resolution,
            "resolved": letter.resolved_at,
        }
    )
    show_event(whole)
