"""A change as JSON, and what a stream says: frames of Server-Sent Events, encoded once for all.

Thin on purpose: ids and versions, never a text, so that whoever reads one late learns nothing that
has been taken away meanwhile. Knows no connection.
"""

from typing import Literal

import msgspec

from inbox.http.times import present_time
from inbox.live.cursor import write_cursor
from store.changes import ChangeCursor, OutboxRow

ChangeType = Literal[
    "calendar.updated",
    "canned_replies.updated",
    "contact.merged",
    "contact.updated",
    "conversation.created",
    "conversation.merged",
    "conversation.read",
    "conversation.split",
    "conversation.updated",
    "message.queued",
    "message.received",
    "message.updated",
    "note.created",
    "suppression.added",
    "suppression.lifted",
]
HEARTBEAT = b": heartbeat\n\n"
# The last words of a stream whose key may not do any more what it could, or may do more.
ACCESS_CHANGED = b"event: access\ndata: {}\n\n"


class ChangeItem(msgspec.Struct, frozen=True):
    """One change, as `/api/changes` lists it and the stream sends it."""

    cursor: str
    type: str
    conversation_id: str | None
    message_id: str | None
    object_id: str | None
    version: int | None
    message_seq: int | None
    at: str


class PresenceItem(msgspec.Struct, frozen=True):
    """Somebody came, began to type, or left; not kept, so it has no cursor."""

    conversation_id: str
    agent_id: str
    state: str


def present_change(row: OutboxRow) -> ChangeItem:
    """Show a change."""
    return ChangeItem(
        cursor=write_cursor(row.cursor),
        type=row.type,
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        object_id=row.object_id,
        version=row.version,
        message_seq=row.message_seq,
        at=present_time(row.created_at),
    )


def change_frame(row: OutboxRow) -> bytes:
    """Write a change as an event whose id is its cursor."""
    item = present_change(row)
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (
        item.cursor.encode(),
        item.type.encode(),
        msgspec.json.encode(item),
    )


def presence_frame(presence: PresenceItem) -> bytes:
    """Write an event without an id: it moves no cursor."""
    return b"event: presence\ndata: %b\n\n" % msgspec.json.encode(presence)


def opening_frame(retry_ms: int, head: ChangeCursor | None) -> bytes:
    """Say how soon to come back, and, to who begins now, from where."""
    begins = b"" if head is None else b"id: %b\n" % write_cursor(head).encode()
    return b"retry: %d\n%b\n" % (retry_ms, begins)


def heartbeat_frame(head: ChangeCursor) -> bytes:
    """Write a comment, and how far everything has been told: a silent stream's cursor stays young.

    Without data it is no event: an EventSource only remembers the id.
    """
    return b": heartbeat\nid: %b\n\n" % write_cursor(head).encode()


def reset_frame(head: ChangeCursor) -> bytes:
    """Tell a client to load everything anew; from here on nothing is missing again."""
    cursor = write_cursor(head).encode()
    return b'id: %b\nevent: reset\ndata: {"cursor":"%b"}\n\n' % (cursor, cursor)
