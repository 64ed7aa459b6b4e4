"""Does one action to a set of conversations, a step of a job at a time."""

from collections.abc import Sequence

from domain.actor import Actor
from store.bulk import change_set
from store.conversation_filter import ConversationFilter
from store.conversation_listing import list_keys
from store.database import Connection
from store.jobs import BulkRequest, ClaimedJob, advance_job, read_request
from store.position import Position
from worker.background.repeating import BackgroundConfig

_AT_ONCE = 200


async def step_bulk(conn: Connection, job: ClaimedJob, config: BackgroundConfig) -> None:
    """Change the next conversations of a job."""
    request = read_request(job.request)
    ids, after = await _next(conn, job, request)
    now = config.clock()
    outcome = await change_set(
        conn,
        Actor(customer_id=job.customer_id, agent_id=job.agent_id, key_id=job.key_id),
        ids,
        request.action,
        now=now,
        new_id=config.new_id,
        job_id=job.id,
    )
    if request.ids is not None and ids and ids[-1] < max(request.ids):
        after = Position(now, ids[-1])
    await advance_job(conn, job, outcome, after)


async def _next(
    conn: Connection, job: ClaimedJob, request: BulkRequest
) -> tuple[Sequence[str], Position | None]:
    """Return the conversations of a step, and where the next one begins."""
    if request.ids is not None:
        rest = sorted(
            conversation_id
            for conversation_id in set(request.ids)
            if not job.after or conversation_id > job.after.id
        )
        return rest[:_AT_ONCE], None
    page = await list_keys(
        conn,
        job.customer_id,
        request.wanted or ConversationFilter(),
        after=job.after,
        limit=_AT_ONCE,
    )
    return [key.id for key in page.keys], page.next
