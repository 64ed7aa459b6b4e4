"""`inlet channel`: the places where a customer receives."""

from collections.abc import Sequence
from typing import Annotated, cast

import typer

from app.commands.channel_access import disable, enable, rotate
from app.commands.channel_address import app as address_app
from app.commands.channel_credential import CredentialOption, credential
from app.commands.channel_secret import secret
from app.commands.channel_sending import (
    AccountOption,
    ClosedPolicyOption,
    IdleHoursOption,
    RateOption,
    ReplyAddressesOption,
    SendUrlOption,
)
from app.commands.channel_test import test_channel
from app.commands.channel_watch import watch
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
from app.terminal_output import show_facts, show_items, show_json, show_table
from domain.actor import Actor
from domain.channel import ChannelKind, SignatureMode
from domain.errors import Conflict, OperatorError
from domain.webhook_url import webhook_url
from inbox.settings.channel_setup import (
    SendingChange,
    WantedChannel,
    add_channel,
    change_sending,
)
from inbox.settings.sending_channel import obstacle_of
from providers import REGISTRY
from store.channels import StoredChannel, list_channels
from store.reconciliations import find_reconciliation

app = typer.Typer(
    name="channel", no_args_is_help=True, help="The places where a customer receives."
)
app.command()(secret)
app.command()(credential)
app.command()(watch)
app.command()(disable)
app.command()(enable)
app.command("rotate-token")(rotate)
app.add_typer(address_app, name="address")

_Named = Annotated[str, typer.Argument(metavar="CHANNEL", help="Name or id of the channel.")]


