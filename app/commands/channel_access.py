"""`inlet channel disable|enable|rotate-token`: whether a channel takes part, and at which URL."""

from typing import Annotated

import typer

from app.clock import utc_now
from app.ids import new_id, new_token
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    get_channel,
    operator_session,
    run,
)
from app.terminal_output import show_json
from domain.actor import Actor
from domain.webhook_url import webhook_url
from inbox.settings.channel_access import disable_channel, enable_channel, rotate_token

_Named = Annotated[str, typer.Argument(metavar="CHANNEL", help="Name or id of the channel.")]


def disable(
    channel: _Named, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Let a channel take no webhook and send nothing. Providers are asked to come back later."""
    run(_switch(channel, customer, as_json, is_on=False))


def enable(
    channel: _Named, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Let a channel receive and send again."""
    run(_switch(channel, customer, as_json, is_on=True))


def rotate(
    channel: _Named, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Give a channel a new webhook URL. The one of before answers 404 from then on."""
    run(_rotate(channel, customer, as_json))


async def _switch(name_or_id: str, customer: str, as_json: bool, *, is_on: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        channel = (await get_channel(session, name_or_id)).channel
        actor = Actor(customer_id=session.customer_id)
        changed = await (
            enable_channel(session.conn, actor, channel, entry_id=new_id())
            if is_on
            else disable_channel(session.conn, actor, channel, now=utc_now(), entry_id=new_id())
        )
    if as_json:
        show_json({"channel": channel.name, "disabled_at": changed.disabled_at})
    elif changed.is_disabled:
        typer.echo(
            "The channel is switched off: its webhooks are answered 503, and it sends nothing."
        )
        typer.echo("`inlet channel enable` switches it on; see `inlet quarantine list` for copies.")
    else:
        typer.echo("The channel is switched on: it receives and sends.")


async def _rotate(name_or_id: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        channel = (await get_channel(session, name_or_id)).channel
        changed = await rotate_token(
            session.conn,
            Actor(customer_id=session.customer_id),
            channel,
            token=new_token(),
            entry_id=new_id(),
        )
    url = webhook_url(session.settings.web_url, changed)
    if as_json:
        show_json({"channel": channel.name, "webhook_url": url})
        return
    typer.echo(f"New webhook URL: {url}")
    typer.echo("Paste it at the provider: the one of before answers 404 from now on.")
