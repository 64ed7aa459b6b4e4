"""Writes notes on conversations. A note is no activity: it moves a conversation nowhere."""

from domain.actor import Actor
from domain.errors import NotFound, wrong_field
from domain.text import clean_text
from store.audit import AuditEntry, record_audit
from store.conversation_changes import hold_conversation
from store.database import Connection
from store.notes import StoredNote, insert_note
from store.outbox import Change, append_changes

LONGEST_NOTE = 20_000


async def write_note(
    conn: Connection,
    actor: Actor,
    conversation_id: str,
    text: str,
    *,
    note_id: str,
    entry_id: str,
) -> StoredNote:
    """Keep a note; `note_id` and `entry_id` (for the audit) are new ids.

    Raises: NotFound, ValidationFailed.
    """
    cleaned = clean_text(text).strip()
    if not 1 <= len(cleaned) <= LONGEST_NOTE:
        detail = f"text must have 1 to {LONGEST_NOTE} characters"
        raise wrong_field("text", "wrong_length", detail)
    held = await hold_conversation(conn, actor.customer_id, conversation_id)
    if held is None:
        raise NotFound("there is no such conversation")
    note = await insert_note(
        conn,
        actor.customer_id,
        note_id=note_id,
        conversation_id=held,
        agent_id=actor.agent_id,
        text=cleaned,
    )
    entry = AuditEntry(id=entry_id, action="note.created", conversation_id=held, object_id=note.id)
    await record_audit(conn, actor, [entry])
    change = Change(type="note.created", conversation_id=held, object_id=note.id)
    await append_changes(conn, actor.customer_id, [change])
    return note
