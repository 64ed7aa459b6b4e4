"""Makes what is shown equal to what the events say, in one transaction, and tells of it.

Messages that are missing are written as if their events came in now; what people added stays as it
was. The caller holds all conversations still and has noted the differences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.actor import Actor
from domain.provider import Provider
from domain.receipt import NewReceipt
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.outbox import Change, append_changes
from store.rebuild import Scope, events_of
from store.rebuild_difference import TableDifference, find_differences
from store.rebuild_mend import (
    MendedMessage,
    absent_events,
    drop_receipts,
    drop_strays,
    keep_decisions,
    mend_messages,
    mend_values,
    note_written,
    restore_decisions,
    take_mended_documents,
)
from store.rebuild_mend_places import mend_places, touch_mended
from store.rebuild_placing import begin_comparison, list_decisions, map_values
from store.receipts import record_receipts
from store.suppressions import suppress_by_receipts
from worker.background.search_index import index_messages
from worker.reading.event import Outcome
from worker.rebuild.derive import messages_in, read_all
from worker.rebuild.families import families_of
from worker.writing.consents import write_consents, write_refusals
from worker.writing.messages import write_messages
from worker.writing.row_cache import RowCache

_EVENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """On whose behalf what is applied. `entry_id` is a new id for the audit."""

    scope: Scope
    providers: Mapping[str, Provider]
    actor: Actor
    entry_id: str
    reason: str | None


async def apply_differences(
    conn: Connection, applying: Applying, found: Sequence[TableDifference]
) -> None:
    """Mend messages first, then look again at what hangs on them, and mend that."""
    scope = applying.scope
    await keep_decisions(conn, scope)
    await mend_values(conn, scope)
    await map_values(conn, scope)
    await drop_strays(conn, scope)
    await _write_absent(conn, applying)
    await mend_messages(conn, scope)
    mended = await take_mended_documents(conn, scope)
    await _record_absent_receipts(conn, applying)
    await restore_decisions(conn, scope)
    await begin_comparison(conn, scope, families_of(await list_decisions(conn, scope)))
    await find_differences(conn, scope)
    renewed = await mend_places(conn, scope)
    await index_messages(conn, [(scope.customer_id, message.id) for message in mended])
    await _tell(conn, applying, found, renewed, mended)


async def _write_absent(conn: Connection, applying: Applying) -> None:
    absent = await absent_events(conn, applying.scope)
    for first in range(0, len(absent), _EVENTS_AT_ONCE):
        outcomes = await _read(conn, applying, absent[first : first + _EVENTS_AT_ONCE])
        drafts = messages_in(outcomes)
        if drafts:
            await write_messages(conn, drafts, RowCache())
            await write_consents(conn, drafts)
            await note_written(conn, applying.scope, [draft.event.id for draft in drafts])


async def _record_absent_receipts(conn: Connection, applying: Applying) -> None:
    absent = await drop_receipts(conn, applying.scope)
    for first in range(0, len(absent), _EVENTS_AT_ONCE):
        outcomes = await _read(conn, applying, absent[first : first + _EVENTS_AT_ONCE])
        receipts = [outcome for outcome in outcomes if isinstance(outcome, NewReceipt)]
        if receipts:
            await suppress_by_receipts(conn, receipts)
            await record_receipts(
                conn, receipts, lambda provider, code: applying.providers[provider].explain(code)
            )
            await write_refusals(conn, receipts)


async def _read(conn: Connection, applying: Applying, ids: Sequence[str]) -> list[Outcome]:
    return await read_all(conn, await events_of(conn, applying.scope, ids), applying.providers)


async def _tell(
    conn: Connection,
    applying: Applying,
    found: Sequence[TableDifference],
    renewed: Sequence[str],
    mended: Sequence[MendedMessage],
) -> None:
    """Tell those who follow, and keep who did it and why."""
    scope = applying.scope
    touched = {*renewed, *(message.conversation_id for message in mended)}
    versions = dict(await touch_mended(conn, scope, touched))
    changes = [
        Change(
            type="message.updated",
            conversation_id=message.conversation_id,
            message_id=message.id,
            version=versions.get(message.conversation_id),
            message_seq=message.seq,
        )
        for message in mended
    ]
    changes += [
        Change(type="conversation.updated", conversation_id=conversation_id, version=version)
        for conversation_id, version in sorted(versions.items())
    ]
    if changes:
        await append_changes(conn, scope.customer_id, changes)
    counts = {
        difference.table: {
            "missing": difference.missing,
            "extra": difference.extra,
            "changed": difference.changed,
        }
        for difference in found
    }
    detail = {"channel_id": scope.channel_id, "differences": counts, "reason": applying.reason}
    entry = AuditEntry(id=applying.entry_id, action="rebuild.applied", detail=detail)
    await record_audit(conn, applying.actor, [entry])
