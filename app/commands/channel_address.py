"""`inlet channel address`: the own addresses of a channel beside its first."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.named_options import named_options
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    get_channel,
    operator_session,
    record_channel_change,
    run,
)
from app.terminal_output import show_items, show_json, show_table
from domain.channel import Channel
from domain.errors import OperatorError
from inbox.settings.channel_setup import own_address
from store.channels import add_addresses, remove_address

app = typer.Typer(no_args_is_help=True, help="The own addresses of a channel.")

_ARGUMENT = "ADDRESS"
_Named = Annotated[str, typer.Argument(metavar="CHANNEL", help="Name or id of the channel.")]
_Address = Annotated[
    str, typer.Argument(metavar=_ARGUMENT, help="A phone number or mailbox that is the channel's.")
]


@app.command()
def add(
    channel: _Named,
    address: _Address,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Give a channel a further own address."""
    run(_add(channel, address, customer, as_json))


@app.command()
def remove(
    channel: _Named,
    address: _Address,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Take a further own address from a channel."""
    run(_remove(channel, address, customer, as_json))


@app.command("list")
def list_(
    channel: _Named, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """List the own addresses of a channel, the first one first."""
    run(_list(channel, customer, as_json))


async def _add(name_or_id: str, written: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        channel = (await get_channel(session, name_or_id)).channel
        with named_options(_ARGUMENT):
            address = own_address(written, channel.kind, channel.region)
        if not await add_addresses(session.conn, channel, [address]):
            raise OperatorError("the channel has this address already")
        await record_channel_change(session, channel, "channel.address_added", {})
    _show(channel, (*channel.own_addresses, address), as_json)


async def _remove(name_or_id: str, written: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        channel = (await get_channel(session, name_or_id)).channel
        with named_options(_ARGUMENT):
            address = own_address(written, channel.kind, channel.region)
        if address == channel.own_address:
            raise OperatorError("the first address of a channel stays: only others can be removed")
        if not await remove_address(session.conn, channel, address):
            raise OperatorError("the channel has no such address: see `inlet channel address list`")
        await record_channel_change(session, channel, "channel.address_removed", {})
    _show(channel, [own for own in channel.own_addresses if own != address], as_json)


async def _list(name_or_id: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        channel = (await get_channel(session, name_or_id)).channel
    items = [
        {"address": own, "is_first": own == channel.own_address} for own in channel.own_addresses
    ]
    if as_json:
        show_items(items)
    else:
        show_table(("address",), [[item["address"]] for item in items], empty="")


def _show(channel: Channel, addresses: Sequence[str], as_json: bool) -> None:
    ordered = [channel.own_address, *sorted(set(addresses) - {channel.own_address})]
    if as_json:
        show_json({"channel": channel.name, "addresses": ordered})
    else:
        typer.echo(f"The channel's own addresses: {', '.join(ordered)}")
