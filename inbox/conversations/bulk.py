"""Asks for one action on many conversations: counts them, puts the job on the list."""

from domain.actor import Actor
from domain.bulk import MOST_COUNTED
from domain.errors import wrong_field
from inbox.operations.jobs import get_job
from inbox.settings.agents import own_agent
from store.agents import find_agent
from store.audit import AuditEntry, record_audit
from store.conversation_filter import ConversationFilter
from store.conversation_listing import list_keys
from store.database import Connection
from store.jobs import BulkRequest, StoredJob, insert_job

_AT_ONCE = 1_000


async def count_affected(conn: Connection, customer_id: int, request: BulkRequest) -> int:
    """Count what a request is about, up to `MOST_COUNTED`."""
    if request.ids is not None:
        return len(set(request.ids))
    count, after = 0, None
    while count < MOST_COUNTED:
        page = await list_keys(
            conn,
            customer_id,
            request.wanted or ConversationFilter(),
            after=after,
            limit=min(_AT_ONCE, MOST_COUNTED - count),
        )
        count += len(page.keys)
        after = page.next
        if after is None:
            break
    return count


async def ask_for_bulk(
    conn: Connection, actor: Actor, request: BulkRequest, *, job_id: str, entry_id: str
) -> StoredJob:
    """Put a job on the list, for workers to do.

    Raises: ValidationFailed, Conflict.
    """
    await check_bulk(conn, actor, request)
    total = await count_affected(conn, actor.customer_id, request)
    await insert_job(conn, actor, job_id, request, total)
    entry = AuditEntry(id=entry_id, action="job.created", object_id=job_id, detail={"total": total})
    await record_audit(conn, actor, [entry])
    return await get_job(conn, actor.customer_id, job_id)


async def check_bulk(conn: Connection, actor: Actor, request: BulkRequest) -> None:
    """Check that a request can be done at all.

    Raises: ValidationFailed, Conflict where somebody's own reading is asked of a program's key.
    """
    if request.action.reads:
        own_agent(actor)
    assignee_id = request.action.assignee_id
    if assignee_id is not None:
        agent = await find_agent(conn, actor.customer_id, assignee_id)
        if agent is None or not agent.is_working:
            detail = "assignee_id must be an agent who works here"
            raise wrong_field("action.assignee_id", "unknown", detail)
