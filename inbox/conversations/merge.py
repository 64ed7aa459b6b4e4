"""Makes one conversation part of another, because an agent says that they are one.

The merged id keeps leading to the messages, and new messages of its key follow them.
"""

from dataclasses import dataclass

from domain.actor import Actor
from domain.errors import Conflict, NotFound, VersionMismatch, invalid_field
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.merge_split import (
    HeldConversation,
    carry_read_marks,
    hold_wherever,
    renew_conversations,
    touch_conversation,
)
from store.merges import Merge, merge_conversations
from store.outbox import Change, append_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    into_id: str
    version: int
    moved: int


async def merge_conversation(
    conn: Connection,
    actor: Actor,
    *,
    entry_id: str,
    from_id: str,
    into_id: str,
    version: int | None = None,
) -> Merged:
    """Move everything of one conversation into another of the same channel.

    `entry_id` is a new id for the audit; `version` is what the first must still have.

    Raises: NotFound, ValidationFailed, Conflict, VersionMismatch.
    """
    taken, into = await _hold(conn, actor.customer_id, from_id, into_id)
    if version is not None and taken.version != version:
        raise VersionMismatch("the conversation has another version by now")
    if taken.channel_id != into.channel_id:
        raise Conflict("only conversations of one channel can be merged")
    await carry_read_marks(conn, actor.customer_id, taken, into)
    merge = Merge(
        customer_id=actor.customer_id,
        from_id=taken.id,
        into_id=into.id,
        first_seq=into.last_seq + 1,
    )
    await merge_conversations(conn, [merge], "agent", actor.agent_id)
    await renew_conversations(conn, actor.customer_id, [into.id])
    new_version = await touch_conversation(
        conn, actor.customer_id, into.id, opens=_opens(taken, into)
    )
    entry = AuditEntry(
        id=entry_id,
        action="conversation.merged",
        conversation_id=into.id,
        object_id=taken.id,
        detail={"moved": taken.message_count},
    )
    await record_audit(conn, actor, [entry])
    change = Change(type="conversation.updated", conversation_id=into.id, version=new_version)
    await append_changes(conn, actor.customer_id, [change])
    return Merged(into_id=into.id, version=new_version, moved=taken.message_count)


async def _hold(
    conn: Connection, customer_id: int, from_id: str, into_id: str
) -> tuple[HeldConversation, HeldConversation]:
    held = await hold_wherever(conn, customer_id, {from_id, into_id})
    if from_id not in held:
        raise NotFound("there is no such conversation")
    if into_id not in held:
        raise invalid_field("into_id", "unknown", "a conversation")
    if held[from_id].id == held[into_id].id:
        raise Conflict("they are one conversation already")
    return held[from_id], held[into_id]


def _opens(taken: HeldConversation, into: HeldConversation) -> bool:
    """Keep what somebody has still to do from disappearing in what is done."""
    return taken.status in ("open", "pending") and into.status in ("closed", "snoozed")
