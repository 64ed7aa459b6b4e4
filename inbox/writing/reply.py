"""What a person writes: a reply, a new text, a new e-mail.

A message is stored and queued in the caller's transaction; sending it is the worker's. Knows no
HTTP. It leaves the status of its conversation as it is: only somebody who writes to us opens a
closed one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.actor import Actor
from domain.address import Canonical
from domain.channel import Channel, ChannelKind
from domain.conversation import email_key_hash, message_id_hash
from domain.errors import Conflict, NotFound, invalid_field
from domain.identity import conversation_id
from domain.mail_copy import mail_content_hash
from domain.message import Attachment, MessageKind, RecipientRole
from domain.outbound import own_message_id
from domain.own_address import own_address, text_key_hash
from domain.whatsapp import kind_to
from inbox.settings.sending_channel import check_can_send, file_limits, longest_text
from inbox.writing.recipients import (
    answered,
    check_files,
    check_undo,
    checked_attachment_ids,
    checked_body,
    checked_subject,
    named,
    named_own,
    reply_subject,
    suited_own,
)
from inbox.writing.suppressed import check_recipients, check_window
from store.addresses import MetAddress, ensure_addresses
from store.audit import AuditEntry, record_audit
from store.bodies import ensure_bodies
from store.channels import StoredChannel, find_channel
from store.conversations import Participant, insert_participants
from store.current_conversations import PlaceKey, find_current
from store.database import Connection
from store.outbound import (
    NewOutbound,
    Placed,
    begin_conversation,
    find_answered,
    find_last_inbound,
    grow_conversation,
    insert_outbound,
    list_others,
)
from store.outbox import Change, append_changes
from store.own_participants import find_answering
from store.threads import Bearer, MessageIdKey, bear_message_ids, register_message_ids
from store.uploads import Upload, hold_uploads

_MOST_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What writing needs from outside: the time, and where ids come from."""

    now: datetime
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a person wrote. For `undo_seconds` it can be taken back for sure.

    `own_address` is what a new message leaves from, None for the channel's first that suits.
    `attachment_ids` are of files that were brought before.
    """

    body: str
    subject: str | None = None
    undo_seconds: int = 0
    own_address: str | None = None
    attachment_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message of ours, waiting to be sent."""

    message_id: str
    conversation_id: str


async def reply(
    conn: Connection, actor: Actor, desk: Desk, conversation: str, written: Written
) -> Queued:
    """Answer in a conversation: everybody in it by text; by e-mail as a mail program would.

    It leaves from the own address that was written to last.

    Raises: NotFound, Conflict where the channel or the people do not allow it, ValidationFailed,
    RecipientSuppressed, OptedOut, WindowClosed.
    """
    for _ in range(_MOST_TRIES):
        found = await find_answered(conn, actor.customer_id, conversation)
        if found is None:
            raise NotFound("there is no such conversation")
        stored = await _channel(conn, actor, found.channel_id)
        kind = stored.channel.kind
        others = await list_others(conn, actor.customer_id, found.id)
        last = await find_last_inbound(conn, actor.customer_id, found.id)
        recipients = answered(others, last if kind == "email" else None, stored.channel)
        check_can_send(stored, len(recipients))
        checked = _checked(written, stored)
        if kind == "email" and checked.subject is None:
            checked = replace(checked, subject=reply_subject(found.subject))
        own = await _answering(conn, stored.channel, found.id)
        to = [other.address.value for other in others if ("to", other.hash) in recipients]
        message = await _message(
            conn, actor, desk, stored, own, recipients, kind_to(to, kind), checked
        )
        placed = await grow_conversation(conn, message, found.id)
        if placed is not None:
            await _add_participants(conn, message, placed)
            await _queue(conn, actor, desk, message, placed, checked)
            return Queued(message_id=message.id, conversation_id=found.id)
    raise Conflict("the conversation is being merged: try again")


