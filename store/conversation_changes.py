"""Changes that people make to a conversation: hold it, write it, and note what was changed.

An id that was merged away stands for the conversation that has its messages now. Knows no rule
about what may be changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.actor import Actor
from domain.conversation_change import Handling
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.outbox import Change, append_changes
from store.sql import statements

_SQL = statements("conversation_changes")
_LOCK = _SQL["lock_handling"]
_HOLD = _SQL["hold_conversation"]
_SET = _SQL["set_handling"]

# Whoever waits for a conversation that is merged away finds nothing, and asks again.
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedConversation:
    """A conversation that nobody else can change until the transaction ends."""

    id: str
    last_seq: int
    handling: Handling


async def lock_handling(
    conn: Connection, customer_id: int, conversation_id: str
) -> LockedConversation | None:
    """Hold a conversation for a change; messages may still be added to it afterwards."""
    for _ in range(_TRIES):
        cursor = await conn.execute(
            _LOCK, {"customer_id": customer_id, "conversation_id": conversation_id}
        )
        row = await cursor.fetchone()
        if row:
            id_, status, closed_at, snoozed_until, assignee_id, subject, version, last_seq = row
            handling = Handling(
                status=status,
                closed_at=closed_at,
                snoozed_until=snoozed_until,
                assignee_id=assignee_id,
                subject=subject,
                version=version,
            )
            return LockedConversation(id=id_, last_seq=last_seq, handling=handling)
    return None


async def hold_conversation(conn: Connection, customer_id: int, conversation_id: str) -> str | None:
    """Keep a conversation where it is while something is added to it; return its id."""
    for _ in range(_TRIES):
        cursor = await conn.execute(
            _HOLD, {"customer_id": customer_id, "conversation_id": conversation_id}
        )
        row = await cursor.fetchone()
        if row:
            return row[0]
    return None


async def write_handling(
    conn: Connection,
    actor: Actor,
    conversation_id: str,
    before: Handling,
    after: Handling,
    new_id: Callable[[], str],
) -> None:
    """Write a change of a held conversation, with an audit entry for each kind of change."""
    await conn.execute(
        _SET,
        {
            "customer_id": actor.customer_id,
            "id": conversation_id,
            "status": after.status,
            "closed_at": after.closed_at,
            "snoozed_until": after.snoozed_until,
            "assignee_id": after.assignee_id,
            "subject": after.subject,
            "version": after.version,
        },
    )
    entries = [
        AuditEntry(id=new_id(), action=action, conversation_id=conversation_id, detail=detail)
        for action, detail in _differences(before, after)
    ]
    await record_audit(conn, actor, entries)
    change = Change(
        type="conversation.updated", conversation_id=conversation_id, version=after.version
    )
    await append_changes(conn, actor.customer_id, [change])


def _differences(before: Handling, after: Handling) -> list[tuple[str, Mapping[str, object]]]:
    """Say what changed; a subject is a text, so nothing is said of it."""
    found: list[tuple[str, Mapping[str, object]]] = []
    if after.snoozed_until is not None and after.snoozed_until != before.snoozed_until:
        detail = {"from": before.status, "until": _time(after.snoozed_until)}
        found.append(("conversation.snoozed", detail))
    elif after.status != before.status:
        detail = {"from": before.status, "to": after.status}
        found.append(("conversation.status_changed", detail))
    if after.assignee_id != before.assignee_id:
        detail = {"from": before.assignee_id, "to": after.assignee_id}
        found.append(("conversation.assigned", detail))
    if after.subject != before.subject:
        found.append(("conversation.subject_changed", {}))
    return found


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
