"""`inlet channel credential`: what a channel shows its provider when it sends or fetches."""

from typing import Annotated

import typer

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
from inbox.settings.channel_setup import change_credential

CredentialOption = Annotated[
    str | None,
    typer.Option(
        help="The API key or auth token that the provider asks of us when we send; USER:PASSWORD "
        "for a mail server."
    ),
]


def credential(
    channel: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    *,
    credential: Annotated[
        str, typer.Option(help="The API key or auth token; an empty text takes it away.")
    ],
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Change what a channel shows its provider; its webhooks are verified as before."""
    run(_change(channel, credential.strip() or None, customer, as_json))


async def _change(name_or_id: str, given: str | None, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, name_or_id)
        actor = Actor(customer_id=session.customer_id)
        await change_credential(session.conn, actor, session.channel_kit, stored, given)
    if as_json:
        show_json({"channel": stored.channel.name, "has_credential": given is not None})
    else:
        typer.echo(f"The channel has {'a new' if given else 'no'} credential to send with.")
