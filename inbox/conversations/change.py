"""Changes how a conversation is handled: status, assignee, snooze, subject. Knows no HTTP."""

from collections.abc import Callable
from datetime import datetime

from domain.actor import Actor
from domain.conversation_change import (
    WantedHandling,
    changed_handling,
    check_version,
    check_wanted,
    is_taken,
)
from domain.errors import Conflict, FieldError, NotFound, invalid_field
from store.agents import find_agent
from store.conversation_changes import lock_handling, write_handling
from store.database import Connection


async def change_conversation(
    conn: Connection,
    actor: Actor,
    conversation_id: str,
    wanted: WantedHandling,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> str:
    """Set what is wanted and return the id that the conversation has now.

    Raises: NotFound, ValidationFailed, VersionMismatch, Conflict where somebody else has it.
    """
    check_wanted(wanted, now)
    held = await lock_handling(conn, actor.customer_id, conversation_id)
    if held is None:
        raise NotFound("there is no such conversation")
    check_version(wanted.version, held.handling.version)
    if is_taken(held.handling, wanted):
        raise await _taken(conn, actor, held.handling.assignee_id)
    if isinstance(wanted.assignee_id, str) and wanted.assignee_id != held.handling.assignee_id:
        await _check_assignee(conn, actor.customer_id, wanted.assignee_id)
    after = changed_handling(held.handling, wanted, now)
    if after != held.handling:
        await write_handling(conn, actor, held.id, held.handling, after, new_id)
    return held.id


async def _check_assignee(conn: Connection, customer_id: int, agent_id: str) -> None:
    agent = await find_agent(conn, customer_id, agent_id)
    if agent is None or not agent.is_working:
        raise invalid_field("assignee_id", "no_such_agent", "an agent who works here")


async def _taken(conn: Connection, actor: Actor, agent_id: str | None) -> Conflict:
    """Say who has it: agents are colleagues, so their names may be told."""
    agent = await find_agent(conn, actor.customer_id, agent_id) if agent_id else None
    detail = f"{agent.name if agent else 'another agent'} has this conversation already"
    wrong = FieldError(
        location="body", name="only_if_unassigned", code="taken", detail=agent_id or ""
    )
    return Conflict(detail, (wrong,))
