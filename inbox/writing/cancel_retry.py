"""What a person decides about a message that was written: take it back, or try once more.

Knows no HTTP. Trying once more what may have been sent is a person's decision, never ours.
"""

from collections.abc import Mapping
from typing import Literal

from domain.actor import Actor
from domain.errors import Conflict, NotFound
from inbox.settings.sending_channel import check_can_send
from inbox.writing.reply import Desk
from inbox.writing.suppressed import check_recipients_of, check_window_of
from store.audit import AuditEntry, record_audit
from store.channels import find_channel
from store.database import Connection
from store.outbound import HeldMessage, count_recipients, hold_outbound, queue_again, take_back
from store.outbox import Change, append_changes

_ACTIONS: Mapping[str, str] = {"canceled": "message.canceled", "queued": "message.retried"}
_CAN_BE_RETRIED = frozenset({"failed", "unknown"})


async def cancel(conn: Connection, actor: Actor, desk: Desk, message_id: str) -> None:
    """Take back a message that is still queued.

    Raises: NotFound, Conflict once it is being sent.
    """
    held = await _hold(conn, actor, message_id)
    version = None
    if held.status == "queued":
        version = await take_back(conn, actor.customer_id, message_id, held)
    if version is None:
        raise Conflict("only a message that is queued and not being sent can be canceled")
    await _tell(conn, actor, desk, held, message_id, "canceled", version)


async def retry(conn: Connection, actor: Actor, desk: Desk, message_id: str) -> None:
    """Have a message sent once more that failed, or of which nobody knows whether it was sent.

    Raises: NotFound, Conflict, RecipientSuppressed, OptedOut, WindowClosed.
    """
    held = await _hold(conn, actor, message_id)
    if held.status not in _CAN_BE_RETRIED:
        raise Conflict("only a message that failed, or whose outcome is unknown, can be retried")
    stored = await find_channel(conn, actor.customer_id, held.channel_id)
    if stored is None:
        raise NotFound("there is no such channel")
    recipients = await count_recipients(conn, actor.customer_id, message_id)
    check_can_send(stored, recipients)
    await check_recipients_of(conn, actor.customer_id, message_id, recipients)
    await check_window_of(conn, actor.customer_id, message_id, recipients, desk.now)
    version = await queue_again(conn, actor.customer_id, message_id, held)
    await _tell(conn, actor, desk, held, message_id, "queued", version)


async def _hold(conn: Connection, actor: Actor, message_id: str) -> HeldMessage:
    held = await hold_outbound(conn, actor.customer_id, message_id)
    if held is None:
        raise NotFound("there is no such message of ours")
    return held


async def _tell(
    conn: Connection,
    actor: Actor,
    desk: Desk,
    held: HeldMessage,
    message_id: str,
    status: Literal["canceled", "queued"],
    version: int | None,
) -> None:
    entry = AuditEntry(
        id=desk.new_id(),
        action=_ACTIONS[status],
        conversation_id=held.conversation_id,
        object_id=message_id,
        detail={"status_before": held.status},
    )
    await record_audit(conn, actor, [entry])
    change = Change(
        type="message.updated",
        conversation_id=held.conversation_id,
        message_id=message_id,
        version=version,
        message_seq=held.seq,
        message_status=status,
    )
    await append_changes(conn, actor.customer_id, [change])
