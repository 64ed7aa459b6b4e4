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
from app.listing import show_facts, show_items, show_json, show_table
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    event_id,
    operator_session,
    run,
)
from domain.errors import OperatorError
from store.dead_letters import find_dead_letter, list_dead_letters, retry_dead_letters
from store.wake import wake

app = typer.Typer(no_args_is_help=True, help="The events that we stopped trying.")

ClassOption = Annotated[str | None, typer.Option("--class", help="Only this error class.")]


@app.command("list")
def list_(
    *,
    error_class: ClassOption = None,
    before: BeforeOption = None,
    limit: LimitOption = DEFAULT_LIMIT,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """List the dead letters that wait for somebody, latest events first."""
    run(_list(error_class, event_id(before) if before else None, limit, customer, as_json))


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
    events: Annotated[
        list[str] | None, typer.Argument(metavar="[EVENT_ID]...", help="Which ones.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that wait for somebody.")] = False,
    error_class: ClassOption = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Queue dead letters again, as if never tried."""
    if bool(events) == all_:
        raise OperatorError("say which dead letters: their event ids, or --all")
    chosen = [event_id(one) for one in events] if events else None
    run(_retry(chosen, error_class, customer, as_json))


async def _list(
    error_class: str | None, before: str | None, limit: int, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session:
        letters = await list_dead_letters(
            session.conn, session.customer_id, limit=limit, error_class=error_class, before=before
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


async def _retry(
    chosen: list[str] | None, error_class: str | None, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        queued = await retry_dead_letters(
            session.conn, session.customer_id, event_ids=chosen, error_class=error_class
        )
        if missed := len(set(chosen or ()) - set(queued)):
            raise OperatorError(
                f"{missed} of these are not dead letters that wait for somebody; "
                "nothing was queued: see `inlet dead list`"
            )
        await wake(session.conn)
    if as_json:
        show_json({"queued": len(queued)})
    else:
        typer.echo(f"Queued {len(queued)} again." if queued else "No dead letters to retry.")
