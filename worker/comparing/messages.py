"""Compares messages with their events, read again: what they say, who wrote to whom, files, ids.

Where a message lies was decided when it came in, and is not looked at; nor is what we wrote. Rows
of older rules differ as well, so only rows that were written lately are compared by themselves.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from domain.address import Address
from domain.conversation import message_id_hash
from domain.message import Attachment
from store.addresses import MetAddress, ensure_addresses
from store.bodies import ensure_bodies
from store.database import Connection
from store.derived_rows import Differing
from store.files import keep_files
from store.message_differences import (
    MendedMessage,
    StoredAttachment,
    StoredMessage,
    list_bare,
    mend_message,
    read_messages,
)
from store.outbox import Change, append_changes
from worker.background.repeating import BackgroundConfig
from worker.comparing.part import Part, one_moment
from worker.comparing.reading_again import read_drafts
from worker.reading.draft import MessageDraft


async def compare(
    conn: Connection, config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which messages say something else than their events, and about what."""
    async with one_moment(conn):
        drafts = await read_drafts(conn, config, customer_id, ids)
        stored = await read_messages(conn, customer_id, list(drafts)) if drafts else {}
    found = {key: _columns(drafts[key], message) for key, message in stored.items()}
    return {key: columns for key, columns in found.items() if columns}


async def compare_bare(
    conn: Connection, config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say the same of those that are addressed to nobody: what was deleted was not written."""
    bare = await list_bare(conn, customer_id, ids)
    return await compare(conn, config, customer_id, bare) if bare else {}


async def mend(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Let messages say what their events say, where they are, and tell of it."""
    drafts = await read_drafts(conn, config, customer_id, list(differing))
    for key, draft in drafts.items():
        async with conn.transaction():
            place = await mend_message(conn, await _mended(conn, customer_id, draft))
            if place is not None:
                change = Change(
                    type="message.updated",
                    conversation_id=place.conversation_id,
                    message_id=key,
                    version=place.version,
                    message_seq=place.seq,
                )
                await append_changes(conn, customer_id, [change])
    config.on_commit()


def _columns(draft: MessageDraft, stored: StoredMessage) -> list[str]:
    """List what of a stored message is not so; whom copies of it named besides may be there."""
    written = dict(draft.written)
    recipients = {(role, str(address), written.get(address)) for role, address in draft.recipients}
    has_recipients = (
        recipients <= stored.recipients if stored.has_copies else recipients == stored.recipients
    )
    says = {
        "channel_id": draft.event.channel_id == stored.channel_id,
        "kind": draft.kind == stored.kind,
        "from_hash": str(draft.sender) == stored.sender,
        "from_written": written.get(draft.sender) == stored.from_written,
        "from_name": draft.sender_name == stored.from_name,
        "body_hash": draft.body == stored.body,
        "body_format": draft.body_format == stored.body_format,
        "subject": draft.subject == stored.subject,
        "provider_message_id": draft.provider_message_id == stored.provider_message_id,
        "sent_at": draft.sent_at == stored.sent_at,
        "received_at": draft.event.received_at == stored.received_at,
        "mail_class": (draft.mail_class, draft.is_automatic)
        == (stored.mail_class, stored.is_automatic),
        "shape": draft.shape == stored.shape,
        "quoted_id": draft.quoted_id == stored.quoted_id,
        "message_recipients": has_recipients,
        "attachments": _attachments(draft) == stored.attachments,
        "email_message_ids": _own_message_id(draft).items() <= stored.message_ids.items(),
    }
    return [column for column, is_so in says.items() if not is_so]


async def _mended(conn: Connection, customer_id: int, draft: MessageDraft) -> MendedMessage:
    """Store whatever a message names, and say what its rows are to be."""
    named = {draft.sender, *(address for _, address in draft.recipients)}
    validated = {each.address: each.is_validated for each in (*draft.own, *draft.others)}
    own = {each.address for each in draft.own}
    met = [
        MetAddress(
            customer_id=customer_id,
            address=address,
            is_validated=validated.get(address, False),
            is_outside=address not in own and draft.report is None,
        )
        for address in sorted(named)
    ]
    hashes = await ensure_addresses(conn, met)
    bodies = await ensure_bodies(conn, {(customer_id, draft.body)})
    files = {
        (customer_id, sha256(each.content).digest()): each.content
        for each in draft.attachments
        if each.content is not None
    }
    if files:
        await keep_files(conn, files)

    def hash_of(address: Address) -> int:
        return hashes[customer_id, address]

    written: Mapping[Address, str] = dict(draft.written)
    return MendedMessage(
        customer_id=customer_id,
        id=draft.event.id,
        channel_id=draft.event.channel_id,
        kind=draft.kind,
        from_hash=hash_of(draft.sender),
        from_written=written.get(draft.sender),
        from_name=draft.sender_name,
        body_hash=bodies[customer_id, draft.body],
        body_format=draft.body_format,
        subject=draft.subject,
        provider_message_id=draft.provider_message_id,
        sent_at=draft.sent_at,
        received_at=draft.event.received_at,
        mail_class=draft.mail_class,
        is_automatic=draft.is_automatic,
        shape=draft.shape,
        quoted_id=draft.quoted_id,
        recipients=[
            (role, hash_of(address), written.get(address)) for role, address in draft.recipients
        ],
        attachments=_attachments(draft),
        message_ids=_own_message_id(draft),
    )


def _own_message_id(draft: MessageDraft) -> dict[str, str]:
    """Say which Message-ID a mail bears, by its hash."""
    own = draft.thread.message_id if draft.thread else None
    return {message_id_hash(own): own} if own else {}


def _attachments(draft: MessageDraft) -> list[StoredAttachment]:
    return [_attachment(each) for each in draft.attachments]


def _attachment(attachment: Attachment) -> StoredAttachment:
    content = attachment.content
    return StoredAttachment(
        url=attachment.url,
        file_hash=None if content is None else sha256(content).digest(),
        content_type=attachment.content_type,
        filename=attachment.filename,
        size_bytes=attachment.size_bytes,
        content_id=attachment.content_id,
    )


MESSAGES = Part(
    name="messages",
    tables=("messages", "message_recipients", "attachments", "email_message_ids"),
    at_once=100,
    compare=compare,
    mend=mend,
    compare_walked=compare_bare,
)
