"""`inlet key`: the keys to the API. A key is printed once; only its hash is kept."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from app.clock import utc_now
from app.commands.agent import get_agent
from app.ids import new_id, new_key
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    operator_session,
    run,
)
from app.terminal_output import show_items, show_json, show_table
from domain.actor import Actor
from domain.api_key import SCOPES
from domain.errors import NotFound, OperatorError
from inbox.settings.keys import WantedKey, add_key, remove_key
from store.agents import list_agents
from store.api_keys import list_keys

app = typer.Typer(name="key", no_args_is_help=True, help="The keys to the API.")

_ALL = 1_000_000
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option(help="What people call the key.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What it may do: {', '.join(SCOPES)}. Repeatable. "
            "Needless with --agent: all that the role allows."
        ),
    ] = None,
    agent: Annotated[
        str | None, typer.Option(help="Name or id of the agent whose key it is.")
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(formats=_MOMENTS, help="When it stops working by itself, in UTC."),
    ] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, this once."""
    if not set(scope or ()) <= set(SCOPES):
        raise typer.BadParameter(f"use {', '.join(SCOPES)}", param_hint="--scope")
    if not scope and not agent:
        raise typer.BadParameter("is needed without --agent", param_hint="--scope")
    wanted = WantedKey(
        name=name,
        scopes=scope or None,
        expires_at=expires.replace(tzinfo=UTC) if expires else None,
    )
    run(_add(wanted, agent, customer, as_json))


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


async def _add(wanted: WantedKey, agent: str | None, customer: str, as_json: bool) -> None:
    key = new_key()
    async with operator_session(customer) as session, session.conn.transaction():
        named = await get_agent(session, agent) if agent else None
        made = await add_key(
            session.conn,
            Actor(customer_id=session.customer_id),
            key,
            replace(wanted, agent_id=named.id) if named else wanted,
            now=utc_now(),
            new_id=new_id,
        )
    if as_json:
        show_json({**asdict(made), "key": key})
        return
    typer.echo(key)
    typer.echo("This is the only time the key is shown.", err=True)


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        keys = await list_keys(session.conn, session.customer_id)
        agents = await list_agents(session.conn, session.customer_id, after=None, row_count=_ALL)
    if as_json:
        show_items(keys)
        return
    names = {agent.id: agent.name for agent in agents}
    show_table(
        ("id", "name", "agent", "scopes", "created", "expires", "last used", "revoked"),
        [
            (
                key.id,
                key.name,
                names.get(key.agent_id or ""),
                ", ".join(key.scopes),
                key.created_at,
                key.expires_at,
                key.last_used_at,
                key.revoked_at,
            )
            for key in keys
        ],
        empty="No keys yet: make one with `inlet key add`.",
    )


async def _revoke(key_id: str, customer: str) -> None:
    try:
        checked = str(UUID(key_id))
    except ValueError:
        raise OperatorError("a key's id is a UUID: see `inlet key list`") from None
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        try:
            await remove_key(session.conn, actor, checked, entry_id=new_id())
        except NotFound:
            raise OperatorError("no key has this id: see `inlet key list`") from None
    typer.echo("Revoked.")
