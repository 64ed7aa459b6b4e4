"""`inlet rebuild`: derive everything again from the events, compare, and mend on request."""

from typing import Annotated

import typer

from app.database import owner_database
from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    get_channel,
    operator_session,
    run,
)
from app.shown_progress import shown_progress
from app.terminal_output import show_json, show_table
from domain.actor import Actor
from providers import REGISTRY
from store.database import Connection, connect
from store.rebuild import Scope
from worker.rebuild.rebuild import RebuildConfig, Rebuilt, rebuild

_SHARE_OF_A_CLAIM = 0.6  # workers give a claim up, and count an attempt, when it takes too long

app = typer.Typer()


@app.command("rebuild")
def rebuild_command(
    *,
    channel: Annotated[
        str | None, typer.Option(help="Only the events of this channel, by name or id.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make what differs equal to what the events say.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why it is applied, for the audit.")] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Derive everything again from the events and say what differs; exit code 1 if it does."""
    run(_rebuild(channel, apply, reason, customer, as_json))


async def _rebuild(
    channel: str | None, apply: bool, reason: str | None, customer: str, as_json: bool
) -> None:
    async with operator_session(customer, as_owner=True) as session:
        scope = Scope(
            customer_id=session.customer_id,
            channel_id=(await get_channel(session, channel)).channel.id if channel else None,
        )
        actor = Actor(customer_id=session.customer_id) if apply else None
        with owner_database(session.settings) as url, shown_progress("Reading events") as progress:

            async def open_one() -> Connection:
                return await connect(
                    url, "inlet rebuild", prepare=session.settings.prepared_statements
                )

            config = RebuildConfig(
                connect=open_one,
                providers=REGISTRY,
                new_id=new_id,
                most_seconds=session.settings.claim_timeout_seconds * _SHARE_OF_A_CLAIM,
                progress=progress,
            )
            rebuilt = await rebuild(config, scope, actor, reason)
    _show(rebuilt, as_json)
    if not rebuilt.is_equal and not rebuilt.is_applied:
        raise typer.Exit(1)


def _show(rebuilt: Rebuilt, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "events": rebuilt.events,
                "unread": rebuilt.unread,
                "is_equal": rebuilt.is_equal,
                "is_applied": rebuilt.is_applied,
                "tables": rebuilt.tables,
            }
        )
        return
    unread = f", {rebuilt.unread} of which nobody understands any more" if rebuilt.unread else ""
    typer.echo(f"Read {rebuilt.events} settled events{unread}.")
    show_table(
        ("table", "missing", "extra", "changed", "in", "for example"),
        [
            (
                table.table,
                table.missing,
                table.extra,
                table.changed,
                ", ".join(table.columns),
                next(iter(next(iter(table.samples.values()))), ""),
            )
            for table in rebuilt.tables
        ],
        empty="No difference: every table is what the events say.",
    )
    if rebuilt.is_applied:
        typer.echo("Mended. What people added was kept.")
    elif not rebuilt.is_equal:
        typer.echo("Nothing was changed: `inlet rebuild --apply` mends it.")
