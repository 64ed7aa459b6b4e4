"""The read model: pages of conversations and of their messages, in keyset order.

Every statement names the customer and reads a bounded range of an index, so a page costs the same
among a million conversations as among a thousand. Knows no cursor text and no JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from psycopg.rows import class_row

from domain.address import Address, AddressKind
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus, ParticipantRole
from domain.message import BodyFormat, Direction, MessageKind, RecipientRole
from store.database import Connection
from store.sql import statements

_SQL = statements("inbox")
_BY_ACTIVITY = _SQL["list_by_activity"]
_BY_CHANNEL = _SQL["list_by_channel"]
_BY_ADDRESS = _SQL["list_by_address"]
_BY_BUSY_ADDRESS = _SQL["list_by_busy_address"]
_FIND_REACH = _SQL["find_reach"]
_FIND_CONVERSATION = _SQL["find_conversation"]
_PARTICIPANTS = _SQL["list_participants"]
_NEWEST_MESSAGES = _SQL["list_newest_messages"]
_OLDEST_MESSAGES = _SQL["list_oldest_messages"]
_RECIPIENTS = _SQL["list_recipients"]
_ATTACHMENTS = _SQL["list_attachments"]

MessageOrder = Literal["newest", "oldest"]
MessageStatus = Literal["received", "queued", "sent", "delivered", "read", "failed"]

_STATUSES: tuple[ConversationStatus, ...] = get_args(ConversationStatus)
_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_FIRST_TIME = datetime.min.replace(tzinfo=UTC)
_LAST_TIME = datetime.max.replace(tzinfo=UTC)

# Measured among a million conversations: sorting the conversations of an address costs 4 us each,
# looking for it among the latest ones 0.1 us each.
_FEW_CONVERSATIONS = 1_500
_LATEST_CONVERSATIONS = 40_000


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list: rows are ordered by time, then id."""

    at: datetime
    id: str


