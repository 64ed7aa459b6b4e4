"""Mandrill (Mailchimp Transactional): mail that came in and what became of mail, in batches.

mandrill_events=[{"event": "inbound", "ts": 1730469600, "msg": {"raw_msg": "Received: ...",
 "headers": {"Message-Id": "<1@x>"}, "text": "Hi", "html": "", "from_email": "ann@example.com",
 "from_name": "Ann", "to": [["help@example.com", null]], "email": "help@example.com",
 "subject": "Hi", "attachments": {"a.pdf": {"name": "a.pdf", "type": "application/pdf",
 "content": "JVBE", "base64": true}}}}, ...]
Source: https://mandrill.zendesk.com/hc/en-us/articles/360039234813

{"event": "hard_bounce", "ts": 1730469600, "_id": "4f1a", "msg": {"_id": "4f1a", "ts": ...,
 "email": "ann@example.com", "bounce_description": "bad_mailbox"}}
Source: https://mandrill.zendesk.com/hc/en-us/articles/205583307-Message-Event-Webhook-Format

Signed are the URL and the form. Sending is JSON with the key in it, answered with one
{"email": ..., "status": "sent", "_id": "4f1a"} for each recipient; it has no idempotency key.
Source: https://mailchimp.com/developer/transactional/api/messages/send-new-message/
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import (
    ClaimedEvent,
    InboundEvent,
    message_event,
    receipt_event,
    unreadable_event,
)
from domain.message import Reading
from domain.message_parts import first_id, own_among, receipt_of
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request, referring_fields, thread_fields
from domain.signature import SignedContent, encode_secrets, hmac_base64, spell_ports
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.mandrill_batch import FIELD, batch_in, events_of
from providers.parts.mandrill_mail import Mail, message_in_pieces
from providers.parts.mandrill_words import HARD_BOUNCE, LASTING, STATUS, WORDS, WORDS_OF_RECEIPTS

NAME: Final = "mandrill"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
MOST_FILE_BYTES: Final = 17_000_000  # all of a mail in base64: 25 MB
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS

_SEND_URL = "https://mandrillapp.com/api/1.0/messages/send"
_SCHEME = hmac_base64("sha1")
_TRIAL_KEY = b"test-webhook"  # signs the empty batch by which Mandrill tries a new URL out


class _Event(msgspec.Struct, gc=False):
    event: str = ""
    id: str | None = msgspec.field(name="_id", default=None)
    ts: int | float | str | None = None
    url: str | None = None
    msg: Mail | None = None


class _Recipient(msgspec.Struct, gc=False):
    id: str | None = msgspec.field(name="_id", default=None)
    status: str = ""
    reject_reason: str | None = None


class _Error(msgspec.Struct, gc=False):
    name: str | None = None


_EVENT = msgspec.json.Decoder(_Event)
_ANSWER = msgspec.json.Decoder(list[_Recipient])
_ERROR = msgspec.json.Decoder(_Error)


def new_secret() -> str | None:
    """Make none: the key of a webhook is Mandrill's."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what X-Mandrill-Signature covers: URL and form, with SHA-1, and no time in it.

    A new URL is tried out before its key is known: anybody may sign a batch without events.
    """
    given = delivery.headers.get("x-mandrill-signature")
    keys = encode_secrets(secrets)
    try:
        batch = batch_in(delivery.body, delivery.content_type)
    except Unreadable:
        batch = None
    written = () if batch is None else (FIELD.encode() + batch,)
    urls = [url.encode("utf-8", "surrogatepass") for url in spell_ports(delivery.url)]
    return SignedContent(
        received=(given,) if given else (),
        bases=tuple(url + form for form in written for url in urls),
        keys=(*keys, _TRIAL_KEY) if keys and batch == b"[]" else tuple(keys),
        scheme=_SCHEME,
        refusal="unreadable_form" if batch is None else None,
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the events out of the batch, one of each element; an odd one is kept as unreadable.

    Raises: Unreadable where there is no batch.
    """
    batch = batch_in(delivery.body, delivery.content_type)
    return [_event_of(element) for element in events_of(batch)]


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200: any other answer has the whole batch posted again."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the mail or the receipt.

    Raises: Unreadable.
    """
    found = decode_tolerantly(event.body, _EVENT)
    word, mail = _word(found), found.msg or Mail()
    if word != "inbound":
        code = fit_code(mail.bounce_description) if STATUS.get(word) == "bounced" else None
        moment = parse_timestamp(found.ts)
        return receipt_of(
            _sent_id(found),
            word,
            STATUS,
            error_code=code,
            occurred_at=moment,
            recipients=(mail.email,),
            is_permanent=word == HARD_BOUNCE,
        )
    identity = _identity(mail, event.body)
    delivered_to = own_among([mail.email or ""], context.own_addresses)
    if mail.raw_msg:
        raw = parse_mail(mail.raw_msg.encode("utf-8", "replace"))
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    return message_in_pieces(mail, identity, delivered_to)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key."""
    return None if has_credential else "it has no credential: a Mandrill API key"


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a mail.

    Nothing says that Mandrill keeps a Message-ID, so it is the last of References as well: those
    are repeated by answers, which find the mail by it.
    """
    mail: dict[str, object] = {
        "from_email": message.own_address,
        "to": [
            {"email": address, "type": role}
            for role, addresses in (("to", message.to), ("cc", message.cc))
            for address in addresses
        ],
        "subject": message.subject or "",
        "text": message.body,
        "headers": thread_fields(message.thread)
        | referring_fields(message.thread)
        | ({"Reply-To": message.reply_to} if message.reply_to else {}),
        "preserve_recipients": True,
    }
    if message.attachments:
        mail["attachments"] = [
            {"type": file.media_type, "name": file.filename, "content": file.base64}
            for file in message.attachments
        ]
    if channel.account:
        mail["subaccount"] = channel.account
    posted = {"key": (channel.credential or "").strip(), "message": mail}
    return json_request(channel.send_url or _SEND_URL, {}, posted)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer: a mail has failed if each of its recipients was refused.

    Each has an id of its own; the mail is known by the first that was taken.
    """
    if not 200 <= status < 300:
        code = fit_code(decode_or(body, _ERROR, _Error()).name)
        if code in LASTING:
            return Failed(code=code, reason=explain(code))
        return WORDS.refused(status, headers, code)
    recipients = decode_or(body, _ANSWER, [])
    taken = [each for each in recipients if each.status not in ("rejected", "invalid")]
    if taken or not recipients:
        return sent_as(taken[0].id if taken else None)
    code = fit_code(recipients[0].reject_reason) or recipients[0].status
    return Failed(code=code, reason=explain(code))


