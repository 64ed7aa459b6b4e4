"""Keeps and reads what was done, by whom and when. Gives actions no meaning.

An entry is written in the transaction of what it tells, and holds no message text and no address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from domain.actor import Actor
from store.database import Connection
from store.sql import statements

_SQL = statements("audit")
_RECORD = _SQL["record_audit"]
_LIST = _SQL["list_audit"]
_OF_CONVERSATION = _SQL["list_audit_of_conversation"]
_OF_OBJECT = _SQL["list_audit_of_object"]
_OF_AGENT = _SQL["list_audit_of_agent"]
_OF_ACTION = _SQL["list_audit_of_action"]
_NEWEST_HISTORY = _SQL["list_newest_history"]
_OLDEST_HISTORY = _SQL["list_oldest_history"]

_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_FIRST_TIME = datetime.min.replace(tzinfo=UTC)
_LAST_TIME = datetime.max.replace(tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Ids are made by the clocks of the web processes, times by that of the database.
_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that somebody did; `id` is a new UUIDv7, `detail` holds words and ids only."""

    id: str
    action: str
    conversation_id: str | None = None
    object_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """One thing that was done; without an agent it was a program, without a key Inlet itself."""

    id: str
    at: datetime
    action: str
    agent_id: str | None
    agent_name: str | None
    key_id: str | None
    conversation_id: str | None
    object_id: str | None
    detail: Mapping[str, Any]
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What entries must match; None matches all. `after` is inclusive, `before` is not."""

    conversation_id: str | None = None
    object_id: str | None = None
    agent_id: str | None = None
    action: str | None = None
    after: datetime | None = None
    before: datetime | None = None


async def record_audit(conn: Connection, actor: Actor, entries: Sequence[AuditEntry]) -> None:
    """Note what an actor did."""
    await conn.execute(
        _RECORD,
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


async def list_audit(
    conn: Connection,
    customer_id: int,
    wanted: AuditFilter,
    *,
    before_id: str | None,
    row_count: int,
) -> list[StoredEntry]:
    """List what was done before an entry, the latest first."""
    latest = wanted.before and _id_at(wanted.before, _CLOCKS_DIFFER)
    earliest = wanted.after and _id_at(wanted.after, -_CLOCKS_DIFFER)
    return await _entries(
        conn,
        _narrowest(wanted),
        {
            "customer_id": customer_id,
            "conversation_id": wanted.conversation_id,
            "object_id": wanted.object_id,
            "agent_id": wanted.agent_id,
            "action": wanted.action,
            "before_id": min(before_id or _LAST_ID, latest or _LAST_ID),
            "after_id": earliest or _FIRST_ID,
            "from_at": wanted.after or _FIRST_TIME,
            "until_at": wanted.before or _LAST_TIME,
            "row_count": row_count,
        },
    )


async def list_history(
    conn: Connection,
    customer_id: int,
    conversation_id: str,
    *,
    order: Literal["newest", "oldest"],
    after_id: str | None,
    row_count: int,
) -> list[StoredEntry]:
    """List what was done to a conversation after an entry, and to those merged into it."""
    is_newest = order == "newest"
    return await _entries(
        conn,
        _NEWEST_HISTORY if is_newest else _OLDEST_HISTORY,
        {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "edge_id": after_id or (_LAST_ID if is_newest else _FIRST_ID),
            "row_count": row_count,
        },
    )


async def _entries(
    conn: Connection, statement: bytes, parameters: Mapping[str, Any]
) -> list[StoredEntry]:
    cursor = conn.cursor(row_factory=class_row(StoredEntry))
    await cursor.execute(statement, parameters)
    return await cursor.fetchall()


def _narrowest(wanted: AuditFilter) -> bytes:
    """Choose the index that leaves the fewest entries to look at."""
    if wanted.conversation_id:
        return _OF_CONVERSATION
    if wanted.object_id:
        return _OF_OBJECT
    if wanted.agent_id:
        return _OF_AGENT
    return _OF_ACTION if wanted.action else _LIST


def _id_at(moment: datetime, shift: timedelta) -> str:
    """Return the smallest UUIDv7 of a moment, so that a range of times is a range of ids."""
    milliseconds = (moment - _EPOCH + shift) // timedelta(milliseconds=1)
    return str(UUID(int=min(max(milliseconds, 0), (1 << 48) - 1) << 80))
