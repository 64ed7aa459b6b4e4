"""`inlet agent`: the people who work in the inbox."""

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
from domain.agent import ROLES, Role
from domain.errors import OperatorError
from inbox.settings.agents import AgentChange, add_agent, change_agent
from store.agents import StoredAgent, find_agent_by_name, list_agents

app = typer.Typer(name="agent", no_args_is_help=True, help="The people who work in the inbox.")

_ALL = 1_000_000
_ROLE_HELP = f"The most that their keys allow: {', '.join(ROLES)}."


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option(help="What colleagues call them.")],
    role: Annotated[str, typer.Option(help=_ROLE_HELP)] = "agent",
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Add an agent. `inlet key add --agent NAME` makes a key for them."""
    run(_add(name, _role(role), customer, as_json))


@app.command("list")
def list_(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """List the agents by name."""
    run(_list(customer, as_json))


@app.command("set")
def set_(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name or id of the agent.")],
    *,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    role: Annotated[str | None, typer.Option(help=_ROLE_HELP)] = None,
    disabled: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Whether their keys stop.")
    ] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Change an agent's name or role, or stop and start their keys."""
    change = AgentChange(name=name, role=_role(role) if role else None, is_disabled=disabled)
    run(_set(agent, change, customer, as_json))


async def get_agent(session: OperatorSession, name_or_id: str) -> StoredAgent:
    """Find an agent by name or id.

    Raises: OperatorError.
    """
    agent = await find_agent_by_name(session.conn, session.customer_id, name_or_id)
    if agent is None:
        raise OperatorError("no agent has this name or id: see `inlet agent list`")
    return agent


async def _add(name: str, role: Role, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        agent = await add_agent(session.conn, actor, name, role, new_id=new_id)
    _show(agent, as_json)


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        agents = await list_agents(session.conn, session.customer_id, after=None, row_count=_ALL)
    if as_json:
        show_items(agents)
        return
    _table(agents)


async def _set(name_or_id: str, change: AgentChange, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        named = await get_agent(session, name_or_id)
        agent = await change_agent(session.conn, actor, named.id, change, new_id=new_id)
    _show(agent, as_json)


def _show(agent: StoredAgent, as_json: bool) -> None:
    if as_json:
        show_json(agent)
        return
    _table([agent])


def _table(agents: list[StoredAgent]) -> None:
    show_table(
        ("id", "name", "role", "created", "disabled"),
        [
            (agent.id, agent.name, agent.role, agent.created_at, agent.disabled_at)
            for agent in agents
        ],
        empty="No agents yet: add one with `inlet agent add`.",
    )


def _role(text: str) -> Role:
    if text not in ROLES:
        raise typer.BadParameter(f"use {', '.join(ROLES)}", param_hint="--role")
    return text