def explain(error_code: str | None) -> str:
    """Say what a code means; kinds of bounces are only named."""
    return WORDS.explain(error_code)


def _event_of(element: bytes) -> InboundEvent:
    try:
        found = decode_tolerantly(element, _EVENT)
        word = _word(found)
        if word == "inbound":
            return message_event(_identity(found.msg or Mail(), element), element)
        mail = found.msg or Mail()
        told = f"{mail.id or found.id}\n{found.ts}\n{mail.email}\n{found.url}"
        once = sha256(told.encode("utf-8", "replace")).hexdigest()[:32]
        return receipt_event(_sent_id(found), f"{word}:{once}", element)
    except Unreadable:
        return unreadable_event(element)


def _word(event: _Event) -> str:
    """Say what an event is of; changes of Mandrill's lists are of no mail, and name no event."""
    word = clean_text(event.event).strip()
    if not word:
        raise Unreadable("event must say of which type it is")
    if word == "inbound" and event.msg is None:
        raise Unreadable("msg must be there")
    return word


def _identity(mail: Mail, element: bytes) -> str:
    """Key a mail by its bytes and whom it was sent to, for it has no id."""
    if not mail.raw_msg:
        return sha256(element).hexdigest()
    local, at, domain = (mail.email or "").rpartition("@")
    told = f"{local}{at}{domain.lower()}\n{mail.raw_msg}"
    return sha256(told.encode("utf-8", "replace")).hexdigest()


def _sent_id(event: _Event) -> str:
    of_mail = event.msg.id if event.msg else None
    return first_id((of_mail, event.id), "_id, whatever the type of event is,")
