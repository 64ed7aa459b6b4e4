"""`inlet search`: the index of what can be found."""

from dataclasses import asdict

import typer

from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    operator_session,
    run,
)
from app.shown_progress import shown_progress
from app.terminal_output import show_json
from domain.actor import Actor
from store.audit import AuditEntry, record_audit
from worker.background.search_index import reindex

app = typer.Typer(name="search", no_args_is_help=True, help="The index of what can be found.")


@app.callback()
def options() -> None:
    """Take what stands before a command."""


@app.command("reindex")
def reindex_command(
    *, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Index every message of a customer again, beside everything else; can be done at any time."""
    run(_reindex(customer, as_json))


async def _reindex(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        with shown_progress("Indexing messages") as progress:
            done = asdict(await reindex(session.conn, session.customer_id, progress))
        entry = AuditEntry(id=new_id(), action="search.reindexed", detail=done)
        await record_audit(session.conn, Actor(customer_id=session.customer_id), [entry])
    if as_json:
        show_json(done)
        return
    typer.echo(
        f"Indexed {done['messages']} messages: {done['added']} that were missing, "
        f"{done['renewed']} again; {done['removed']} that are gone were taken out."
    )
