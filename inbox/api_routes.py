"""The API's routes, topic by topic. Knows no topic from inside."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from inbox.contacts.api import contact_routes
from inbox.contacts.consent_api import consent_routes
from inbox.contacts.suppressions_api import suppression_routes
from inbox.contract.routes import contract_routes
from inbox.conversations.api import conversation_routes
from inbox.conversations.bulk_api import bulk_routes
from inbox.conversations.change_api import change_endpoint, conversation_action_routes
from inbox.conversations.files_api import file_routes
from inbox.conversations.merge_split_api import structure_routes
from inbox.conversations.messages_api import message_reading_routes
from inbox.hooks.api import hook_resources
from inbox.hooks.deliveries_api import delivery_resources
from inbox.hooks.hooks import HookKit
from inbox.http.shared import Shared
from inbox.operations.api_routes import ops_routes
from inbox.operations.audit_api import audit_routes
from inbox.operations.quarantine import Inspector
from inbox.reports.reports_api import report_routes
from inbox.settings.agents_api import agent_routes
from inbox.settings.calendar_api import calendar_routes
from inbox.settings.channel_setup import ChannelKit
from inbox.settings.channels_api import channel_routes
from inbox.settings.customers_api import customer_routes
from inbox.settings.keys_api import key_routes
from inbox.settings.tags_api import tag_routes
from inbox.writing.api import message_routes, reply_endpoint
from inbox.writing.canned_replies_api import canned_reply_routes
from inbox.writing.notes_api import note_routes
from inbox.writing.segments_api import segment_routes
from inbox.writing.uploads_api import upload_routes


def api_routes(
    shared: Shared,
    openapi: bytes,
    *,
    new_key: Callable[[], str],
    new_token: Callable[[], str],
    search_timeout_seconds: float,
    inspector: Inspector,
    hook_kit: HookKit,
    channel_kit: ChannelKit,
) -> list[BaseRoute]:
    """Make the routes under `/api`; `openapi` is the contract they keep, served to anybody.

    `inspector` checks the signatures of refused deliveries again; `hook_kit` and `channel_kit`
    are what hooks and channels are made with.
    """
    return [
        *contract_routes(openapi),
        *conversation_routes(
            shared, change=change_endpoint(), search_timeout_seconds=search_timeout_seconds
        ),
        *conversation_action_routes(shared),
        *message_reading_routes(shared, reply=reply_endpoint()),
        *file_routes(shared),
        *message_routes(shared),
        *upload_routes(shared),
        *segment_routes(shared),
        *note_routes(shared),
        *tag_routes(shared),
        *structure_routes(shared),
        *contact_routes(shared),
        *consent_routes(shared),
        *suppression_routes(shared),
        *bulk_routes(shared),
        *canned_reply_routes(shared),
        *channel_routes(shared, channel_kit),
        *customer_routes(shared, new_key),
        *agent_routes(shared),
        *calendar_routes(shared),
        *key_routes(shared, new_key),
        *hook_resources(shared, hook_kit),
        *delivery_resources(shared, hook_kit),
        *report_routes(shared),
        *audit_routes(shared),
        *ops_routes(shared, inspector, new_token),
    ]