async def start_text(
    conn: Connection, actor: Actor, desk: Desk, channel_id: str, to: str, written: Written
) -> Queued:
    """Write a text to a number; where there is a conversation with it, the text goes there.

    Raises: NotFound, Conflict, ValidationFailed, RecipientSuppressed, OptedOut, WindowClosed.
    """
    stored = await _channel_of_kind(conn, actor, channel_id, "sms")
    channel = stored.channel
    own = named_own(written.own_address or suited_own(to, channel), channel)
    [recipient] = named([to], "to", channel)
    check_can_send(stored, 1)
    checked = _checked(written, stored)
    hashes = await _hash_outside(conn, channel, [recipient])
    to_kind = kind_to([recipient.address.value], "sms")
    addressed: list[tuple[RecipientRole, int]] = [("to", hashes[0])]
    message = await _message(conn, actor, desk, stored, own, addressed, to_kind, checked)
    key_hash = text_key_hash(channel, own.address, [recipient.address])
    key = PlaceKey(channel.customer_id, channel.id, key_hash)
    for _ in range(_MOST_TRIES):
        current = (await find_current(conn, [key])).get(key)
        if current is not None:
            placed = await grow_conversation(conn, message, current.id)
        else:
            place = conversation_id(*key)
            placed = await begin_conversation(conn, message, place, key.key_hash)
        if placed is not None:
            await _add_participants(conn, message, placed)
            await _queue(conn, actor, desk, message, placed, checked)
            return Queued(message_id=message.id, conversation_id=placed.conversation_id)
    raise Conflict("the conversation is being changed: try again")


async def start_mail(
    conn: Connection,
    actor: Actor,
    desk: Desk,
    channel_id: str,
    to: Sequence[str],
    cc: Sequence[str],
    written: Written,
) -> Queued:
    """Write an e-mail that begins a thread.

    Raises: NotFound, Conflict, ValidationFailed, RecipientSuppressed, OptedOut.
    """
    stored = await _channel_of_kind(conn, actor, channel_id, "email")
    channel = stored.channel
    own = named_own(written.own_address, channel)
    first, copied = named(to, "to", channel), named(cc, "cc", channel)
    if not first:
        raise invalid_field("to", "required", "at least one e-mail address")
    copied = [address_hash for address_hash in copied if address_hash not in first]
    check_can_send(stored, len(first) + len(copied))
    checked = _checked(written, stored)
    if checked.subject is None:
        raise invalid_field("subject", "required", "there")
    hashes = await _hash_outside(conn, channel, [*first, *copied])
    recipients: list[tuple[RecipientRole, int]] = [
        ("to" if nth < len(first) else "cc", hashed) for nth, hashed in enumerate(hashes)
    ]
    message = await _message(conn, actor, desk, stored, own, recipients, "email", checked)
    key_hash = email_key_hash(f"outbound:{message.id}")
    place = conversation_id(channel.customer_id, channel.id, key_hash)
    placed = await begin_conversation(conn, message, place, key_hash)
    if placed is None:
        raise Conflict("the conversation is there already")
    await _add_participants(conn, message, placed)
    await _queue(conn, actor, desk, message, placed, checked)
    return Queued(message_id=message.id, conversation_id=place)


def _checked(written: Written, stored: StoredChannel) -> Written:
    check_undo(written.undo_seconds)
    kind = stored.channel.kind
    return Written(
        body=checked_body(written.body, longest_text(stored)),
        subject=checked_subject(written.subject, kind),
        undo_seconds=written.undo_seconds,
        attachment_ids=checked_attachment_ids(written.attachment_ids),
    )


async def _channel(conn: Connection, actor: Actor, channel_id: str) -> StoredChannel:
    stored = await find_channel(conn, actor.customer_id, channel_id)
    if stored is None:
        raise NotFound("there is no such channel")
    return stored


async def _channel_of_kind(
    conn: Connection, actor: Actor, channel_id: str, kind: ChannelKind
) -> StoredChannel:
    stored = await find_channel(conn, actor.customer_id, channel_id)
    if stored is None or stored.channel.id != channel_id or stored.channel.kind != kind:
        raise invalid_field("channel_id", "unknown", f"the id of a channel of kind {kind}")
    return stored


async def _answering(conn: Connection, channel: Channel, conversation: str) -> Canonical:
    """Find the own address that an answer leaves from: the channel's first if there is no other."""
    found = await find_answering(conn, channel.customer_id, [conversation])
    own = found[conversation].value if conversation in found else channel.own_address
    return own_address(own, channel)


