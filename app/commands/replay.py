"""`inlet replay`: process settled events again, on purpose."""

from typing import Annotated

import typer

from app.commands.recovery import (
    DEFAULT_RATE,
    ChannelOption,
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
)
from app.operator_session import DEFAULT_CUSTOMER, CustomerOption, JsonOption, event_id, run
from domain.errors import OperatorError

app = typer.Typer()


@app.command()
def replay(
    *,
    events: Annotated[
        list[str] | None, typer.Argument(metavar="[EVENT_ID]...", help="Which events.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every event there is.")] = False,
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
    """Queue settled events again, by id at once, by filter as a job; what is right stays so."""
    filters = Filters(provider=provider, channel=channel, since=since, until=until)
    if bool(events) == (all_ or filters != Filters()):
        raise OperatorError("say which events: their ids, or filters, or --all")
    manner = Manner(
        customer=customer, is_dry_run=dry_run, reason=reason, rate=rate, waits=wait, as_json=as_json
    )
    ids = [event_id(event) for event in events] if events else None
    run(do_recovery("replay", ids, filters, manner))
