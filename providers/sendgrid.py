"""SendGrid: mail by Inbound Parse, as a form, what became of mail, as JSON, and mail that is sent.

headers=Message-ID: <1@x>..., from=Ann <ann@example.com>, to=help@example.com, subject=Hi,
text=Hello, html=..., envelope={"to": ["help@example.com"], "from": "ann@example.com"},
charsets={"subject": "UTF-8", "text": "iso-8859-1"}, attachment1=...,
attachment-info={"attachment1": {"filename": "a.pdf", "type": "application/pdf"}},
content-ids={"logo": "attachment1"}; or whole: email=..., envelope=...
Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook

[{"event": "bounce", "email": "ann@example.com", "timestamp": 1730469600, "sg_event_id": "6g4Z",
 "sg_message_id": "14c5.filter0001.16648.5515E0B88.0", "smtp-id": "<14c5@ismtpd-555>",
 "type": "bounce", "status": "5.0.0", "reason": "500 unknown recipient"}, ...]
Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

Signed is what a security policy is attached to, and an Event Webhook that is told to sign; each
has a key of its own. Else the webhook URL has a password.
Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks

Sending is JSON with an API key, answered 202 without a body; it has no idempotency key.
Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.ecdsa import ECDSA_SHA256, is_public_key
from domain.event import ClaimedEvent, InboundEvent, message_event
from domain.media_type import media_type
from domain.message import Reading
from domain.multipart import MULTIPART
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, Sent
from domain.provider import ReadingContext
from domain.sent_mail import json_request, referring_fields
from domain.signature import SignedContent, encode_secrets
from domain.timestamp import parse_timestamp
from providers.parts.sendgrid_event import ARGUMENT, events_in, is_batch, receipt_in
from providers.parts.sendgrid_mail import identity_of, message_in, read_form
from providers.parts.sendgrid_words import WORDS, WORDS_OF_RECEIPTS, refusal_code

NAME: Final = "sendgrid"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# All of a mail: 20 MB.
# https://sendgrid.com/docs/Classroom/Build/Add_Content/whats_the_recommended_message_size_limit.html
MOST_FILE_BYTES: Final = 14_000_000
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS

_SEND_URL = "https://api.sendgrid.com/v3/mail/send"
_MOST_RECIPIENTS = 1_000
_NO_SUBJECT = "(no subject)"  # SendGrid takes no mail without one
_TOLERANCE = timedelta(hours=96)  # SendGrid tries for 72 hours, perhaps with the first signature
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed, or which password came; a secret that is a public key is no password."""
    public = [secret for secret in secrets if is_public_key(secret)]
    given = delivery.headers.get(_SIGNATURE)
    if not public or not given:
        passwords = [secret for secret in secrets if secret not in public]
        return password_content(delivery, passwords)
    timestamp = delivery.headers.get(_TIMESTAMP, "")
    moment = parse_timestamp(timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    return SignedContent(
        received=(given,),
        bases=(timestamp.encode("utf-8", "surrogatepass") + delivery.body,),
        keys=tuple(encode_secrets(public)),
        scheme=ECDSA_SHA256,
        refusal=None if is_fresh else "stale_signature",
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail out of a form, and the events out of an array, one of each element.

    Raises: Unreadable.
    """
    if is_batch(delivery.body):
        return events_in(delivery.body)
    form = read_form(delivery.body, delivery.content_type)
    return (message_event(identity_of(form), delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though any 2xx would do."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the mail or the receipt.

    Raises: Unreadable.
    """
    if event.kind == "receipt" or (event.kind == "unreadable" and not _is_form(event.content_type)):
        return receipt_in(event.body)
    return message_in(read_form(event.body, event.content_type), context.own_addresses)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key."""
    if not has_credential:
        return "it has no credential: a SendGrid API key"
    too_many = recipients > _MOST_RECIPIENTS
    return f"SendGrid sends to {_MOST_RECIPIENTS} addresses at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a mail.

    Our Message-ID is the last that it refers to, for SendGrid gives it another: answers name both.
    Its events name our message by an argument that all of them repeat.
    """
    posted = {
        "personalizations": [_recipients(message)],
        "from": {"email": message.own_address},
        "reply_to": {"email": message.reply_to} if message.reply_to else None,
        "subject": message.subject or _NO_SUBJECT,
        "content": [{"type": "text/plain", "value": message.body}],
        "attachments": [
            {
                "content": file.base64,
                "filename": file.filename,
                "type": file.media_type,
                "disposition": "attachment",
            }
            for file in message.attachments
        ],
        "headers": referring_fields(message.thread),
        "custom_args": {ARGUMENT: message.id},
    }
    headers = {"authorization": f"Bearer {(channel.credential or '').strip()}"}
    return json_request(channel.send_url or _SEND_URL, headers, posted)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer: SendGrid knows what it took by the argument that is our id."""
    if not 200 <= status < 300:
        return WORDS.refused(status, headers, refusal_code(body))
    return Sent(provider_message_id=None)


def explain(error_code: str | None) -> str:
    """Say what a code means; those of mail servers are only named."""
    return WORDS.explain(error_code)


def _recipients(message: OutboundMessage) -> Mapping[str, object]:
    """Name each address once, whatever its role: SendGrid refuses a mail that does not."""
    seen: set[str] = set()
    named: dict[str, list[dict[str, str]]] = {}
    for role, addresses in (("to", message.to), ("cc", message.cc)):
        for address in addresses:
            if address.lower() not in seen:
                seen.add(address.lower())
                named.setdefault(role, []).append({"email": address})
    return named


def _is_form(content_type: str) -> bool:
    return media_type(content_type) == MULTIPART
