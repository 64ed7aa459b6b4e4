"""Messages that came in, with recipients and attachments, and the outbox rows that tell of them.

Knows nothing of how a message found its conversation.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from domain.message import (
    Attachment,
    BodyFormat,
    Direction,
    MailClass,
    MessageKind,
    MessageShape,
    RecipientRole,
)  # fmt: skip
from store.database import Connection
from store.files import keep_files
from store.media import queue_media
from store.sql import statements

_SQL = statements("messages")
_INSERT_MESSAGES = _SQL["insert_messages"]
_INSERT_RECIPIENTS = _SQL["insert_recipients"]
_INSERT_ATTACHMENTS = _SQL["insert_attachments"]
_APPEND_OUTBOX = _SQL["append_outbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A row of `messages` to be, with the rows that hang on it.

    `written` says of some addresses, by their hash, in which form they came in.
    """

    customer_id: int
    id: str
    conversation_id: str
    conversation_version: int
    seq: int
    direction: Direction
    channel_id: str
    kind: MessageKind
    from_hash: int
    from_name: str | None
    body_hash: int
    body_format: BodyFormat
    subject: str | None
    provider_message_id: str
    sent_at: datetime
    received_at: datetime
    recipients: Collection[tuple[RecipientRole, int]]
    written: Mapping[int, str]
    attachments: Sequence[Attachment]
    mail_class: MailClass | None
    is_automatic: bool
    may_opt_out: bool = False
    shape: MessageShape | None = None
    quoted_id: str | None = None


async def insert_messages(conn: Connection, messages: Sequence[NewMessage]) -> None:
    """Store messages, recipients and attachments, and tell of them in the outbox."""
    await conn.execute(
        _INSERT_MESSAGES,
        {
            "customer_ids": [message.customer_id for message in messages],
            "ids": [message.id for message in messages],
            "conversation_ids": [message.conversation_id for message in messages],
            "seqs": [message.seq for message in messages],
            "directions": [message.direction for message in messages],
            "channel_ids": [message.channel_id for message in messages],
            "kinds": [message.kind for message in messages],
            "from_hashes": [message.from_hash for message in messages],
            "from_writtens": [message.written.get(message.from_hash) for message in messages],
            "from_names": [message.from_name for message in messages],
            "body_hashes": [message.body_hash for message in messages],
            "body_formats": [message.body_format for message in messages],
            "subjects": [message.subject for message in messages],
            "provider_message_ids": [message.provider_message_id for message in messages],
            "sent_ats": [message.sent_at for message in messages],
            "received_ats": [message.received_at for message in messages],
            "mail_classes": [message.mail_class for message in messages],
            "are_automatic": [message.is_automatic for message in messages],
            "may_opt_outs": [message.may_opt_out for message in messages],
            "shapes": [message.shape for message in messages],
            "quoted_ids": [message.quoted_id for message in messages],
        },
    )
    await _insert_recipients(conn, messages)
    await _insert_attachments(conn, messages)
    await conn.execute(
        _APPEND_OUTBOX,
        {
            "type": "message.received",
            "customer_ids": [message.customer_id for message in messages],
            "conversation_ids": [message.conversation_id for message in messages],
            "message_ids": [message.id for message in messages],
            "versions": [message.conversation_version for message in messages],
            "message_seqs": [message.seq for message in messages],
        },
    )


async def _insert_recipients(conn: Connection, messages: Sequence[NewMessage]) -> None:
    rows = [
        (message.customer_id, message.id, address_hash, role, message.written.get(address_hash))
        for message in messages
        for role, address_hash in message.recipients
    ]
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("customer_ids", "message_ids", "address_hashes", "roles", "writtens")
    await conn.execute(_INSERT_RECIPIENTS, dict(zip(names, columns, strict=True)))


async def _insert_attachments(conn: Connection, messages: Sequence[NewMessage]) -> None:
    rows = [
        (message, position, attachment)
        for message in messages
        for position, attachment in enumerate(message.attachments, start=1)
    ]
    if not rows:
        return
    digests = [_digest(attachment) for _, _, attachment in rows]
    files = {
        (message.customer_id, digest): attachment.content
        for (message, _, attachment), digest in zip(rows, digests, strict=True)
        if digest is not None and attachment.content is not None
    }
    if files:
        await keep_files(conn, files)
    await conn.execute(
        _INSERT_ATTACHMENTS,
        {
            "customer_ids": [message.customer_id for message, _, _ in rows],
            "message_ids": [message.id for message, _, _ in rows],
            "positions": [position for _, position, _ in rows],
            "urls": [attachment.url for _, _, attachment in rows],
            "file_hashes": digests,
            "content_types": [attachment.content_type for _, _, attachment in rows],
            "filenames": [attachment.filename for _, _, attachment in rows],
            "sizes": [attachment.size_bytes for _, _, attachment in rows],
            "content_ids": [attachment.content_id for _, _, attachment in rows],
        },
    )
    kept_elsewhere = {(message.customer_id, message.id) for message, _, each in rows if each.url}
    if kept_elsewhere:
        await queue_media(conn, list(kept_elsewhere))


def _digest(attachment: Attachment) -> bytes | None:
    content = attachment.content
    return None if content is None else sha256(content).digest()
