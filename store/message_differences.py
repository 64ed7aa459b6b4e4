"""Messages as they are stored, to be compared with what their events say, and made so.

Knows neither how an event is read nor which messages differ.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from store.database import Connection
from store.media import queue_media
from store.sql import statements

_SQL = statements("message_differences")
_LIST_BARE = _SQL["list_bare"]
_READ = _SQL["read_messages"]
_READ_RECIPIENTS = _SQL["read_recipients"]
_READ_ATTACHMENTS = _SQL["read_attachments"]
_READ_MESSAGE_IDS = _SQL["read_message_ids"]
_HOLD = _SQL["hold_conversation"]
_MEND = _SQL["mend_message"]
_DROP_RECIPIENTS = _SQL["drop_recipients"]
_WRITE_RECIPIENTS = _SQL["write_recipients"]
_DROP_ATTACHMENTS = _SQL["drop_attachments"]
_WRITE_ATTACHMENTS = _SQL["write_attachments"]
_WRITE_MESSAGE_IDS = _SQL["write_message_ids"]
_DROP_DOCUMENT = _SQL["drop_document"]
_TOUCH = _SQL["touch_conversation"]


class StoredAttachment(NamedTuple):
    url: str | None
    file_hash: bytes | None
    content_type: str | None
    filename: str | None
    size_bytes: int | None
    content_id: str | None


class Place(NamedTuple):
    """Where a message is, and the version of its conversation."""

    conversation_id: str
    seq: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """What a message says. `sender` and `recipients` (role, address, form) are by their values.

    `message_ids` are the Message-IDs that lead to it, by hash.
    """

    channel_id: str
    kind: str
    sender: str
    from_written: str | None
    from_name: str | None
    body: str
    body_format: str
    subject: str | None
    provider_message_id: str | None
    sent_at: datetime
    received_at: datetime
    mail_class: str | None
    is_automatic: bool
    shape: str | None
    quoted_id: str | None
    has_copies: bool
    recipients: set[tuple[str, str, str | None]]
    attachments: list[StoredAttachment]
    message_ids: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedMessage:
    """What the rows of a message are to be; recipients are role, hash and form."""

    customer_id: int
    id: str
    channel_id: str
    kind: str
    from_hash: int
    from_written: str | None
    from_name: str | None
    body_hash: int
    body_format: str
    subject: str | None
    provider_message_id: str
    sent_at: datetime
    received_at: datetime
    mail_class: str | None
    is_automatic: bool
    shape: str | None
    quoted_id: str | None
    recipients: Collection[tuple[str, int, str | None]]
    attachments: Sequence[StoredAttachment]
    message_ids: Mapping[str, str]


async def list_bare(conn: Connection, customer_id: int, ids: Sequence[str]) -> list[str]:
    """List those of these messages that came in and are addressed to nobody."""
    cursor = await conn.execute(_LIST_BARE, {"customer_id": customer_id, "ids": list(ids)})
    return [row[0] for row in await cursor.fetchall()]


async def read_messages(
    conn: Connection, customer_id: int, ids: Sequence[str]
) -> dict[str, StoredMessage]:
    """Read those of these messages that came in, by id."""
    wanted = {"customer_id": customer_id, "ids": list(ids)}
    recipients: dict[str, set[tuple[str, str, str | None]]] = {}
    for key, *recipient in await (await conn.execute(_READ_RECIPIENTS, wanted)).fetchall():
        recipients.setdefault(key, set()).add((recipient[0], recipient[1], recipient[2]))
    attachments: dict[str, list[StoredAttachment]] = {}
    for key, *attachment in await (await conn.execute(_READ_ATTACHMENTS, wanted)).fetchall():
        attachments.setdefault(key, []).append(StoredAttachment(*attachment))
    message_ids: dict[str, dict[str, str]] = {}
    for key, hashed, value in await (await conn.execute(_READ_MESSAGE_IDS, wanted)).fetchall():
        message_ids.setdefault(key, {})[hashed] = value
    return {
        row[0]: StoredMessage(
            channel_id=row[1],
            kind=row[2],
            sender=row[3],
            from_written=row[4],
            from_name=row[5],
            body=row[6],
            body_format=row[7],
            subject=row[8],
            provider_message_id=row[9],
            sent_at=row[10],
            received_at=row[11],
            mail_class=row[12],
            is_automatic=row[13],
            shape=row[14],
            quoted_id=row[15],
            has_copies=row[16],
            recipients=recipients.get(row[0], set()),
            attachments=attachments.get(row[0], []),
            message_ids=message_ids.get(row[0], {}),
        )
        for row in await (await conn.execute(_READ, wanted)).fetchall()
    }


async def mend_message(conn: Connection, message: MendedMessage) -> Place | None:
    """Let the rows of a message be so, where it is; None where it is gone meanwhile.

    The search forgets what it said: it is indexed again by whoever compares documents.
    """
    key: dict[str, object] = {"customer_id": message.customer_id, "id": message.id}
    if await (await conn.execute(_HOLD, key)).fetchone() is None:
        return None
    await conn.execute(_MEND, key | _columns_of(message))
    await conn.execute(_DROP_RECIPIENTS, key | {"keeps": [r[1] for r in message.recipients]})
    await conn.execute(
        _WRITE_RECIPIENTS,
        key
        | {
            "roles": [role for role, _, _ in message.recipients],
            "hashes": [hashed for _, hashed, _ in message.recipients],
            "forms": [form for _, _, form in message.recipients],
        },
    )
    await conn.execute(_DROP_ATTACHMENTS, key | {"most": len(message.attachments)})
    await conn.execute(_WRITE_ATTACHMENTS, key | _attachment_columns(message.attachments))
    if any(attachment.url for attachment in message.attachments):
        await queue_media(conn, [(message.customer_id, message.id)])
    await conn.execute(
        _WRITE_MESSAGE_IDS,
        key
        | {
            "channel_id": message.channel_id,
            "hashes": list(message.message_ids),
            "values": list(message.message_ids.values()),
        },
    )
    await conn.execute(_DROP_DOCUMENT, key)
    row = await (await conn.execute(_TOUCH, key)).fetchone()
    return Place(*row) if row else None


def _columns_of(message: MendedMessage) -> dict[str, object]:
    return {
        "channel_id": message.channel_id,
        "kind": message.kind,
        "from_hash": message.from_hash,
        "from_written": message.from_written,
        "from_name": message.from_name,
        "body_hash": message.body_hash,
        "body_format": message.body_format,
        "subject": message.subject,
        "provider_message_id": message.provider_message_id,
        "sent_at": message.sent_at,
        "received_at": message.received_at,
        "mail_class": message.mail_class,
        "is_automatic": message.is_automatic,
        "shape": message.shape,
        "quoted_id": message.quoted_id,
    }


def _attachment_columns(attachments: Sequence[StoredAttachment]) -> dict[str, object]:
    return {
        "urls": [each.url for each in attachments],
        "file_hashes": [each.file_hash for each in attachments],
        "content_types": [each.content_type for each in attachments],
        "filenames": [each.filename for each in attachments],
        "sizes": [each.size_bytes for each in attachments],
        "content_ids": [each.content_id for each in attachments],
    }
