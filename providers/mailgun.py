"""Mailgun: mail that a route forwards, as a form in pieces or whole, and its events, as JSON.

recipient=help%40example.com&from=Ann+%3Cann%40example.com%3E&subject=Hi&body-plain=Hello&body-html=
&message-headers=[["Message-Id","<1@x>"],...]&attachment-1=...&content-id-map={"<logo>":"attachment-1"}
&timestamp=1730469600&token=...&signature=...; whole, where the URL ends in `mime`: body-mime=...
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/

{"signature": {"timestamp": ..., "token": ..., "signature": ...}, "event-data": {"event": "failed",
 "severity": "permanent", "timestamp": 1730469600.1, "message": {"headers": {"message-id": "1@x"}},
 "delivery-status": {"code": 550}}}
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks

Signed are a time and a token, not the body: a token counts once. What a route stores has its files
fetched with the mail. Sending is a form, answered {"id": "<1@x>", "message": "Queued. Thank you."};
it has no idempotency key.
Source: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.error_words import ErrorWords
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.fetching_provider import FetchAnswer, FetchStep, NotFetched
from domain.form import form_request
from domain.media_type import media_type
from domain.message import Reading
from domain.message_id import parse_message_ids
from domain.message_parts import first_id
from domain.multipart import Part, write_multipart
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import thread_fields
from domain.signature import SignedContent, encode_secrets, hmac_hex
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or
from providers.parts.mailgun_event import WORDS, Signature, receipt_in, signature_of
from providers.parts.mailgun_mail import read_mail, signature_in, stored_url
from providers.parts.mailgun_stored import HOSTS, WITHIN, next_step

NAME: Final = "mailgun"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# No page was found that says how much it takes.
MOST_FILE_BYTES: Final = 14_000_000
FETCH_HOSTS: Final = HOSTS
FETCH_WITHIN: Final = WITHIN

_TOLERANCE = timedelta(hours=24)  # Mailgun tries for 8 hours, with the first signature
_SEND_URL = "https://api.mailgun.net/v3/{domain}/messages"
_WRONG_PLACE = b"Magnificent API"  # how it greets whoever asks at a wrong path
_JSON = "application/json"
RECEIPT_WORDS: Final = WORDS
_WORDS = ErrorWords(
    provider="Mailgun",
    reasons={
        "rejected": "Mailgun did not take it",
        "http_401": "Mailgun does not accept the channel's API key",
        "http_404": "Mailgun does not know the domain that it leaves from",
        "wrong_url": "the channel's send URL is no place where Mailgun takes mail",
    },
)
_SCHEME = hmac_hex("sha256")


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make none: the webhook signing key is Mailgun's."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: a time and a token, with SHA-256."""
    keys = tuple(encode_secrets(secrets))
    try:
        given = _signature(delivery)
    except Unreadable:
        return SignedContent(received=(), bases=(), keys=keys, scheme=_SCHEME)
    moment = parse_timestamp(given.timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    base = f"{given.timestamp}{given.token}".encode("utf-8", "surrogatepass")
    return SignedContent(
        received=(given.signature.lower(),) if given.signature else (),
        bases=(base,),
        keys=keys,
        scheme=_SCHEME,
        refusal=None if is_fresh else "stale_signature",
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail or event out of the delivery; its token is its key, and counts once.

    Raises: Unreadable without a token.
    """
    event = message_event(first_id((_signature(delivery).token,), "token"), delivery.body)
    if not _is_json(delivery.content_type):
        return (event,)
    receipt = receipt_in(delivery.body)
    once = receipt_event(receipt.provider_message_id, receipt.provider_status, delivery.body)
    return (replace(once, dedup_key=event.dedup_key),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200: for any other answer but 406, which is never given, it is posted again."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the event, or the mail once its files are there.

    Raises: Unreadable.
    """
    if event.kind == "receipt" or _is_json(event.content_type):
        return receipt_in(event.body)
    return read_mail(event.body, event.content_type, event.fetched, context.own_addresses)


def next_fetch(
    event: ClaimedEvent, channel: Channel, answers: Sequence[FetchAnswer], now: datetime
) -> FetchStep:
    """Ask for the mail whose files are stored."""
    try:
        url = stored_url(event.body, event.content_type)
    except Unreadable as error:
        return NotFetched(error_class=error.code, detail=error.detail, is_for_good=True)
    return next_step(url, channel.credential, answers)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key."""
    return None if has_credential else "it has no credential: a Mailgun API key"


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the form that sends a mail; it leaves with our Message-ID, so that answers find it."""
    domain = channel.account or message.own_address.rpartition("@")[2]
    fields = [
        ("from", message.own_address),
        *(("to", address) for address in message.to),
        *(("cc", address) for address in message.cc),
        ("subject", message.subject or ""),
        ("text", message.body),
        *((f"h:{name}", value) for name, value in thread_fields(message.thread).items()),
        *((("h:Reply-To", message.reply_to),) if message.reply_to else ()),
    ]
    url = channel.send_url or _SEND_URL.format(domain=domain)
    request = form_request(url, fields, "api", (channel.credential or "").strip())
    return _with_files(request, fields, message) if message.attachments else request


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer; the id that it has is the Message-ID."""
    if not 200 <= status < 300:
        return _WORDS.refused(status, headers, None)
    if _WRONG_PLACE in body:
        return Failed(code="wrong_url", reason=explain("wrong_url"))
    ids = parse_message_ids(decode_or(body, _ANSWER, _Answer()).id or "")
    return sent_as(ids[0] if ids else None)


def explain(error_code: str | None) -> str:
    """Say what a code means; those of mail servers are only named."""
    return _WORDS.explain(error_code)


def _with_files(
    request: SendRequest, fields: Sequence[tuple[str, str]], message: OutboundMessage
) -> SendRequest:
    """Post the same fields in the one form that can hold files."""
    parts = [
        Part(name=name, filename=None, content_type="", content=value.encode())
        for name, value in fields
    ]
    parts += [
        Part(
            name="attachment",
            filename=file.filename,
            content_type=file.media_type,
            content=file.content,
        )
        for file in message.attachments
    ]
    content_type, body = write_multipart(parts)
    return replace(request, headers={**request.headers, "content-type": content_type}, body=body)


def _is_json(content_type: str) -> bool:
    return media_type(content_type) == _JSON


def _signature(delivery: Delivery) -> Signature:
    if _is_json(delivery.content_type):
        return signature_of(delivery.body)
    return signature_in(delivery.body, delivery.content_type)