_START = Position(_FIRST_TIME, _FIRST_ID)
_END = Position(_LAST_TIME, _LAST_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFilter:
    """What a conversation must match; None and empty match all.

    `addresses` are the readings of one text, of which any may match. `active_after` is inclusive,
    `active_before` is not.
    """

    channel_id: str | None = None
    channel_kind: ChannelKind | None = None
    statuses: tuple[ConversationStatus, ...] = ()
    addresses: tuple[Address, ...] = ()
    active_after: datetime | None = None
    active_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedConversation:
    id: str
    channel_id: str
    channel_kind: ChannelKind
    channel_name: str
    own_address: str
    subject: str | None
    status: ConversationStatus
    assignee_id: str | None
    message_count: int
    inbound_count: int
    last_seq: int
    last_activity_at: datetime
    last_message_id: str
    last_message_direction: Direction
    last_message_preview: str
    created_at: datetime
    closed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedParticipant:
    conversation_id: str
    kind: AddressKind
    address: str
    role: ParticipantRole
    contact_id: str | None
    contact_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    id: str
    conversation_id: str
    seq: int
    direction: Direction
    kind: MessageKind
    status: MessageStatus
    from_kind: AddressKind
    from_address: str
    from_name: str | None
    from_contact_id: str | None
    subject: str | None
    body: str
    body_format: BodyFormat
    provider_message_id: str | None
    sent_at: datetime
    received_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecipient:
    message_id: str
    role: RecipientRole
    kind: AddressKind
    address: str
    contact_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAttachment:
    message_id: str
    position: int
    url: str
    content_type: str | None
    filename: str | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """What an address means to a customer."""

    hashes: list[int]
    is_own: bool
    is_many: bool


async def list_conversations(
    conn: Connection,
    customer_id: int,
    wanted: ConversationFilter,
    *,
    after: Position | None,
    limit: int,
) -> list[ListedConversation]:
    """List the conversations after a position, latest activity first.

    Shape: at most `limit` + 1 rows; the one too many says that there are more.
    """
    before = _earlier(after, wanted.active_before)
    bounds = {
        "customer_id": customer_id,
        "before_at": before.at,
        "before_id": before.id,
        "from_at": wanted.active_after or _FIRST_TIME,
        "row_count": limit + 1,
    }
    if not (wanted.channel_id or wanted.channel_kind or wanted.statuses or wanted.addresses):
        return await _list(conn, _BY_ACTIVITY, bounds)
    narrowed = {
        **bounds,
        "channel_id": wanted.channel_id,
        "channel_kind": wanted.channel_kind,
        "statuses": list(wanted.statuses or _STATUSES),
    }
    if wanted.addresses:
        return await _list_with_address(conn, wanted.addresses, narrowed)
    return await _list(conn, _BY_CHANNEL, {**narrowed, "own_addresses": None})


async def find_conversation(
    conn: Connection, customer_id: int, conversation_id: str
) -> ListedConversation | None:
    """Find a conversation by its id, or by that of one which became part of it."""
    cursor = conn.cursor(row_factory=class_row(ListedConversation))
    await cursor.execute(
        _FIND_CONVERSATION, {"customer_id": customer_id, "conversation_id": conversation_id}
    )
    return await cursor.fetchone()


async def list_participants(
    conn: Connection, customer_id: int, conversation_ids: Sequence[str]
) -> list[ListedParticipant]:
    """List who else takes part in these conversations, by conversation, kind and address."""
    cursor = conn.cursor(row_factory=class_row(ListedParticipant))
    await cursor.execute(
        _PARTICIPANTS, {"customer_id": customer_id, "conversation_ids": list(conversation_ids)}
    )
    return await cursor.fetchall()


async def list_messages(
    conn: Connection,
    customer_id: int,
    conversation_id: str,
    *,
    order: MessageOrder,
    after: Position | None,
    limit: int,
) -> list[ListedMessage]:
    """List a conversation's messages after a position, by the time they were sent.

    Shape: at most `limit` + 1 rows; the one too many says that there are more.
    """
    is_newest = order == "newest"
    edge = after or (_END if is_newest else _START)
    cursor = conn.cursor(row_factory=class_row(ListedMessage))
    await cursor.execute(
        _NEWEST_MESSAGES if is_newest else _OLDEST_MESSAGES,
        {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "edge_at": edge.at,
            "edge_id": edge.id,
            "row_count": limit + 1,
        },
    )
    return await cursor.fetchall()


async def list_recipients(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[ListedRecipient]:
    """List to whom these messages went, by message, role, kind and address."""
    cursor = conn.cursor(row_factory=class_row(ListedRecipient))
    await cursor.execute(
        _RECIPIENTS, {"customer_id": customer_id, "message_ids": list(message_ids)}
    )
    return await cursor.fetchall()


async def list_attachments(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[ListedAttachment]:
    """List what these messages carry, by message and position."""
    cursor = conn.cursor(row_factory=class_row(ListedAttachment))
    await cursor.execute(
        _ATTACHMENTS, {"customer_id": customer_id, "message_ids": list(message_ids)}
    )
    return await cursor.fetchall()


def _earlier(after: Position | None, active_before: datetime | None) -> Position:
    """Fold the cursor and the time bound into one: an index scan can start at only one of them."""
    bound = Position(active_before, _FIRST_ID) if active_before else _END
    return min(after, bound) if after else bound


async def _list_with_address(
    conn: Connection, addresses: Sequence[Address], narrowed: dict[str, Any]
) -> list[ListedConversation]:
    """List conversations with an address; a channel's own address stands for its channels.

    No index has both address and time. The few conversations of most addresses are all sorted; an
    address in many is looked for among the latest first, and sorted only if that is not enough.
    """
    reach = await _find_reach(conn, narrowed["customer_id"], addresses)
    if reach.is_own:
        own_addresses = [address.value for address in addresses]
        return await _list(conn, _BY_CHANNEL, {**narrowed, "own_addresses": own_addresses})
    given = {**narrowed, "hashes": reach.hashes}
    if reach.is_many:
        page = await _list(conn, _BY_BUSY_ADDRESS, {**given, "window": _LATEST_CONVERSATIONS})
        if len(page) == narrowed["row_count"]:
            return page
    return await _list(conn, _BY_ADDRESS, given)


async def _find_reach(conn: Connection, customer_id: int, addresses: Sequence[Address]) -> _Reach:
    cursor = conn.cursor(row_factory=class_row(_Reach))
    await cursor.execute(
        _FIND_REACH,
        {
            "customer_id": customer_id,
            "kinds": [address.kind for address in addresses],
            "values": [address.value for address in addresses],
            "few": _FEW_CONVERSATIONS,
        },
    )
    return (await cursor.fetchall())[0]


async def _list(
    conn: Connection, statement: bytes, parameters: dict[str, Any]
) -> list[ListedConversation]:
    cursor = conn.cursor(row_factory=class_row(ListedConversation))
    await cursor.execute(statement, parameters)
    return await cursor.fetchall()