async def _hash_outside(
    conn: Connection, channel: Channel, addresses: Sequence[Canonical]
) -> list[int]:
    hashes = await ensure_addresses(
        conn, [_met(channel, address, is_outside=True) for address in addresses]
    )
    return [hashes[channel.customer_id, address.address] for address in addresses]


async def _message(
    conn: Connection,
    actor: Actor,
    desk: Desk,
    stored: StoredChannel,
    own: Canonical,
    recipients: Sequence[tuple[RecipientRole, int]],
    kind: MessageKind,
    written: Written,
) -> NewOutbound:
    """Make a message; what it refers to is stored before any conversation is locked.

    Raises: RecipientSuppressed, OptedOut, WindowClosed.
    """
    channel = stored.channel
    everybody = [address_hash for _, address_hash in recipients]
    await check_recipients(conn, channel, everybody)
    uploads = await _uploads(conn, stored, kind, written.attachment_ids)
    hashes = await ensure_addresses(conn, [_met(channel, own, is_outside=False)])
    own_hash = hashes[channel.customer_id, own.address]
    if kind == "whatsapp":
        await check_window(conn, channel, own_hash, everybody, desk.now)
    bodies = await ensure_bodies(conn, [(channel.customer_id, written.body)])
    return NewOutbound(
        customer_id=channel.customer_id,
        id=desk.new_id(),
        channel_id=channel.id,
        kind="mms" if kind == "sms" and uploads else kind,
        agent_id=actor.agent_id,
        own_address=own.address.value,
        from_hash=own_hash,
        recipients=recipients,
        body=written.body,
        body_hash=bodies[channel.customer_id, written.body],
        subject=written.subject,
        sent_at=desk.now,
        uploads=uploads,
    )


async def _uploads(
    conn: Connection, stored: StoredChannel, kind: MessageKind, ids: Sequence[str]
) -> list[Upload]:
    """Find the files that were brought for a message, and check that its channel takes them."""
    if not ids:
        return []
    uploads = await hold_uploads(conn, stored.channel.customer_id, ids)
    if len(uploads) < len(ids):
        raise invalid_field("attachment_ids", "unknown", "ids of files that were brought today")
    check_files([upload.size_bytes for upload in uploads], file_limits(stored, kind))
    return uploads


def _met(channel: Channel, canonical: Canonical, *, is_outside: bool) -> MetAddress:
    return MetAddress(
        customer_id=channel.customer_id,
        address=canonical.address,
        is_validated=canonical.is_validated,
        is_outside=is_outside,
    )


async def _add_participants(conn: Connection, message: NewOutbound, placed: Placed) -> None:
    key = (message.customer_id, placed.conversation_id)
    others: list[Participant] = [(*key, hashed, "other") for _, hashed in message.recipients]
    await insert_participants(conn, [(*key, message.from_hash, "own"), *others])


async def _queue(
    conn: Connection,
    actor: Actor,
    desk: Desk,
    message: NewOutbound,
    placed: Placed,
    written: Written,
) -> None:
    """Store and queue a message that has its place, and say so."""
    await insert_outbound(conn, message, placed, written.undo_seconds)
    if message.kind == "email":
        value = own_message_id(message.id, message.own_address)
        key = MessageIdKey(message.customer_id, message.channel_id, message_id_hash(value))
        await register_message_ids(conn, {key: value})
        files = [
            Attachment(filename=upload.filename, size_bytes=upload.size_bytes)
            for upload in message.uploads
        ]
        content = mail_content_hash(message.own_address, message.subject, message.body, files)
        await bear_message_ids(conn, {key: Bearer(message.id, content)})
    entry = AuditEntry(
        id=desk.new_id(),
        action="message.queued",
        conversation_id=placed.conversation_id,
        object_id=message.id,
    )
    await record_audit(conn, actor, [entry])
    changes = [
        Change(
            type=kind,
            conversation_id=placed.conversation_id,
            message_id=message.id if kind == "message.queued" else None,
            version=placed.version,
            message_seq=placed.seq if kind == "message.queued" else None,
        )
        for kind in _changes_of(placed)
    ]
    await append_changes(conn, message.customer_id, changes)


def _changes_of(placed: Placed) -> list[str]:
    is_new = placed.version == 1
    return ["conversation.created", "message.queued"] if is_new else ["message.queued"]