@app.command()
def add(
    *,
    provider: Annotated[str, typer.Option(help=f"One of: {', '.join(sorted(REGISTRY))}.")],
    kind: Annotated[ChannelKind, typer.Option(help="What arrives here.")],
    address: Annotated[str, typer.Option(help="The phone number or mailbox that receives.")],
    name: Annotated[str, typer.Option(help="What people call the channel.")],
    also_own: Annotated[
        list[str] | None,
        typer.Option(help="A further phone number or mailbox of the channel; may be repeated."),
    ] = None,
    region: Annotated[
        str, typer.Option(help="Country of phone numbers without a country code.")
    ] = "US",
    secret: Annotated[
        list[str] | None,
        typer.Option(help="Signing secret, newest first; made for you where that is possible."),
    ] = None,
    credential: CredentialOption = None,
    mode: Annotated[SignatureMode, typer.Option(help="What a bad signature leads to.")] = "enforce",
    account: AccountOption = None,
    send_url: SendUrlOption = None,
    rate: RateOption = None,
    closed_policy: ClosedPolicyOption = None,
    idle_hours: IdleHoursOption = None,
    reply_addresses: ReplyAddressesOption = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Add a channel and print the URL to paste at the provider."""
    wanted = WantedChannel(
        provider=provider,
        kind=kind,
        name=name,
        address=address,
        further_addresses=also_own or [],
        region=region,
        signature_mode=mode,
        secrets=secret or [],
        credential=credential,
        sending=SendingChange(
            account=account,
            send_url=send_url,
            sends_per_second=rate,
            closed_policy=closed_policy,
            idle_hours=idle_hours,
            reply_addresses=reply_addresses,
        ),
    )
    run(_add(wanted, customer, as_json))


@app.command("set")
def set_(
    channel: _Named,
    *,
    account: AccountOption = None,
    send_url: SendUrlOption = None,
    rate: RateOption = None,
    closed_policy: ClosedPolicyOption = None,
    idle_hours: IdleHoursOption = None,
    reply_addresses: ReplyAddressesOption = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Change how a channel sends and what a close means; an empty text takes a setting away."""
    given = SendingChange(
        account=account,
        send_url=send_url,
        sends_per_second=rate,
        closed_policy=closed_policy,
        idle_hours=idle_hours,
        reply_addresses=reply_addresses,
    )
    if not given.names:
        raise OperatorError("say what to change: see `inlet channel set --help`")
    run(_set(channel, given, customer, as_json))


@app.command("list")
def list_(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """List the channels."""
    run(_list(customer, as_json))


@app.command()
def show(
    channel: _Named, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Show a channel and the URL to paste at the provider."""
    run(_show(channel, customer, as_json))


@app.command("test")
def try_out(
    channel: _Named,
    url: Annotated[
        str | None, typer.Option(help="Where the server is, if not at PUBLIC_URL.")
    ] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Send a signed sample through the running server, as the provider would, and report."""
    run(test_channel(channel, url, customer, as_json))


async def _add(wanted: WantedChannel, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        try:
            with named_options():
                stored, made = await add_channel(session.conn, actor, session.channel_kit, wanted)
        except Conflict as error:
            raise OperatorError(f"{error.detail}: choose another --name") from None
        facts = _facts(stored, session.settings.web_url)
    if made:
        facts |= {"secret": made}
    if as_json:
        show_json(facts)
        return
    show_facts(_for_people(facts))
    if made:
        typer.echo("The secret is shown only now: give it to whoever signs the webhooks.")


async def _set(name_or_id: str, given: SendingChange, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, name_or_id)
        actor = Actor(customer_id=session.customer_id)
        with named_options():
            changed = await change_sending(session.conn, actor, session.channel_kit, stored, given)
        facts = _facts(changed, session.settings.web_url)
    if as_json:
        show_json(facts)
    else:
        show_facts(_for_people(facts))


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        stored = await list_channels(session.conn, session.customer_id)
        items = [_facts(channel, session.settings.web_url) for channel in stored]
    if as_json:
        show_items(items)
        return
    columns = ("name", "kind", "provider", "addresses", "signature_mode", "id")
    show_table(
        columns,
        [[_for_people(item)[column] for column in columns] for item in items],
        empty="No channels yet: add one with `inlet channel add`.",
    )


async def _show(name_or_id: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        stored = await get_channel(session, name_or_id)
        facts = _facts(stored, session.settings.web_url)
        facts |= await _reconciled(session, stored)
    if as_json:
        show_json(facts)
    else:
        show_facts(_for_people(facts))


async def _reconciled(session: OperatorSession, stored: StoredChannel) -> dict[str, object]:
    """Say how often the provider is asked for what was missed, and what came of it last."""
    known = await find_reconciliation(session.conn, stored.channel)
    if known is None:
        return {}
    return {
        "reconcile_minutes": known.every_minutes,
        "reconciled_at": known.ended_at,
        "reconciled_new": known.new_count if known.ended_at else None,
        "reconcile_failure": known.detail,
    }


def _facts(stored: StoredChannel, public_url: str) -> dict[str, object]:
    channel = stored.channel
    return {
        "name": channel.name,
        "id": channel.id,
        "kind": channel.kind,
        "provider": channel.provider,
        "own_address": channel.own_address,
        "addresses": channel.own_addresses,
        "region": channel.region,
        "signature_mode": channel.signature_mode,
        "disabled_at": channel.disabled_at,
        "has_secrets": stored.sealed_secrets is not None,
        "has_credential": stored.sealed_credential is not None,
        "account": channel.account,
        "send_url": channel.send_url,
        "sends_per_second": channel.sends_per_second,
        "cannot_send": obstacle_of(stored),
        "closed_policy": channel.closed_policy.rule,
        "idle_hours": channel.closed_policy.idle_hours,
        "reply_addresses": channel.reply_key is not None,
        "webhook_url": webhook_url(public_url, channel),
    }


def _for_people(facts: dict[str, object]) -> dict[str, object]:
    """Write the own addresses in a line, as a person reads them."""
    line = ", ".join(cast("Sequence[str]", facts["addresses"]))
    return {name: fact for name, fact in facts.items() if name != "own_address"} | {
        "addresses": line
    }
