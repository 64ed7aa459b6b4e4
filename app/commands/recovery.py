"""What retrying, dropping and replaying have in common at the terminal: options and the outcome."""

from dataclasses import dataclass
from typing import Annotated

import typer

from app.clock import utc_now
from app.ids import new_id
from app.job_progress import follow_job, show_job, warn_without_worker
from app.operator_session import OperatorSession, get_channel, operator_session
from app.terminal_output import show_json
from app.time_option import parse_time
from domain.actor import Actor
from domain.recovery import EVENTS_PER_SECOND, EventSelection, Order, RecoveryKind
from inbox.operations.recovery import Recovery, count_selected, recover

ClassOption = Annotated[str | None, typer.Option("--class", help="Only this error class.")]
ProviderOption = Annotated[str | None, typer.Option(help="Only of this provider.")]
ChannelOption = Annotated[str | None, typer.Option(help="Only of this channel: name or id.")]
SinceOption = Annotated[
    str | None, typer.Option(help="Only from then on: a time, or how long ago (30m, 2h, 7d).")
]
UntilOption = Annotated[str | None, typer.Option(help="Only before then, given likewise.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only count; change nothing.")]
ReasonOption = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
RateOption = Annotated[int, typer.Option(min=1, help="The most events queued in a second.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Follow the job until it ends.")]
DEFAULT_RATE = EVENTS_PER_SECOND

_DONE_AS: dict[RecoveryKind, str] = {"retry": "queued", "drop": "dropped", "replay": "queued"}
_DONE: dict[RecoveryKind, str] = {
    "retry": "Queued {} again.",
    "drop": "Dropped {}.",
    "replay": "Queued {} again.",
}
_WOULD: dict[RecoveryKind, tuple[str, str]] = {
    "retry": ("dead letter", "would be queued again"),
    "drop": ("dead letter", "would be dropped"),
    "replay": ("event", "would be queued again"),
}
_NOTHING: dict[RecoveryKind, str] = {
    "retry": "No dead letters to retry.",
    "drop": "No dead letters to drop.",
    "replay": "Nothing to do: no events match, or they wait already.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What filters say, as they stand on the command line."""

    error_class: str | None = None
    provider: str | None = None
    channel: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an order is to be done, and its outcome shown."""

    customer: str
    is_dry_run: bool
    reason: str | None
    rate: int
    waits: bool
    as_json: bool


async def selection_of(
    session: OperatorSession, ids: list[str] | None, filters: Filters
) -> EventSelection:
    """Say which are meant.

    Raises: OperatorError.
    """
    channel = None if filters.channel is None else await get_channel(session, filters.channel)
    now = utc_now()
    return EventSelection(
        ids=None if ids is None else tuple(sorted(set(ids))),
        error_class=filters.error_class,
        provider=filters.provider,
        channel_id=channel.channel.id if channel else None,
        since=parse_time(filters.since, "--since", now) if filters.since else None,
        until=parse_time(filters.until, "--until", now) if filters.until else None,
    )


async def do_recovery(
    kind: RecoveryKind, ids: list[str] | None, filters: Filters, manner: Manner
) -> None:
    """Count, do at once, or ask for a job; say what came of it."""
    async with operator_session(manner.customer) as session:
        selection = await selection_of(session, ids, filters)
        if manner.is_dry_run:
            await _count(session, kind, selection, manner.as_json)
            return
        order = Order(reason=manner.reason, events_per_second=manner.rate)
        actor = Actor(customer_id=session.customer_id)
        async with session.conn.transaction():
            done = await recover(session.conn, actor, kind, selection, order, new_id=new_id)
        await _show(session, kind, done, manner)


async def _count(
    session: OperatorSession, kind: RecoveryKind, selection: EventSelection, as_json: bool
) -> None:
    counted = await count_selected(session.conn, session.customer_id, kind, selection)
    if as_json:
        show_json({"count": counted.count, "capped": counted.is_capped})
        return
    what, would = _WOULD[kind]
    number = f"{counted.count:,}{' or more' if counted.is_capped else ''}"
    typer.echo(f"{number} {what}{'' if counted.count == 1 else 's'} {would}.")


async def _show(
    session: OperatorSession, kind: RecoveryKind, done: Recovery, manner: Manner
) -> None:
    job = done.job
    if job is None:
        if manner.as_json:
            show_json({_DONE_AS[kind]: done.count})
        else:
            typer.echo(_DONE[kind].format(done.count) if done.count else _NOTHING[kind])
        return
    await warn_without_worker(session)
    if manner.waits:
        job = await follow_job(session, job)
    show_job(job, manner.as_json)
    if not manner.waits and not manner.as_json:
        typer.echo(f"\nFollow it with: inlet jobs show {job.id} --wait")
