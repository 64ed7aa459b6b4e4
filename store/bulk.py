"""One action on a set of conversations, in as many statements however many they are.

Knows neither how the set was chosen nor how far a job is.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from domain.actor import Actor
from domain.bulk import BulkAction
from domain.conversation import ConversationStatus
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.outbox import Change, append_changes
from store.sql import statements
from store.tags import MOST_TAGS

_SQL = statements("bulk")
_HOLD = _SQL["hold_set"]
_TAG = _SQL["tag_set"]
_LIST_WITHOUT_TAG = _SQL["list_without_tag"]
_UNTAG = _SQL["untag_set"]
_CHANGE = _SQL["change_set"]
_READ = _SQL["read_set"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOutcome:
    """How many of a set were changed, were so already, or could not be changed."""

    changed: int
    unchanged: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    status: ConversationStatus
    assignee_id: str | None


async def change_set(
    conn: Connection,
    actor: Actor,
    ids: Collection[str],
    action: BulkAction,
    *,
    now: datetime,
    new_id: Callable[[], str],
    job_id: str,
) -> SetOutcome:
    """Do an action to conversations, with an audit entry and a change for each it changed."""
    before = await _hold(conn, actor.customer_id, ids)
    held = list(before)
    tagged = await _tag(conn, actor.customer_id, held, action.add_tag)
    untagged = await _untag(conn, actor.customer_id, held, action.remove_tag)
    versions = await _change(conn, actor.customer_id, held, action, now, tagged | untagged)
    read = await _read(conn, actor, held) if action.reads else {}
    too_full = await _without_tag(conn, actor.customer_id, held, action.add_tag)
    entries = [
        AuditEntry(
            id=new_id(),
            action=name,
            conversation_id=changed_id,
            object_id=job_id,
            detail=detail,
        )
        for changed_id in versions
        for name, detail in _audited(
            action, before[changed_id], changed_id in tagged, changed_id in untagged
        )
    ]
    changes = [
        Change(type="conversation.updated", conversation_id=changed_id, version=version)
        for changed_id, version in versions.items()
    ]
    changes += [
        Change(
            type="conversation.read",
            conversation_id=read_id,
            object_id=actor.agent_id,
            message_seq=seq,
        )
        for read_id, seq in read.items()
    ]
    await record_audit(conn, actor, entries)
    await append_changes(conn, actor.customer_id, changes)
    changed = len((versions.keys() | read.keys()) - too_full)
    failed = len(ids) - len(held) + len(too_full)
    return SetOutcome(changed=changed, unchanged=len(ids) - changed - failed, failed=failed)


async def _hold(conn: Connection, customer_id: int, ids: Collection[str]) -> dict[str, _Before]:
    cursor = await conn.execute(_HOLD, {"customer_id": customer_id, "ids": list(ids)})
    return {row[0]: _Before(status=row[1], assignee_id=row[2]) for row in await cursor.fetchall()}


async def _tag(conn: Connection, customer_id: int, ids: list[str], tag: str | None) -> set[str]:
    if tag is None:
        return set()
    parameters = {"customer_id": customer_id, "ids": ids, "tag": tag, "most": MOST_TAGS}
    return {row[0] for row in await (await conn.execute(_TAG, parameters)).fetchall()}


async def _without_tag(
    conn: Connection, customer_id: int, ids: list[str], tag: str | None
) -> set[str]:
    if tag is None:
        return set()
    parameters = {"customer_id": customer_id, "ids": ids, "tag": tag}
    return {row[0] for row in await (await conn.execute(_LIST_WITHOUT_TAG, parameters)).fetchall()}


async def _untag(conn: Connection, customer_id: int, ids: list[str], tag: str | None) -> set[str]:
    if tag is None:
        return set()
    parameters = {"customer_id": customer_id, "ids": ids, "tag": tag}
    return {row[0] for row in await (await conn.execute(_UNTAG, parameters)).fetchall()}


async def _change(
    conn: Connection,
    customer_id: int,
    ids: list[str],
    action: BulkAction,
    now: datetime,
    touched: set[str],
) -> dict[str, int]:
    cursor = await conn.execute(
        _CHANGE,
        {
            "customer_id": customer_id,
            "ids": ids,
            "status": action.status,
            "assigns": action.assigns,
            "assignee_id": action.assignee_id,
            "touched_ids": list(touched),
            "now": now,
        },
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def _read(conn: Connection, actor: Actor, ids: list[str]) -> dict[str, int]:
    parameters = {"customer_id": actor.customer_id, "ids": ids, "agent_id": actor.agent_id}
    return {row[0]: row[1] for row in await (await conn.execute(_READ, parameters)).fetchall()}


def _audited(
    action: BulkAction, before: _Before, is_tagged: bool, is_untagged: bool
) -> list[tuple[str, dict[str, object]]]:
    """Say what an action changed, in the words of single changes."""
    entries: list[tuple[str, dict[str, object]]] = []
    if action.status is not None and action.status != before.status:
        detail: dict[str, object] = {"from": before.status, "to": action.status}
        entries.append(("conversation.status_changed", detail))
    if action.assigns and action.assignee_id != before.assignee_id:
        detail = {"from": before.assignee_id, "to": action.assignee_id}
        entries.append(("conversation.assigned", detail))
    if is_tagged:
        entries.append(("conversation.tagged", {"tag": action.add_tag}))
    if is_untagged:
        entries.append(("conversation.untagged", {"tag": action.remove_tag}))
    return entries
