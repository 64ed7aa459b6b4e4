"""Makes the first schema equal to the second where they differ, and nothing else.

What people added is left alone or put back. Runs inside the caller's transaction, with everybody
who writes conversations held still. Knows no provider: messages that are to be written are the
caller's.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from domain.address import Address
from store.addresses import MetAddress, ensure_addresses
from store.bodies import ensure_bodies
from store.database import Connection
from store.media import queue_media
from store.merge_split import renew_conversations
from store.merges import Merge, MergeReason, merge_conversations
from store.rebuild import Scope
from store.sql import statements

_SQL = statements("rebuild_mend")
_KEEP = tuple(_SQL[name] for name in ("keep_handling", "keep_merges"))
_MEND_VALUES = tuple(_SQL[name] for name in ("mend_addresses", "mend_bodies"))
_LIST_WANTED_ADDRESSES = _SQL["list_wanted_addresses"]
_LIST_WANTED_BODIES = _SQL["list_wanted_bodies"]
_FREE_MESSAGE_IDS = _SQL["free_message_ids"]
_WRITE_MESSAGE_IDS = _SQL["write_message_ids"]
_BEAR_AGAIN = _SQL["bear_again"]
_DROP_COPIES = _SQL["drop_copies"]
_LIST_DEPARTING = _SQL["list_departing"]
_DROP_RECIPIENTS = _SQL["drop_recipients"]
_DROP_ATTACHMENTS = _SQL["drop_attachments"]
_DROP_DOCUMENTS = _SQL["drop_documents"]
_DROP_MESSAGES = _SQL["drop_messages"]
_LIST_ABSENT = _SQL["list_absent"]
_NOTE_WRITTEN = _SQL["note_written"]
_LIST_UNDONE_MERGES = _SQL["list_undone_merges"]
_RESTORE_MERGES = _SQL["restore_merges"]
_MEND_MESSAGES = _SQL["mend_messages"]
_LIST_UNLIKE_RECIPIENTS = _SQL["list_unlike_recipients"]
_WRITE_RECIPIENTS = _SQL["write_recipients"]
_WRITE_ATTACHMENTS = _SQL["write_attachments"]
_LIST_MENDED_MESSAGES = _SQL["list_mended_messages"]
_DROP_RECEIPTS = _SQL["drop_receipts"]
_LIST_ABSENT_RECEIPTS = _SQL["list_absent_receipts"]
_RESTORE_HANDLING = _SQL["restore_handling"]


class MendedMessage(NamedTuple):
    """A message that says something else now, and where it is."""

    id: str
    conversation_id: str
    seq: int


async def keep_decisions(conn: Connection, scope: Scope) -> None:
    """Remember what people decided, to be put back once all is mended."""
    for statement in _KEEP:
        await conn.execute(statement, _of(scope))


async def restore_decisions(conn: Connection, scope: Scope) -> None:
    """Put back what people decided."""
    await _merge_again(conn, scope)
    await conn.execute(_RESTORE_MERGES, _of(scope))
    await conn.execute(_RESTORE_HANDLING, _of(scope))


async def mend_values(conn: Connection, scope: Scope) -> None:
    """Mend addresses and texts, and store those that are missing."""
    for statement in _MEND_VALUES:
        await conn.execute(statement, _of(scope))
    rows = await _rows(conn, _LIST_WANTED_ADDRESSES, scope)
    wanted = [
        MetAddress(
            customer_id=scope.customer_id,
            address=Address(kind, value),
            is_validated=is_validated,
            is_outside=is_outside,
            name=name,
        )
        for kind, value, is_validated, is_outside, name in rows
    ]
    if wanted:
        await ensure_addresses(conn, wanted)
    texts = [(scope.customer_id, row[0]) for row in await _rows(conn, _LIST_WANTED_BODIES, scope)]
    if texts:
        await ensure_bodies(conn, texts)


async def drop_strays(conn: Connection, scope: Scope) -> None:
    """Drop messages that should not be, or not be where they are; Message-IDs let go of them."""
    await conn.execute(_FREE_MESSAGE_IDS, _of(scope))
    await conn.execute(_WRITE_MESSAGE_IDS, _of(scope))
    await conn.execute(_BEAR_AGAIN, _of(scope))
    await conn.execute(_DROP_COPIES, _of(scope))
    parameters = _of(scope) | {"ids": await _ids(conn, _LIST_DEPARTING, scope)}
    for statement in (_DROP_RECIPIENTS, _DROP_ATTACHMENTS, _DROP_DOCUMENTS, _DROP_MESSAGES):
        await conn.execute(statement, parameters)


async def absent_events(conn: Connection, scope: Scope) -> list[str]:
    """List the events whose messages are to be written."""
    return await _ids(conn, _LIST_ABSENT, scope)


async def note_written(conn: Connection, scope: Scope, ids: Collection[str]) -> None:
    """Remember that these messages were written just now."""
    await conn.execute(_NOTE_WRITTEN, _of(scope) | {"ids": list(ids)})


async def mend_messages(conn: Connection, scope: Scope) -> None:
    """Let messages that stay say what their events say."""
    await conn.execute(_MEND_MESSAGES, _of(scope))
    ids = await _ids(conn, _LIST_UNLIKE_RECIPIENTS, scope)
    for statement in (_DROP_RECIPIENTS, _DROP_ATTACHMENTS, _WRITE_RECIPIENTS, _WRITE_ATTACHMENTS):
        await conn.execute(statement, _of(scope) | {"ids": ids})
    await queue_media(conn, [(scope.customer_id, message_id) for message_id in ids])


async def take_mended_documents(conn: Connection, scope: Scope) -> list[MendedMessage]:
    """List messages that say something else now; the search forgets what they said."""
    mended = [MendedMessage(*row) for row in await _rows(conn, _LIST_MENDED_MESSAGES, scope)]
    await conn.execute(_DROP_DOCUMENTS, _of(scope) | {"ids": [message.id for message in mended]})
    return mended


async def drop_receipts(conn: Connection, scope: Scope) -> list[str]:
    """Drop receipts that are wrong; return the events whose receipts are to be recorded."""
    await conn.execute(_DROP_RECEIPTS, _of(scope))
    return await _ids(conn, _LIST_ABSENT_RECEIPTS, scope)


async def _merge_again(conn: Connection, scope: Scope) -> None:
    """Merge conversations that began anew for a message that came back, though they were merged."""
    groups: dict[tuple[MergeReason, str | None], list[Merge]] = {}
    undone = await _rows(conn, _LIST_UNDONE_MERGES, scope)
    for from_id, into_id, reason, agent_id, last_seq in undone:
        merge = Merge(
            customer_id=scope.customer_id, from_id=from_id, into_id=into_id, first_seq=last_seq + 1
        )
        groups.setdefault((reason, agent_id), []).append(merge)
    for (reason, agent_id), merges in groups.items():
        await merge_conversations(conn, merges, reason, agent_id)
        into = sorted({merge.into_id for merge in merges})
        await renew_conversations(conn, scope.customer_id, into)


async def _ids(conn: Connection, statement: bytes, scope: Scope) -> list[str]:
    return [row[0] for row in await _rows(conn, statement, scope)]


async def _rows(conn: Connection, statement: bytes, scope: Scope) -> Sequence[tuple[Any, ...]]:
    return await (await conn.execute(statement, _of(scope))).fetchall()


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id}
