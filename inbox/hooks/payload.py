"""What a hook is told of an event: the objects of the API, as they are when it is posted.

Nothing is kept of a payload, so what was deleted meanwhile is told to nobody. Knows no hook.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

import msgspec

from domain.hook import (
    PING,
    ContactEventType,
    ConversationEventType,
    MessageEventType,
    NoteEventType,
    StatusEventType,
)
from domain.outbound import OutboundStatus
from inbox.contacts.api import ListedContact, show_contact
from inbox.conversations.present import Conversation, Message
from inbox.conversations.reading import show_conversations, show_messages
from inbox.http.times import present_time
from inbox.writing.notes_api import Note, present_note
from store.conversation_rows import resolve_conversation
from store.database import Connection
from store.notes import find_note


class ToldEvent(Protocol):
    """What is known of an event before its payload is made."""

    @property
    def customer_id(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def conversation_id(self) -> str | None: ...
    @property
    def message_id(self) -> str | None: ...
    @property
    def message_status(self) -> OutboundStatus | None: ...
    @property
    def object_id(self) -> str | None: ...
    @property
    def happened_at(self) -> datetime: ...


class MessageEventData(msgspec.Struct, frozen=True):
    message: Message
    conversation: Conversation | None


class StatusEventData(msgspec.Struct, frozen=True):
    """`status` is the one that the message got: `message.status` may be a later one."""

    status: OutboundStatus
    message: Message
    conversation: Conversation | None


class ConversationEventData(msgspec.Struct, frozen=True):
    """`conversation_id` is that which it is about: `conversation` may be the one that took it in.

    `other_conversation_id` is the one that it was merged into, or that was split off from it.
    """

    conversation_id: str
    conversation: Conversation
    other_conversation_id: str | None


class ContactEventData(msgspec.Struct, frozen=True):
    """`contact_id` is that which it is about: `contact` may be the one that took it in."""

    contact_id: str
    contact: ListedContact


class NoteEventData(msgspec.Struct, frozen=True):
    note: Note


class PingEventData(msgspec.Struct, frozen=True):
    """Nothing."""


class Event(msgspec.Struct, frozen=True):
    """`id` is the same at every attempt; `timestamp` is when it happened."""

    id: str
    timestamp: str


class MessageEvent(Event, frozen=True):
    type: MessageEventType
    data: MessageEventData


class StatusEvent(Event, frozen=True):
    type: StatusEventType
    data: StatusEventData


class ConversationEvent(Event, frozen=True):
    type: ConversationEventType
    data: ConversationEventData


class ContactEvent(Event, frozen=True):
    type: ContactEventType
    data: ContactEventData


class NoteEvent(Event, frozen=True):
    type: NoteEventType
    data: NoteEventData


class PingEvent(Event, frozen=True):
    type: Literal["ping.v1"]
    data: PingEventData


EVENT_SHAPES: Mapping[str, type[Event]] = {
    **dict.fromkeys(get_args(MessageEventType), MessageEvent),
    **dict.fromkeys(get_args(StatusEventType), StatusEvent),
    **dict.fromkeys(get_args(ConversationEventType), ConversationEvent),
    **dict.fromkeys(get_args(ContactEventType), ContactEvent),
    **dict.fromkeys(get_args(NoteEventType), NoteEvent),
    PING: PingEvent,
}


async def make_payload(conn: Connection, told: ToldEvent) -> bytes | None:
    """Write an event as JSON; None where what it is about is gone."""
    data = await _data(conn, told)
    if data is None:
        return None
    shape: Any = EVENT_SHAPES[told.type]
    timestamp = present_time(told.happened_at)
    return msgspec.json.encode(shape(id=told.id, timestamp=timestamp, type=told.type, data=data))


async def _data(conn: Connection, told: ToldEvent) -> msgspec.Struct | None:
    """Read what an event tells; what follows from its type is there whenever the object is."""
    shape = EVENT_SHAPES[told.type]
    if shape is PingEvent:
        return PingEventData()
    if shape is MessageEvent and told.message_id:
        return await _message(conn, told.customer_id, told.message_id)
    if shape is StatusEvent and told.message_id and told.message_status:
        now = await _message(conn, told.customer_id, told.message_id)
        return StatusEventData(told.message_status, now.message, now.conversation) if now else None
    if shape is ConversationEvent and told.conversation_id:
        return await _conversation(conn, told, told.conversation_id)
    if shape is ContactEvent and told.object_id:
        contact = await show_contact(conn, told.customer_id, told.object_id)
        return ContactEventData(told.object_id, contact) if contact else None
    if shape is NoteEvent and told.object_id:
        note = await find_note(conn, told.customer_id, told.object_id)
        return NoteEventData(present_note(note)) if note else None
    return None


async def _message(conn: Connection, customer_id: int, message_id: str) -> MessageEventData | None:
    messages = await show_messages(conn, customer_id, [message_id])
    if not messages:
        return None
    [message] = messages
    conversations = await show_conversations(conn, customer_id, [message.conversation_id], None)
    return MessageEventData(message, conversations[0] if conversations else None)


async def _conversation(
    conn: Connection, told: ToldEvent, conversation_id: str
) -> ConversationEventData | None:
    current = await resolve_conversation(conn, told.customer_id, conversation_id)
    if current is None:
        return None
    shown = await show_conversations(conn, told.customer_id, [current], None)
    return ConversationEventData(conversation_id, shown[0], told.object_id) if shown else None
