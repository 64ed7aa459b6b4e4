"""`inlet replay`: process settled events again, on purpose."""

from typing import Annotated

import typer

from app.listing import show_json
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
from domain.errors import OperatorError
from store.replay import replay_channel, replay_events
from store.wake import wake


def replay(
    *,
    events: Annotated[
        list[str] | None, typer.Argument(metavar="[EVENT_ID]...", help="Which events.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="All events of this channel, by name or id.")
    ] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Queue settled events again; changes nothing that is already right."""
    if bool(events) == (channel is not None):
        raise OperatorError("say which events: their ids, or --channel")
    run(_replay([event_id(one) for one in events or ()], channel, customer, as_json))


async def _replay(chosen: list[str], channel: str | None, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        if channel is None:
            queued = await _events(session, chosen)
        else:
            stored = await get_channel(session, channel)
            queued = await replay_channel(session.conn, session.customer_id, stored.channel.id)
        await wake(session.conn)
    if as_json:
        show_json({"queued": queued})
    else:
        typer.echo(f"Queued {queued} again." if queued else "Nothing to do: they wait already.")


async def _events(session: OperatorSession, chosen: list[str]) -> int:
    found = await replay_events(session.conn, session.customer_id, chosen)
    if missing := len(set(chosen) - set(found)):
        raise OperatorError(f"{missing} of these events do not exist; nothing was queued")
    return sum(found.values())
