"""The API's routes, topic by topic. Knows no topic from inside."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from inbox.actions.quarantine import Inspector
from inbox.api.agents import agent_routes
from inbox.api.audit import audit_routes
from inbox.api.bulk import bulk_routes
from inbox.api.canned_replies import canned_reply_routes
from inbox.api.channels import channel_routes
from inbox.api.contacts import contact_routes
from inbox.api.conversation_actions import change_endpoint, conversation_action_routes
from inbox.api.conversations import conversation_routes
from inbox.api.keys import key_routes
from inbox.api.message_reading import message_reading_routes
from inbox.api.messages import message_routes, reply_endpoint
from inbox.api.notes import note_routes
from inbox.api.structure import structure_routes
from inbox.api.tags import tag_routes
from inbox.call import NOT_STORED
from inbox.ops.routes import ops_routes
from inbox.shared import Shared


def api_routes(
    shared: Shared,
    openapi: bytes,
    *,
    new_key: Callable[[], str],
    search_timeout_seconds: float,
    inspector: Inspector,
) -> list[BaseRoute]:
    """Make the routes under `/api`; `openapi` is the contract they keep, served to anybody.

    `inspector` checks the signatures of refused deliveries again.
    """

    async def contract(_request: Request) -> Response:
        return Response(openapi, media_type="application/yaml", headers=NOT_STORED)

    return [
        Route("/openapi.yaml", contract),
        *conversation_routes(
            shared, change=change_endpoint(), search_timeout_seconds=search_timeout_seconds
        ),
        *conversation_action_routes(shared),
        *message_reading_routes(shared, reply=reply_endpoint()),
        *message_routes(shared),
        *note_routes(shared),
        *tag_routes(shared),
        *structure_routes(shared),
        *contact_routes(shared),
        *bulk_routes(shared),
        *canned_reply_routes(shared),
        *channel_routes(shared),
        *agent_routes(shared),
        *key_routes(shared, new_key),
        *audit_routes(shared),
        *ops_routes(shared, inspector),
    ]
