"""Queues changes for hooks: a consumer of the outbox, off the path of events. Knows no HTTP."""

from collections.abc import Sequence

from domain.hook import CONVERSATION_CREATED, EVENT_OF_CHANGE, MESSAGE_STATUS
from store.changes import OutboxRow
from store.database import Connection
from store.hook_deliveries import ToldChange, queue_deliveries, told_customers
from worker.background.consumers import Consumer, Write, write_nothing


def hook_consumer() -> Consumer:
    """Make the consumer that queues changes for hooks."""
    return Consumer(name="hooks", handle=queue_changes)


async def queue_changes(conn: Connection, rows: Sequence[OutboxRow]) -> Write:
    """Say how some changes, which come in order, are queued for the hooks that want them."""
    known = [row for row in rows if row.type in EVENT_OF_CHANGE]
    told = await told_customers(conn, {row.customer_id for row in known}) if known else set[int]()
    changes = [
        _told(row, event) for row in known if row.customer_id in told for event in _events_of(row)
    ]
    if not changes:
        return write_nothing

    async def write(conn: Connection) -> None:
        await queue_deliveries(conn, changes)

    return write


def _events_of(row: OutboxRow) -> list[str]:
    """Say which events a change is: the first message that comes in begins its conversation."""
    if row.message_status is not None:
        return [MESSAGE_STATUS]
    event = EVENT_OF_CHANGE[row.type]
    if row.type == "message.received" and row.message_seq == 1:
        return [CONVERSATION_CREATED, event]
    return [event]


def _told(row: OutboxRow, event: str) -> ToldChange:
    return ToldChange(
        customer_id=row.customer_id,
        seq=row.seq,
        type=event,
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        message_status=row.message_status,
        object_id=row.object_id,
        happened_at=row.created_at,
    )
