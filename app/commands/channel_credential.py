"""`inlet channel credential`: what a channel shows its provider when it sends or fetches."""

from typing import Annotated

import typer

from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    get_channel,
    operator_session,
    record_channel_change,
    run,
)
from app.terminal_output import show_json
from providers import find_sender
from store.channels import set_channel_credential

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


def first_credential(provider: str, given: str | None, newest_secret: str | None) -> str | None:
    """Choose what a new channel sends with: what was given, else a secret that is for both."""
    sender = find_sender(provider)
    if given is not None:
        return given.strip() or None
    return newest_secret if sender is not None and sender.SECRET_IS_CREDENTIAL else None


async def _change(name_or_id: str, given: str | None, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, name_or_id)
        channel = stored.channel
        sealed = session.sealer.seal([given], channel.credential_place) if given else None
        await set_channel_credential(session.conn, session.customer_id, channel.id, sealed)
        detail = {"has_credential": given is not None}
        await record_channel_change(session, channel, "channel.credential_changed", detail)
    if as_json:
        show_json({"channel": channel.name, **detail})
    else:
        typer.echo(f"The channel has {'a new' if given else 'no'} credential to send with.")
