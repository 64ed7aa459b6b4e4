"""Agents over HTTP: everybody sees colleagues, an admin adds and changes them; and who I am."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from domain.agent import Role
from inbox.http.body import given_or_none
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import Version
from inbox.http.versions import wanted_version
from inbox.settings.agents import AgentChange, add_agent, change_agent
from store.agents import StoredAgent, find_agent, list_agents
from store.customers import name_of_customer
from store.database import Connection


class AgentBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    role: Role


class AgentChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    version: Version | UnsetType = UNSET


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
        "list_agents",
        "conversations:read",
        _list_agents,
        query=ListQuery,
        response=Listing[ListedAgent],
    )
    adding = Endpoint(
        "add_agent", "admin", _add, body=AgentBody, response=ListedAgent, takes_idempotency_key=True
    )
    changing = Endpoint(
        "change_agent", "admin", _change, noun="agent", body=AgentChangeBody, response=ListedAgent
    )
    me = Endpoint("get_me", None, _get_me, response=Me)
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


async def _get_me(conn: Connection, call: PlainCall) -> Answer:
    key = call.key
    agent = await find_agent(conn, key.customer_id, key.agent_id) if key.agent_id else None
    customer = await name_of_customer(conn, key.customer_id)
    me = Me(
        key=OwnKey(id=key.id, name=key.name, scopes=sorted(key.scopes)),
        agent=present_agent(agent) if agent else None,
        customer=CustomerName(customer or ""),
    )
    return Answer(value=me)


async def _list_agents(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    rows = await list_agents(
        conn, call.key.customer_id, after=name_after(call), row_count=call.query.limit + 1
    )
    return answer_rows(call, rows, present_agent, lambda row: NamePlace(row.name))


async def _add(conn: Connection, call: BodyCall[AgentBody]) -> Answer:
    wanted, new_id = call.body, call.shared.new_id
    agent = await add_agent(conn, call.actor, wanted.name, wanted.role, new_id=new_id)
    return Answer(value=present_agent(agent), status=201)


async def _change(conn: Connection, call: BodyCall[AgentChangeBody]) -> Answer:
    change = AgentChange(
        name=given_or_none(call.body.name),
        role=given_or_none(call.body.role),
        is_disabled=given_or_none(call.body.disabled),
        version=wanted_version(call, call.body.version),
    )
    agent = await change_agent(conn, call.actor, call.id, change, new_id=call.shared.new_id)
    return Answer(value=present_agent(agent))
