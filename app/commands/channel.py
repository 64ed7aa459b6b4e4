"""`inlet channel`: the places where a customer receives."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, cast

import typer

from app.commands.channel_access import disable, enable, rotate
from app.commands.channel_address import app as address_app
from app.commands.channel_credential import CredentialOption, credential, first_credential
from app.commands.channel_secret import secret
from app.commands.channel_sending import (
    AccountOption,
    ClosedPolicyOption,
    IdleHoursOption,
    RateOption,
    ReplyAddressesOption,
    SendingOptions,
    SendUrlOption,
    with_options,
)
from app.commands.channel_test import test_channel
from app.commands.channel_watch import watch
from app.ids import new_id, new_token
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    get_channel,
    operator_session,
    record_channel_change,
    run,
)
from app.own_address import own_address
from app.terminal_output import show_facts, show_items, show_json, show_table
from domain.channel import Channel, ChannelKind, SignatureMode
from domain.errors import OperatorError
from domain.provider import Provider
from domain.webhook_url import webhook_url
from inbox.settings.sending_channel import obstacle_of
from providers import REGISTRY, find_provider
from store.channels import StoredChannel, insert_channel, list_channels, set_channel
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
    run(
        _add(
            provider=_provider(provider, kind),
            kind=kind,
            addresses=_own_addresses(address, also_own or [], kind, region.upper()),
            name=_checked_name(name),
            region=region.upper(),
            given=_checked_secrets(secret or []),
            credential=credential,
            mode=mode,
            sending=SendingOptions(
                account=account,
                send_url=send_url,
                rate=rate,
                closed_policy=closed_policy,
                idle_hours=idle_hours,
                reply_addresses=reply_addresses,
            ),
            customer=customer,
            as_json=as_json,
        )
    )


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
    given = SendingOptions(
        account=account,
        send_url=send_url,
        rate=rate,
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


async def _add(
    *,
    provider: Provider,
    kind: ChannelKind,
    addresses: Sequence[str],
    name: str,
    region: str,
    given: Sequence[str],
    credential: str | None,
    mode: SignatureMode,
    sending: SendingOptions,
    customer: str,
    as_json: bool,
) -> None:
    made = None if given or mode == "off" else _made_secret(provider)
    secrets = [made] if made else list(given)
    sends_with = first_credential(provider.NAME, credential, next(iter(secrets), None))
    async with operator_session(customer) as session, session.conn.transaction():
        channel = Channel(
            customer_id=session.customer_id,
            id=new_id(),
            token=new_token(),
            kind=kind,
            provider=provider.NAME,
            name=name,
            own_address=addresses[0],
            further_addresses=tuple(sorted(addresses[1:])),
            region=region,
            signature_mode=mode,
        )
        channel = with_options(channel, sending)
        stored = StoredChannel(
            channel=channel,
            sealed_secrets=session.sealer.seal(secrets, channel.secrets_place) if secrets else None,
            sealed_credential=session.sealer.seal([sends_with], channel.credential_place)
            if sends_with
            else None,
        )
        if not await insert_channel(session.conn, stored):
            raise OperatorError("a channel has this name already: choose another --name")
        detail = {"provider": channel.provider, "kind": kind, "signature_mode": mode}
        await record_channel_change(session, channel, "channel.added", detail)
        facts = _facts(stored, session.settings.web_url)
    if made:
        facts |= {"secret": made}
    if as_json:
        show_json(facts)
        return
    show_facts(_for_people(facts))
    if made:
        typer.echo("The secret is shown only now: give it to whoever signs the webhooks.")


async def _set(name_or_id: str, given: SendingOptions, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, name_or_id)
        changed = replace(stored, channel=with_options(stored.channel, given))
        await set_channel(session.conn, changed.channel)
        detail = {"options": given.names}
        await record_channel_change(session, changed.channel, "channel.changed", detail)
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


def _own_addresses(
    first: str, further: Sequence[str], kind: ChannelKind, region: str
) -> Sequence[str]:
    addresses = [own_address(first, kind, region)]
    addresses += [own_address(written, kind, region, "--also-own") for written in further]
    if len(set(addresses)) < len(addresses):
        raise OperatorError("--also-own names an address twice, or the one of --address")
    return addresses


def _provider(name: str, kind: ChannelKind) -> Provider:
    provider = find_provider(name)
    if provider is None:
        raise OperatorError(f"--provider must be one of: {', '.join(sorted(REGISTRY))}")
    if kind not in provider.CHANNEL_KINDS:
        kinds = ", ".join(sorted(provider.CHANNEL_KINDS))
        raise OperatorError(f"provider {provider.NAME} has channels of kind {kinds} only")
    return provider


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or not stripped.isprintable():
        raise OperatorError("--name must be a line of text")
    return stripped


def _checked_secrets(secrets: Sequence[str]) -> Sequence[str]:
    if not all(secret.strip() for secret in secrets):
        raise OperatorError("--secret must not be empty: anybody could sign with that")
    return secrets


def _made_secret(provider: Provider) -> str:
    made = provider.new_secret()
    if made is None:
        raise OperatorError(
            f"only {provider.NAME} can issue its secret: give it with --secret, "
            "or choose --mode off"
        )
    return made
