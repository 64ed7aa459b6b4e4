"""`/api/conversations/{id}/presence`: who is viewing a conversation, and who is typing."""

import msgspec
from starlette.routing import BaseRoute

from domain.api_key import ApiKey
from domain.errors import NotFound
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, resource
from inbox.http.shared import Shared
from inbox.live.presence import Presence, PresenceState, PresenceTold, payload_of
from inbox.settings.agents import own_agent
from store.database import Connection
from store.notifications import notify_presence
from store.presence import conversation_exists, names_of_agents


class PresenceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: PresenceState


class PresentAgent(msgspec.Struct, frozen=True):
    agent_id: str
    name: str
    state: str


class PresenceListing(msgspec.Struct, frozen=True):
    items: list[PresentAgent]


def presence_routes(shared: Shared, presence: Presence) -> list[BaseRoute]:
    """Make the routes of presence."""

    async def list_present(conn: Connection, call: PlainCall) -> Answer:
        await _check_conversation(conn, call.key, call.id)
        return await _listing(conn, call.key, presence.of(call.key.customer_id, call.id))

    async def tell(conn: Connection, call: BodyCall[PresenceBody]) -> Answer:
        agent_id = own_agent(call.actor)
        await _check_conversation(conn, call.key, call.id)
        told = PresenceTold(call.key.customer_id, call.id, agent_id, call.body.state)
        await notify_presence(conn, payload_of(told))
        presence.note(told)
        return await _listing(conn, call.key, presence.of(call.key.customer_id, call.id))

    listing = Endpoint(
        "list_presence",
        "conversations:read",
        list_present,
        noun="conversation",
        response=PresenceListing,
    )
    telling = Endpoint(
        "say_presence",
        "conversations:read",
        tell,
        noun="conversation",
        body=PresenceBody,
        response=PresenceListing,
        takes_idempotency_key=True,
    )
    methods = {"GET": listing, "POST": telling}
    return [resource(shared, "/conversations/{id}/presence", methods)]


async def _check_conversation(conn: Connection, key: ApiKey, conversation_id: str) -> None:
    if not await conversation_exists(conn, key.customer_id, conversation_id):
        raise NotFound("there is no such conversation")


async def _listing(conn: Connection, key: ApiKey, there: dict[str, PresenceState]) -> Answer:
    names = await names_of_agents(conn, key.customer_id, list(there))
    items = [
        PresentAgent(agent_id=agent_id, name=names[agent_id], state=state)
        for agent_id, state in sorted(there.items())
        if agent_id in names
    ]
    return Answer(value=PresenceListing(items))
