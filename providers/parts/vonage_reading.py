"""Reads what Vonage posts, of its SMS API and of its Messages API.

Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms
Source: https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
Source: https://developer.vonage.com/en/api/messages-olympus
"""

from collections.abc import Mapping
from datetime import datetime

from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, MessagePart, Reading
from domain.message_parts import attachment_of, first_id, receipt_of, recipients_of
from domain.outbound import fit_code
from domain.phone import with_plus
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.whatsapp import WHATSAPP
from providers.parts.vonage_fields import Posted, fields_in, peer_of, posted_in
from providers.parts.vonage_words import STATUS, WORDS

_TYPES = frozenset({"text", "unicode", "binary"})


def identity_in(body: bytes) -> tuple[str, str]:
    """Find the id, and what tells a receipt from others of its message; a message has nothing.

    Raises: Unreadable without an id.
    """
    posted = posted_in(body)
    if posted is not None:
        identity, word, code = _uuid(posted), _word(posted.status), _error_code(posted)
    else:
        fields = fields_in(body)
        identity, word, code = _id(fields), _word(fields.get("status")), fields.get("err-code")
    return identity, f"{word}:{code}" if word and code else word


def reading_of(body: bytes, own_address: str) -> Reading:
    """Read the message, the part of one, or the receipt.

    Raises: Unreadable.
    """
    posted = posted_in(body)
    if posted is not None:
        word = _word(posted.status)
        return _status(posted, word) if word else _message(posted, own_address)
    fields = {name: clean_text(value) for name, value in fields_in(body).items()}
    word = _word(fields.get("status"))
    return _receipt(fields, word) if word else _part_or_whole(fields, own_address)


def _id(fields: Mapping[str, str]) -> str:
    return first_id((fields.get("messageId"),), "messageId")


def _uuid(posted: Posted) -> str:
    return first_id((posted.message_uuid,), "message_uuid")


def _word(written: str | None) -> str:
    return clean_text(written or "").strip()


def _receipt(fields: Mapping[str, str], word: str) -> DeliveryReceipt:
    code = fit_code(fields.get("err-code"))
    return receipt_of(
        _id(fields),
        word,
        STATUS,
        error_code=None if code == "0" else code,
        is_opt_out=code in WORDS.opt_outs,
        occurred_at=_moment(fields.get("message-timestamp")),
    )


def _status(posted: Posted, word: str) -> DeliveryReceipt:
    moment = _moment(posted.timestamp)
    code = _error_code(posted)
    return receipt_of(_uuid(posted), word, STATUS, error_code=code, occurred_at=moment)


def _error_code(posted: Posted) -> str | None:
    error = posted.error
    return fit_code(error.title) or fit_code(error.code) if error else None


def _part_or_whole(fields: Mapping[str, str], own_address: str) -> Reading:
    """Read an SMS, or a part of one; what does not say which part it is, is one of its own."""
    message = _sms(fields, own_address)
    numbers = [fields.get(name, "") for name in ("concat-part", "concat-total")]
    if fields.get("concat") != "true" or not all(map(_is_count, numbers)):
        return message
    number, total = map(int, numbers)
    reference = fields.get("concat-ref", "")
    return MessagePart(message=message, reference=reference, number=number, total=total)


def _is_count(written: str) -> bool:
    return written.isascii() and written.isdigit() and len(written) <= 3


def _sms(fields: Mapping[str, str], own_address: str) -> InboundMessage:
    if fields.get("type", "text") not in _TYPES:
        raise Unreadable("type must be text, unicode or binary")
    if "text" not in fields and "data" not in fields:
        raise Unreadable("text must be there")
    moment = _moment(fields.get("message-timestamp")) or _moment(fields.get("timestamp"))
    return InboundMessage(
        kind="sms",
        provider_message_id=_id(fields),
        sender=_sender(fields.get("msisdn", ""), "msisdn"),
        recipients=tuple(recipients_of("sms", {"to": _to(fields.get("to"), own_address)})),
        body=fields.get("text", ""),
        attachments=_binary(fields.get("data")),
        sent_at=moment,
    )


def _binary(data: str | None) -> tuple[Attachment, ...]:
    """Keep what a binary message holds as a file; Vonage writes it in hexadecimal."""
    if not data:
        return ()
    try:
        content = bytes.fromhex(data)
    except ValueError:
        content = data.encode("utf-8", "replace")
    return (Attachment(content=content, content_type="application/octet-stream"),)


def _message(posted: Posted, own_address: str) -> InboundMessage:
    """Read a message of the Messages API."""
    if posted.channel == "whatsapp":
        return _by_whatsapp(posted, own_address)
    if posted.channel not in {None, "sms", "mms"}:
        raise Unreadable("channel must be sms, mms or whatsapp")
    attachments, text = _files(posted), posted.content.text
    if text is None and not attachments:
        raise Unreadable("message_type must be of text or files")
    return InboundMessage(
        kind="mms" if attachments or posted.channel == "mms" else "sms",
        provider_message_id=_uuid(posted),
        sender=_sender(peer_of(posted.sender), "from"),
        recipients=tuple(recipients_of("sms", {"to": _to(peer_of(posted.to), own_address)})),
        body=_text(posted),
        attachments=attachments,
        sent_at=_moment(posted.timestamp),
    )


def _by_whatsapp(posted: Posted, own_address: str) -> InboundMessage:
    """Read a message by WhatsApp, whatever it is: nothing of it is lost for its type."""
    number = peer_of(posted.sender) or posted.user_id or ""
    attachments = _files(posted)
    if sticker := attachment_of(url=posted.sticker_url):
        attachments += (sticker,)
    shape, body = posted.shape()
    body = body or _text(posted)
    if not body.strip() and not attachments:
        shape, body = "unsupported", posted.unsupported()
    return InboundMessage(
        kind="whatsapp",
        provider_message_id=_uuid(posted),
        sender=f"{WHATSAPP}{_sender(number, 'from')}",
        recipients=tuple(recipients_of("sms", {"to": _to(peer_of(posted.to), own_address)})),
        body=clean_text(body),
        attachments=attachments,
        sent_at=_moment(posted.timestamp),
        shape=shape,
        quoted_id=posted.quoted_id,
        sender_name=posted.sender_name,
    )


def _files(posted: Posted) -> tuple[Attachment, ...]:
    held = [attachment_of(url=file.url) for file in posted.files]
    return tuple(attachment for attachment in held if attachment is not None)


def _text(posted: Posted) -> str:
    """Return the text, or what is written below the files."""
    text = posted.content.text
    captions = [file.caption for file in posted.files if file.caption]
    return clean_text(text if text is not None else "\n".join(captions))


def _sender(written: str, name: str) -> str:
    sender = clean_text(written)
    if not sender.strip():
        raise Unreadable(f"{name} must say who sent the message")
    return with_plus(sender)


def _to(written: str | None, own_address: str) -> str:
    return with_plus(clean_text(written or "")) or own_address


def _moment(written: object) -> datetime | None:
    """Read a time; the Messages API has been seen to write `2020-01-01 14:00:00 UTC`."""
    return parse_timestamp(written.removesuffix(" UTC") if isinstance(written, str) else written)
