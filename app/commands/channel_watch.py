"""`inlet channel watch`: how strictly a channel checks signatures, and what silence is an alarm."""

from typing import Annotated

import typer

from app.listing_channel import lister_of
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    get_channel,
    operator_session,
    record_channel_change,
    run,
)
from app.terminal_output import show_facts, show_json
from domain.channel import SignatureMode
from domain.errors import OperatorError
from store.channels import set_channel_watch
from store.reconciliations import MOST_MINUTES, find_reconciliation, set_interval


def watch(
    channel: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    *,
    mode: Annotated[
        SignatureMode | None,
        typer.Option(help="Refuse a bad signature, accept and flag it, or do not look."),
    ] = None,
    silence_minutes: Annotated[
        int | None,
        typer.Option(min=0, help="Silence that is an alarm; 0 judges by the channel's usual gap."),
    ] = None,
    reconcile_minutes: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_MINUTES, help="Ask the provider so often for what was missed; 0: never."
        ),
    ] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Change how a channel is watched over. Web processes and workers heed it within seconds."""
    if mode is None and silence_minutes is None and reconcile_minutes is None:
        raise OperatorError("say what to change: see `inlet channel watch --help`")
    run(_watch(channel, mode, silence_minutes, reconcile_minutes, customer, as_json))


async def _watch(
    name_or_id: str,
    mode: SignatureMode | None,
    silence_minutes: int | None,
    reconcile_minutes: int | None,
    customer: str,
    as_json: bool,
) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, name_or_id)
        if reconcile_minutes:
            lister_of(stored)
        if mode not in (None, "off") and stored.sealed_secrets is None:
            raise OperatorError("this channel has no secret yet: see `inlet channel secret`")
        changed = await set_channel_watch(
            session.conn,
            session.customer_id,
            stored.channel.id,
            signature_mode=mode,
            silence_minutes=silence_minutes,
        )
        if reconcile_minutes is not None:
            await set_interval(session.conn, stored.channel, reconcile_minutes or None)
        known = await find_reconciliation(session.conn, stored.channel)
        detail: dict[str, object] = {
            "signature_mode": changed.signature_mode,
            "silence_minutes": changed.silence_minutes,
            "reconcile_minutes": known.every_minutes if known else None,
        }
        await record_channel_change(session, stored.channel, "channel.watch_changed", detail)
    facts: dict[str, object] = {"channel": stored.channel.name, **detail}
    if as_json:
        show_json(facts)
    else:
        show_facts(facts)
