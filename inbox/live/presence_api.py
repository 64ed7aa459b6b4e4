"""`/api/conversations/{id}/presence`: who is viewing a conversation, and who is typing."""

import msgspec
from starlette.routing import BaseRoute

from domain.errors import MissingScope, NotFound
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.shared import Shared
from inbox.live.presence import Presence, PresenceState, Said, payload_of
from store.database import Connection
from store.presence import conversation_exists, names_of_agents
from store.signals import tell_presence


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

    async def list_present(conn: Connection, call: Call) -> Answer:
        conversation_id = await _conversation(conn, call)
        return await _listing(conn, call, presence.of(call.key.customer_id, conversation_id))

    async def say(conn: Connection, call: Call) -> Answer:
        state = call.body(PresenceBody).state
        agent_id = call.actor.agent_id
        if agent_id is None:
            raise MissingScope("only the key of an agent can be somewhere")
        conversation_id = await _conversation(conn, call)
        said = Said(call.key.customer_id, conversation_id, agent_id, state)
        await tell_presence(conn, payload_of(said))
        presence.note(said)
        return await _listing(conn, call, presence.of(call.key.customer_id, conversation_id))

    listing = Endpoint(name="list_presence", scope="conversations:read", handler=list_present)
    saying = Endpoint(name="say_presence", scope="conversations:read", handler=say)
    methods = {"GET": listing, "POST": saying}
    return [resource(shared, "/conversations/{id}/presence", methods)]


async def _conversation(conn: Connection, call: Call) -> str:
    conversation_id = call.path("id")
    if conversation_id is None or not await conversation_exists(
        conn, call.key.customer_id, conversation_id
    ):
        raise NotFound("there is no such conversation")
    return conversation_id


async def _listing(conn: Connection, call: Call, there: dict[str, PresenceState]) -> Answer:
    names = await names_of_agents(conn, call.key.customer_id, list(there))
    items = [
        PresentAgent(agent_id=agent_id, name=names[agent_id], state=state)
        for agent_id, state in sorted(there.items())
        if agent_id in names
    ]
    return Answer(value=PresenceListing(items))
