"""`inlet reconcile`: ask a channel's provider what came in, and keep what was missed."""

from datetime import datetime
from typing import Annotated

import typer

from app.clock import utc_now
from app.listing_channel import lister_of
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    get_channel,
    operator_session,
    run,
)
from app.terminal_output import show_facts, show_json
from app.time_option import parse_time
from app.work import listing_client, listing_config
from domain.errors import OperatorError
from store.database import Connection
from store.reconciliations import find_coverage, hold_channel
from worker.listing.list_messages import MessageList
from worker.listing.reconcile import Span, span_of, take_list

app = typer.Typer()


@app.command()
def reconcile(
    *,
    channel: Annotated[str, typer.Option(help="Name or id of the channel.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="What came in since: a time, or how long ago, as 2h. "
            "Else since the last time, or 24h."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what is missing.")] = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Ask a channel's provider for the messages that came in, and keep those that are not here."""
    moment = parse_time(since, "--since", utc_now()) if since else None
    run(_reconcile(channel, moment, dry_run, customer, as_json))


async def _reconcile(
    name_or_id: str, since: datetime | None, is_dry_run: bool, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session, listing_client() as client:
        stored = await get_channel(session, name_or_id)
        provider, channel = lister_of(stored), stored.open(session.sealer)
        config = listing_config(session.settings, client)
        span = span_of(await find_coverage(session.conn, channel), provider, config, since)
        found = MessageList(
            config=config, provider=provider, channel=channel, since=span.since, hold=None
        )
        take = _count if is_dry_run else _take
        await take(session.conn, found, span)
    if found.failed:
        raise OperatorError(f"{channel.name}: {found.failed.detail}; {found.new} were new by then")
    facts: dict[str, object] = {
        "channel": channel.name,
        "since": found.since,
        "listed": found.listed,
        "new": found.new,
        "already_there": found.listed - found.new,
        "is_dry_run": is_dry_run,
    }
    if as_json:
        show_json(facts)
    else:
        show_facts(facts)


async def _count(conn: Connection, found: MessageList, _span: Span) -> None:
    """Count what is missing, and keep nothing."""
    if found.provider.LISTS_ONCE:
        raise OperatorError(
            f"{found.provider.NAME} hands each message out once: a dry run would lose them"
        )
    async for _ in found.take(conn):
        pass


async def _take(conn: Connection, found: MessageList, span: Span) -> None:
    hold = await hold_channel(conn, found.channel, found.config.hold_seconds)
    if hold is None:
        raise OperatorError("somebody asks for this channel just now: try again in two minutes")
    found.hold = hold
    async for _ in take_list(conn, found, hold, span):
        pass
