"""Compares conversations with their messages: counts, ends, previews, who takes part."""

from collections.abc import Sequence

from domain.actor import Actor
from store.audit import AuditEntry, record_audit
from store.conversation_differences import list_changed, list_incomplete, list_unlike_previews
from store.conversation_mend import (
    drop_empty,
    drop_participants,
    number_again,
    subject_again,
    write_participants,
)
from store.database import Connection
from store.derived_rows import Differing
from store.merge_split import hold_for_change, renew_conversations, touch_conversation
from store.outbox import Change, append_changes
from worker.background.repeating import BackgroundConfig
from worker.comparing.part import Part, one_moment

# A recount changes these and nothing that people see, so clients need not be told.
_FROM_EVENTS = {"events"}


async def compare(
    conn: Connection, _config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which conversations are wrong about their messages."""
    async with one_moment(conn):
        found = [
            await list_changed(conn, customer_id, ids),
            await list_incomplete(conn, customer_id, ids),
            await list_unlike_previews(conn, customer_id, ids),
        ]
    differing: Differing = {}
    for some in found:
        for key, columns in some.items():
            differing[key] = differing.get(key, []) + columns
    return differing


async def mend(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Derive conversations again from their messages, and tell of it."""
    wanted = {key: set(columns) - _FROM_EVENTS for key, columns in differing.items()}
    async with conn.transaction():
        held = await hold_for_change(conn, customer_id, [key for key in wanted if wanted[key]])

        def with_column(column: str) -> list[str]:
            return [key for key in held if column in wanted[key]]

        empty = await drop_empty(conn, customer_id, with_column("messages"))
        left = [key for key in held if key not in empty and "messages" not in wanted[key]]
        await number_again(conn, customer_id, with_column("seq"))
        await write_participants(conn, customer_id, with_column("participants"))
        await drop_participants(conn, customer_id, with_column("extra_participants"))
        if left:
            await renew_conversations(conn, customer_id, left)
        await subject_again(conn, customer_id, with_column("subject"))
        changes = [
            Change(
                type="conversation.updated",
                conversation_id=key,
                version=await touch_conversation(conn, customer_id, key),
            )
            for key in sorted(left)
        ]
        if changes:
            await append_changes(conn, customer_id, changes)
        entries = [
            AuditEntry(
                id=config.new_id(),
                action="conversation.mended",
                conversation_id=key,
                detail={"columns": sorted(wanted[key])},
            )
            for key in [*left, *empty]
        ]
        if entries:
            await record_audit(conn, Actor(customer_id=customer_id), entries)
    config.on_commit()


CONVERSATIONS = Part(
    name="conversations",
    tables=("conversations", "conversation_participants"),
    at_once=250,
    compare=compare,
    mend=mend,
)
