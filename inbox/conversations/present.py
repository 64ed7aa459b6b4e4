"""The public shape of what agents read: rows become JSON here and nowhere else.

Times are RFC 3339 in UTC with six decimals. Knows no request and no statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from domain.preview import preview
from inbox.http.times import present_optional_time, present_time
from inbox.settings.agent_name import Agent, agent_name
from store.conversation_rows import MOST_UNREAD, ListedConversation, ListedParticipant
from store.message_listing import (
    AttachmentStatus,
    ListedAttachment,
    ListedMessage,
    ListedRecipient,
    QuotedMessage,
)  # fmt: skip

_AT_WORK = ("open", "pending")


class Contact(msgspec.Struct, frozen=True):
    id: str
    name: str | None


class Channel(msgspec.Struct, frozen=True):
    id: str
    kind: str
    name: str


class Participant(msgspec.Struct, frozen=True):
    kind: str
    address: str
    role: str
    contact: Contact | None


class LastMessage(msgspec.Struct, frozen=True):
    id: str
    seq: int | None
    direction: str
    status: str | None
    preview: str
    sent_at: str


class Match(msgspec.Struct, frozen=True):
    """What a search found in a conversation; `highlights` are places in the snippet."""

    message_id: str
    seq: int
    snippet: str
    highlights: list[tuple[int, int]]


class Conversation(msgspec.Struct, frozen=True):
    id: str
    channel: Channel
    own_address: str
    participants: list[Participant]
    subject: str | None
    status: str
    assignee: Agent | None
    tags: list[str]
    snoozed_until: str | None
    message_count: int
    inbound_count: int
    last_seq: int
    last_activity_at: str
    last_message: LastMessage
    needs_reply: bool
    waiting_since: str | None
    unread: bool
    unread_count: int
    unread_count_capped: bool
    created_at: str
    closed_at: str | None
    window_closes_at: str | None
    version: int
    match: Match | None


class Sender(msgspec.Struct, frozen=True):
    kind: str
    address: str
    name: str | None
    contact_id: str | None


class Recipient(msgspec.Struct, frozen=True):
    kind: str
    address: str
    contact_id: str | None


class Failure(msgspec.Struct, frozen=True):
    code: str | None
    reason: str


class Attachment(msgspec.Struct, frozen=True):
    position: int
    url: str
    content_type: str | None
    detected_type: str | None
    filename: str | None
    size_bytes: int | None
    content_id: str | None
    status: AttachmentStatus
    error: Failure | None


_NO_MATCHES: Mapping[str, Match] = {}
_NO_WINDOWS: Mapping[str, datetime] = {}


class Quoted(msgspec.Struct, frozen=True):
    """The message that another quotes, answers or reacts to; of the same conversation."""

    id: str
    seq: int
    direction: str
    preview: str


class Message(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """`conversation` is there only for whoever asks for it."""

    id: str
    conversation_id: str
    channel_id: str
    seq: int
    direction: str
    kind: str
    shape: str | None
    quoted: Quoted | None
    mail_class: str | None
    is_automatic: bool
    may_opt_out: bool
    status: str
    failure: Failure | None
    agent: Agent | None
    sender: Sender
    to: list[Recipient]
    cc: list[Recipient]
    bcc: list[Recipient]
    subject: str | None
    body: str
    body_format: str
    attachments: list[Attachment]
    provider_message_id: str | None
    sent_at: str
    received_at: str
    created_at: str
    conversation: Conversation | msgspec.UnsetType = msgspec.UNSET


def present_conversations(
    rows: Sequence[ListedConversation],
    participants: Iterable[ListedParticipant],
    matches: Mapping[str, Match] = _NO_MATCHES,
    windows: Mapping[str, datetime] = _NO_WINDOWS,
) -> list[Conversation]:
    """Shape conversations; `participants` are those of all rows, grouped by conversation.

    `windows` says when those close that WhatsApp has, by conversation.
    """
    others = {
        conversation_id: [_participant(participant) for participant in group]
        for conversation_id, group in groupby(participants, key=lambda row: row.conversation_id)
    }
    return [
        _conversation(row, others.get(row.id, []), matches.get(row.id), windows.get(row.id))
        for row in rows
    ]


def present_messages(
    rows: Sequence[ListedMessage],
    recipients: Iterable[ListedRecipient],
    attachments: Iterable[ListedAttachment],
    quoted: Mapping[str, QuotedMessage],
) -> list[Message]:
    """Shape messages; `recipients` and `attachments` are those of all rows, grouped by message.

    `quoted` are the messages that some of them quote, by the id of that which does.
    """
    addressed = {
        message_id: list(group)
        for message_id, group in groupby(recipients, key=lambda row: row.message_id)
    }
    carried = {
        message_id: [_attachment(attachment) for attachment in group]
        for message_id, group in groupby(attachments, key=lambda row: row.message_id)
    }
    return [
        _message(row, addressed.get(row.id, []), carried.get(row.id, []), quoted.get(row.id))
        for row in rows
    ]


def preview_of(quoted: QuotedMessage) -> str:
    """Write the beginning of a message that is quoted as one line."""
    return preview(quoted.body, quoted.body_format, quoted.attachment_count, quoted.subject)


def _participant(row: ListedParticipant) -> Participant:
    contact = Contact(id=row.contact_id, name=row.contact_name) if row.contact_id else None
    return Participant(kind=row.kind, address=row.address, role=row.role, contact=contact)


def _conversation(
    row: ListedConversation,
    participants: list[Participant],
    match: Match | None,
    window_closes_at: datetime | None,
) -> Conversation:
    unread_count = max(1, row.unread_count or 0) if row.unread else 0
    return Conversation(
        id=row.id,
        channel=Channel(id=row.channel_id, kind=row.channel_kind, name=row.channel_name),
        own_address=row.own_address,
        participants=participants,
        subject=row.subject,
        status=row.status,
        assignee=agent_name(row.assignee_id, row.assignee_name),
        tags=row.tags,
        snoozed_until=present_optional_time(row.snoozed_until),
        message_count=row.message_count,
        inbound_count=row.inbound_count,
        last_seq=row.last_seq,
        last_activity_at=present_time(row.last_activity_at),
        last_message=LastMessage(
            id=row.last_message_id,
            seq=row.last_message_seq,
            direction=row.last_message_direction,
            status=row.last_message_status,
            preview=row.last_message_preview,
            sent_at=present_time(row.last_message_sent_at or row.last_activity_at),
        ),
        needs_reply=row.waiting_since is not None and row.status in _AT_WORK,
        waiting_since=present_optional_time(row.waiting_since),
        unread=bool(row.unread),
        unread_count=min(unread_count, MOST_UNREAD),
        unread_count_capped=unread_count > MOST_UNREAD,
        created_at=present_time(row.created_at),
        closed_at=present_optional_time(row.closed_at),
        window_closes_at=present_optional_time(window_closes_at),
        version=row.version,
        match=match,
    )


def _message(
    row: ListedMessage,
    recipients: Sequence[ListedRecipient],
    attachments: list[Attachment],
    quoted: QuotedMessage | None,
) -> Message:
    by_role: Mapping[str, list[Recipient]] = {"to": [], "cc": [], "bcc": []}
    for recipient in recipients:
        by_role[recipient.role].append(
            Recipient(
                kind=recipient.kind, address=recipient.address, contact_id=recipient.contact_id
            )
        )
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        channel_id=row.channel_id,
        seq=row.seq,
        direction=row.direction,
        kind=row.kind,
        shape=row.shape,
        quoted=_quoted(quoted) if quoted else None,
        mail_class=row.mail_class,
        is_automatic=row.is_automatic,
        may_opt_out=row.may_opt_out,
        status=row.status,
        failure=Failure(code=row.failure_code, reason=row.failure) if row.failure else None,
        agent=agent_name(row.agent_id, row.agent_name),
        sender=Sender(
            kind=row.from_kind,
            address=row.from_address,
            name=row.from_name,
            contact_id=row.from_contact_id,
        ),
        to=by_role["to"],
        cc=by_role["cc"],
        bcc=by_role["bcc"],
        subject=row.subject,
        body=row.body,
        body_format=row.body_format,
        attachments=attachments,
        provider_message_id=row.provider_message_id,
        sent_at=present_time(row.sent_at),
        received_at=present_time(row.received_at),
        created_at=present_time(row.created_at),
    )


def _quoted(row: QuotedMessage) -> Quoted:
    return Quoted(id=row.id, seq=row.seq, direction=row.direction, preview=preview_of(row))


def _attachment(row: ListedAttachment) -> Attachment:
    file_path = f"/api/messages/{row.message_id}/attachments/{row.position}"
    return Attachment(
        position=row.position,
        url=row.url if row.url and row.status != "stored" else file_path,
        content_type=row.content_type,
        detected_type=row.detected_type,
        filename=row.filename,
        size_bytes=row.size_bytes,
        content_id=row.content_id,
        status=row.status,
        error=Failure(code=row.error_class, reason=row.error) if row.error else None,
    )
