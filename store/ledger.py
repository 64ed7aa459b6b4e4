"""What every change leaves behind in its own transaction: audit entries and outbox rows.

Knows no change. Neither holds a message text or an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from domain.actor import Actor
from store.database import Connection
from store.sql import statements

_SQL = statements("ledger")
_RECORD_AUDIT = _SQL["record_audit"]
_APPEND_CHANGES = _SQL["append_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that somebody did; `id` is a new UUIDv7, `detail` holds words and ids only."""

    id: str
    action: str
    conversation_id: str | None = None
    object_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that followers hear of. `version` is that of the conversation or the object."""

    type: str
    conversation_id: str | None = None
    message_id: str | None = None
    object_id: str | None = None
    version: int | None = None
    message_seq: int | None = None


async def record_audit(conn: Connection, actor: Actor, entries: Sequence[AuditEntry]) -> None:
    """Note what an actor did."""
    await conn.execute(
        _RECORD_AUDIT,
        {
            "customer_id": actor.customer_id,
            "agent_id": actor.agent_id,
            "key_id": actor.key_id,
            "request_id": actor.request_id,
            "ids": [entry.id for entry in entries],
            "actions": [entry.action for entry in entries],
            "conversation_ids": [entry.conversation_id for entry in entries],
            "object_ids": [entry.object_id for entry in entries],
            "details": [msgspec.json.encode(entry.detail).decode() for entry in entries],
        },
    )


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
        },
    )
