"""`inlet key`: the keys to the API. A key is printed once; only its hash is kept."""

from typing import Annotated
from uuid import UUID

import typer

from app.ids import new_id, new_key
from app.listing import show_items, show_json, show_table
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    operator_session,
    run,
)
from domain.api_key import SCOPES, hash_key
from domain.errors import OperatorError
from store.api_keys import insert_key, list_keys, revoke_key

app = typer.Typer(no_args_is_help=True, help="The keys to the API.")


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option(help="What people call the key.")],
    scope: Annotated[
        list[str], typer.Option(help=f"What it may do: {', '.join(SCOPES)}. Repeatable.")
    ],
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, this once."""
    if not set(scope) <= set(SCOPES):
        raise typer.BadParameter(f"use {', '.join(SCOPES)}", param_hint="--scope")
    run(_add(name.strip(), sorted(set(scope)), customer, as_json))


@app.command("list")
def list_(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """List the keys, newest first."""
    run(_list(customer, as_json))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key.")],
    customer: CustomerOption = DEFAULT_CUSTOMER,
) -> None:
    """Stop a key for good."""
    run(_revoke(key_id, customer))


async def _add(name: str, scopes: list[str], customer: str, as_json: bool) -> None:
    if not name:
        raise OperatorError("--name must not be empty")
    key, key_id = new_key(), new_id()
    async with operator_session(customer) as session:
        await insert_key(
            session.conn,
            customer_id=session.customer_id,
            key_id=key_id,
            name=name,
            key_hash=hash_key(key),
            scopes=scopes,
        )
    if as_json:
        show_json({"id": key_id, "name": name, "scopes": scopes, "key": key})
        return
    typer.echo(key)
    typer.echo("This is the only time the key is shown.", err=True)


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        keys = await list_keys(session.conn, session.customer_id)
    if as_json:
        show_items(keys)
        return
    show_table(
        ("id", "name", "scopes", "created", "revoked"),
        [(key.id, key.name, ", ".join(key.scopes), key.created_at, key.revoked_at) for key in keys],
        empty="No keys yet: make one with `inlet key add`.",
    )


async def _revoke(key_id: str, customer: str) -> None:
    try:
        checked = str(UUID(key_id))
    except ValueError:
        raise OperatorError("a key's id is a UUID: see `inlet key list`") from None
    async with operator_session(customer) as session:
        if not await revoke_key(session.conn, session.customer_id, checked):
            raise OperatorError("no key has this id: see `inlet key list`")
    typer.echo("Revoked.")
