"""`inlet suppression`: the addresses to which nothing is sent, and that it is sent there again."""

from typing import Annotated

import typer

from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    operator_session,
    run,
)
from app.terminal_output import show_items, show_json, show_table
from domain.actor import Actor
from domain.address import Address, canonicalise
from domain.errors import OperatorError
from domain.suppression import mail_addresses
from inbox.contacts.suppressions import lift_suppression, suppress_address
from store.suppressions import StandingSuppression, list_standing

app = typer.Typer(
    name="suppression", no_args_is_help=True, help="The addresses to which nothing is sent."
)

_Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]
_AnyAddress = Annotated[
    str,
    typer.Argument(metavar="ADDRESS", help="An e-mail address, or a phone number with its +."),
]


@app.command("list")
def list_(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """List the addresses to which nothing is sent, with why and since when."""
    run(_list(customer, as_json))


@app.command()
def add(
    address: _Address, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Send nothing to an address from now on."""
    run(_add(address, customer, as_json))


@app.command()
def lift(
    address: _AnyAddress, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Send to an address again, until mail to it bounces anew, or they opt out once more.

    Whoever opted out of texts has to have agreed to them again: with START they lift it themselves.
    """
    run(_lift(address, customer, as_json))


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        found = await list_standing(session.conn, session.customer_id)
    if as_json:
        show_items(found)
        return
    _table(found)


async def _add(written: str, customer: str, as_json: bool) -> None:
    address = _read(written)
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        new_ids = (new_id(), new_id())
        await suppress_address(session.conn, actor, new_ids=new_ids, address=address)
        found = await _standing(session, address)
    if as_json:
        show_json(found[0])
        return
    _table(found)


async def _lift(written: str, customer: str, as_json: bool) -> None:
    phone = canonicalise(written, "sms", "")
    address = phone.address if phone.is_validated else _read(written)
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        found = await _standing(session, address)
        if not found:
            raise OperatorError(
                "nothing keeps mail or texts from this address: see `inlet suppression list`"
            )
        for suppression in found:
            await lift_suppression(
                session.conn, actor, new_ids=(new_id(), new_id()), suppression_id=suppression.id
            )
    if as_json:
        show_json({"address": address.value, "lifted": found})
        return
    typer.echo(f"{address.value} is written to again.")


async def _standing(session: OperatorSession, address: Address) -> list[StandingSuppression]:
    return await list_standing(session.conn, session.customer_id, [address])


def _read(written: str) -> Address:
    found = mail_addresses([written])
    if not found:
        raise OperatorError("ADDRESS must be an e-mail address")
    return found[0]


def _table(found: list[StandingSuppression]) -> None:
    show_table(
        ("address", "reason", "channel", "since", "id"),
        [
            (each.address, each.reason, each.channel_id or "all", each.since, each.id)
            for each in found
        ],
        empty="Every address is written to.",
    )
