"""What somebody decides of a text that may be an opt-out: that it is, or that it is none."""

from datetime import datetime

from domain.actor import Actor
from domain.errors import Conflict, NotFound
from inbox.contacts.consent import opt_out
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.opt_out_hints import OptOutHint, dismiss_hint, find_hint
from store.outbox import Change, append_changes


async def opt_out_sender(
    conn: Connection, actor: Actor, *, new_ids: tuple[str, str], now: datetime, message_id: str
) -> None:
    """Text the sender of a message no more by the channel that it came to.

    Raises: NotFound, ValidationFailed, Conflict.
    """
    hint = await _find(conn, actor, message_id)
    if hint.contact_id is None:
        raise Conflict("nobody is behind the address that the message is from")
    await opt_out(
        conn,
        actor,
        new_ids=new_ids,
        now=now,
        contact_id=hint.contact_id,
        readings=[hint.sender],
        channel_id=hint.channel_id,
    )


async def dismiss(conn: Connection, actor: Actor, *, entry_id: str, message_id: str) -> None:
    """Say that a message is no opt-out, so that nobody is asked any more.

    Raises: NotFound, Conflict.
    """
    hint = await _find(conn, actor, message_id)
    if not hint.is_undecided:
        raise Conflict("nobody has to decide whether this message is an opt-out")
    version = await dismiss_hint(conn, actor, message_id, hint)
    entry = AuditEntry(
        id=entry_id,
        action="opt_out.dismissed",
        conversation_id=hint.conversation_id,
        object_id=message_id,
    )
    await record_audit(conn, actor, [entry])
    change = Change(
        type="message.updated",
        conversation_id=hint.conversation_id,
        message_id=message_id,
        version=version,
        message_seq=hint.seq,
    )
    await append_changes(conn, actor.customer_id, [change])


async def _find(conn: Connection, actor: Actor, message_id: str) -> OptOutHint:
    hint = await find_hint(conn, actor.customer_id, message_id)
    if hint is None or not hint.is_inbound:
        raise NotFound("there is no such message of somebody else")
    return hint
