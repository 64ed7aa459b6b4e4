"""Agents over HTTP: everybody sees colleagues, an admin adds and changes them; and who I am."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import BaseRoute

from domain.agent import Role
from inbox.conversations.present import Listing, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.ids import id_in_path
from inbox.http.list_query import parse_list_query
from inbox.http.name_cursor import name_after, page_by_name
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.http.versions import wanted_version
from inbox.settings.agents import AgentChange, add_agent, change_agent
from store.agents import StoredAgent, find_agent, list_agents
from store.customers import name_of_customer
from store.database import Connection

_LISTING = "agents"


class AgentRequest(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    role: Role


class AgentPatch(msgspec.Struct, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class ListedAgent(msgspec.Struct, frozen=True):
    """`disabled_at` is null while the agent works here."""

    id: str
    name: str
    role: str
    disabled_at: str | None
    created_at: str
    version: int


class OwnKey(msgspec.Struct, frozen=True):
    id: str
    name: str
    scopes: list[str]


class CustomerName(msgspec.Struct, frozen=True):
    name: str


class Me(msgspec.Struct, frozen=True):
    key: OwnKey
    agent: ListedAgent | None
    customer: CustomerName


def agent_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of agents."""
    listing = Endpoint(
        name="list_agents", scope="conversations:read", handler=_list_agents, takes_query=True
    )
    adding = Endpoint(name="add_agent", scope="admin", handler=_add)
    changing = Endpoint(name="change_agent", scope="admin", handler=_change)
    me = Endpoint(name="get_me", scope=None, handler=_get_me)
    return [
        resource(shared, "/me", {"GET": me}),
        resource(shared, "/agents", {"GET": listing, "POST": adding}),
        resource(shared, "/agents/{id}", {"PATCH": changing}),
    ]


def present_agent(row: StoredAgent) -> ListedAgent:
    """Shape an agent."""
    return ListedAgent(
        id=row.id,
        name=row.name,
        role=row.role,
        disabled_at=present_time(row.disabled_at) if row.disabled_at else None,
        created_at=present_time(row.created_at),
        version=row.version,
    )


async def _get_me(conn: Connection, call: Call) -> Answer:
    key = call.key
    agent = await find_agent(conn, key.customer_id, key.agent_id) if key.agent_id else None
    customer = await name_of_customer(conn, key.customer_id)
    me = Me(
        key=OwnKey(id=key.id, name=key.name, scopes=sorted(key.scopes)),
        agent=present_agent(agent) if agent else None,
        customer=CustomerName(customer or ""),
    )
    return Answer(value=me)


async def _list_agents(conn: Connection, call: Call) -> Answer:
    query = parse_list_query(call.query_pairs())
    customer_id = call.key.customer_id
    rows = await list_agents(
        conn,
        customer_id,
        after=name_after(query.cursor, _LISTING, customer_id),
        row_count=query.limit + 1,
    )
    items = [present_agent(row) for row in rows[: query.limit]]
    page = page_by_name(rows, query.limit, lambda row: row.name, _LISTING, customer_id)
    return Answer(
        value=Listing[ListedAgent](items, page), headers=next_link(call, page.next_cursor)
    )


async def _add(conn: Connection, call: Call) -> Answer:
    asked = call.body(AgentRequest)
    agent = await add_agent(conn, call.actor, asked.name, asked.role, new_id=call.shared.new_id)
    return Answer(value=present_agent(agent), status=201)


async def _change(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "agent")
    asked = call.body(AgentPatch)
    change = AgentChange(
        name=None if asked.name is UNSET else asked.name,
        role=None if asked.role is UNSET else asked.role,
        is_disabled=None if asked.disabled is UNSET else asked.disabled,
        version=wanted_version(call, asked.version),
    )
    agent = await change_agent(conn, call.actor, named, change, new_id=call.shared.new_id)
    return Answer(value=present_agent(agent))
