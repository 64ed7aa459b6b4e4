"""The routes under `/api/ops`, topic by topic. Knows no topic from inside."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from inbox.http.shared import Shared
from inbox.operations.channel_changes_api import channel_change_routes
from inbox.operations.channels_api import channel_routes
from inbox.operations.comparisons_api import comparison_routes
from inbox.operations.dead_letters_api import dead_letter_routes
from inbox.operations.event_detail_api import event_detail_routes
from inbox.operations.events_api import event_routes
from inbox.operations.failures_api import failure_routes
from inbox.operations.jobs_api import job_routes
from inbox.operations.quarantine import Inspector
from inbox.operations.quarantine_api import quarantine_routes
from inbox.operations.recovery_api import recovery_routes
from inbox.operations.status_api import now_routes


def ops_routes(
    shared: Shared, inspector: Inspector, new_token: Callable[[], str]
) -> list[BaseRoute]:
    """Make the routes.

    `inspector` checks the signatures of refused deliveries again; `new_token` makes the last part
    of a webhook URL.
    """
    return [
        *now_routes(shared),
        *channel_routes(shared),
        *channel_change_routes(shared, new_token),
        *event_routes(shared),
        *recovery_routes(shared),  # before what takes the last part of a path for an id
        *event_detail_routes(shared),
        *failure_routes(shared),
        *comparison_routes(shared),
        *dead_letter_routes(shared),
        *quarantine_routes(shared, inspector),
        *job_routes(shared),
    ]
