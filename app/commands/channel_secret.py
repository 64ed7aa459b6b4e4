"""`inlet channel secret`: what a channel's webhooks are verified with, changed or rotated."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.named_options import named_options
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    get_channel,
    operator_session,
    run,
)
from app.terminal_output import show_json
from domain.actor import Actor
from domain.errors import OperatorError
from inbox.settings.channel_setup import change_secrets
from providers import find_provider, find_sender
from store.channels import StoredChannel


def secret(
    channel: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    *,
    secrets: Annotated[
        list[str] | None,
        typer.Option("--secret", help="The new one; may be given again. Without it one is made."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on accepting the newest one of before, to rotate.")
    ] = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Change the secrets of a channel. Web processes heed it within seconds.

    What it sends with is another matter: see `inlet channel credential`.
    """
    run(_change(channel, secrets or [], keep, customer, as_json))


async def _change(
    name_or_id: str, given: Sequence[str], keep: bool, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, name_or_id)
        made = None if given else _made(stored)
        before = _newest(session, stored) if keep else ()
        fresh = [made] if made else list(given)
        secrets = list(dict.fromkeys([*fresh, *before]))
        actor = Actor(customer_id=session.customer_id)
        with named_options():
            await change_secrets(session.conn, actor, session.channel_kit, stored, secrets)
    facts = {"channel": stored.channel.name, "secrets": len(secrets)}
    if as_json:
        show_json(facts | ({"secret": made} if made else {}))
        return
    typer.echo(
        f"The channel accepts {len(secrets)} {'secret' if len(secrets) == 1 else 'secrets'}."
    )
    if _may_send_with_it(stored):
        typer.echo("It sends with the credential of before: see `inlet channel credential`.")
    if made:
        typer.echo(f"New secret, shown only now: {made}")


def _newest(session: OperatorSession, stored: StoredChannel) -> Sequence[str]:
    return session.sealer.open(stored.sealed_secrets, stored.channel.secrets_place)[:1]


def _may_send_with_it(stored: StoredChannel) -> bool:
    sender = find_sender(stored.channel.provider)
    is_for_both = sender is not None and sender.SECRET_IS_CREDENTIAL
    return is_for_both and stored.sealed_credential is not None


def _made(stored: StoredChannel) -> str:
    provider = find_provider(stored.channel.provider)
    made = provider.new_secret() if provider else None
    if made is None:
        raise OperatorError("only the provider can issue this secret: give it with --secret")
    return made
