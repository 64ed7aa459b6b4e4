"""The routes under `/api/ops`, topic by topic. Knows no topic from inside."""

from starlette.routing import BaseRoute

from inbox.actions.quarantine import Inspector
from inbox.ops.channels import channel_routes
from inbox.ops.dead_letters import dead_letter_routes
from inbox.ops.event import event_detail_routes
from inbox.ops.events import event_routes
from inbox.ops.failures import failure_routes
from inbox.ops.jobs import job_routes
from inbox.ops.now import now_routes
from inbox.ops.quarantine import quarantine_routes
from inbox.ops.recovery import recovery_routes
from inbox.shared import Shared


def ops_routes(shared: Shared, inspector: Inspector) -> list[BaseRoute]:
    """Make the routes; `inspector` checks the signatures of refused deliveries again."""
    return [
        *now_routes(shared),
        *channel_routes(shared),
        *event_routes(shared),
        *recovery_routes(shared),  # before what takes the last part of a path for an id
        *event_detail_routes(shared),
        *failure_routes(shared),
        *dead_letter_routes(shared),
        *quarantine_routes(shared, inspector),
        *job_routes(shared),
    ]
