"""The outbox, written: what a change tells those who follow, in its own transaction.

Holds no message text and no address. Readers use `store/changes.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.outbound import OutboundStatus
from store.database import Connection
from store.sql import statements

_SQL = statements("outbox")
_APPEND_CHANGES = _SQL["append_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that followers hear of. `version` is that of the conversation or the object.

    `message_status` is the status that a message got, where that is what changed of it.
    """

    type: str
    conversation_id: str | None = None
    message_id: str | None = None
    object_id: str | None = None
    version: int | None = None
    message_seq: int | None = None
    message_status: OutboundStatus | None = None


async def append_changes(conn: Connection, customer_id: int, changes: Sequence[Change]) -> None:
    """Write outbox rows, in the order given."""
    await conn.execute(
        _APPEND_CHANGES,
        {
            "customer_id": customer_id,
            "types": [change.type for change in changes],
            "conversation_ids": [change.conversation_id for change in changes],
            "message_ids": [change.message_id for change in changes],
            "object_ids": [change.object_id for change in changes],
            "versions": [change.version for change in changes],
            "message_seqs": [change.message_seq for change in changes],
            "message_statuses": [change.message_status for change in changes],
        },
    )
