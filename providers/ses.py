"""Amazon SES: mail that came in and what became of mail, published by SNS; mail that is sent.

What SNS posts and signs is described in providers/parts/sns_envelope.py, what SES tells by it in
providers/parts/ses_event.py. The webhook URL has a password; the signature is checked once the
certificate is fetched, before anything is made of an event.
Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications.html

Sending is {"FromEmailAddress": ..., "Destination": {...}, "Content": {"Simple": {...}}}, signed
with an access key, answered {"MessageId": "0100..."}; it has no idempotency key. The Message-ID is
SES's own.
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

import msgspec

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.fetching_provider import FetchAnswer, FetchStep, NotFetched
from domain.message import FetchNeeded, Reading
from domain.message_parts import own_among, receipt_of
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or
from providers.parts.aws_request import AccessKey, access_key, signed_headers
from providers.parts.ses_event import is_greeting, read_told, receipt_told
from providers.parts.ses_kept import HOSTS, WITHIN, kept_mail, next_step
from providers.parts.ses_thread import referring_headers
from providers.parts.ses_words import STATUS, WORDS, WORDS_OF_RECEIPTS
from providers.parts.sns_envelope import NOTIFICATION, SUBSCRIPTION, is_raw, read_envelope
from providers.parts.sns_signature import topics_in

NAME: Final = "ses"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# All of a mail: 40 MB, https://docs.aws.amazon.com/ses/latest/dg/attachments.html
MOST_FILE_BYTES: Final = 28_000_000
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
FETCH_HOSTS: Final = HOSTS
FETCH_WITHIN: Final = WITHIN

_SEND_PATH = "/v2/email/outbound-emails"
_MOST_RECIPIENTS = 50
_NO_KEY = AccessKey(id="none", secret="none")  # noqa: S106  # which SES refuses
_UTF_8 = {"Charset": "UTF-8"}


class _Answer(msgspec.Struct, gc=False):
    MessageId: str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say which password came: SNS shows credentials of a URL only after a challenge."""
    return password_content(delivery, secrets, in_query=True)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail, receipt or subscription out of the delivery; some say nothing to keep.

    Raises: Unreadable.
    """
    if is_raw(delivery.body):
        return (message_event(sha256(delivery.body).hexdigest(), delivery.body),)
    envelope = read_envelope(delivery.body)
    if envelope.Type == SUBSCRIPTION:
        return (receipt_event(envelope.identity, SUBSCRIPTION, delivery.body),)
    message = envelope.Message or ""
    if envelope.Type != NOTIFICATION or is_greeting(message):
        return ()
    told = read_told(message)
    if not told.is_received:
        return (receipt_event(told.identity, f"{told.word}:{envelope.identity}", delivery.body),)
    # Several rules may tell of one mail, each for recipients of its own.
    event = message_event(envelope.identity, delivery.body)
    return (replace(event, provider_message_id=told.identity),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though any 2xx would do; a 4xx would lose what was posted."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the receipt or the mail once it is known who published it.

    Raises: Unreadable.
    """
    if is_raw(event.body):
        raise Unreadable("raw message delivery leaves no signature: switch it off at SNS")
    envelope = read_envelope(event.body)
    if event.fetched is None:
        return FetchNeeded()
    fetched = kept_mail(event.fetched)
    if envelope.Type != NOTIFICATION:
        moment = parse_timestamp(envelope.Timestamp)
        return receipt_of(envelope.identity, envelope.Type or "", STATUS, occurred_at=moment)
    told = read_told(envelope.Message or "")
    if not told.is_received:
        return receipt_told(told, envelope.Timestamp)
    mail = parse_mail(told.mail_within() if fetched is None else fetched)
    delivered_to = own_among(told.recipients, context.own_addresses)
    return message_of(mail, provider_message_id=told.identity, delivered_to=delivered_to)


def next_fetch(
    event: ClaimedEvent, channel: Channel, answers: Sequence[FetchAnswer], now: datetime
) -> FetchStep:
    """Ask for the certificate, then for what the event is about."""
    try:
        return next_step(read_envelope(event.body), channel, answers, now)
    except Unreadable as error:
        return NotFetched(error_class=error.code, detail=error.detail, is_for_good=True)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an access key and a region, which is that of the topic."""
    if not topics_in(channel.account):
        return "its account is no topic of SNS, in whose region it would send"
    is_no_key = channel.credential is not None and access_key(channel.credential) is None
    if not has_credential or is_no_key:
        return "it has no credential: ACCESS_KEY_ID:SECRET_ACCESS_KEY"
    too_many = recipients > _MOST_RECIPIENTS
    return f"SES sends to {_MOST_RECIPIENTS} addresses at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a mail, and sign it.

    Our Message-ID is the last that it refers to, for SES gives it another: answers name both.
    """
    topic = topics_in(channel.account)[0]
    posted = {
        "FromEmailAddress": message.own_address,
        "ReplyToAddresses": [message.reply_to] if message.reply_to else [],
        "Destination": {"ToAddresses": message.to, "CcAddresses": message.cc},
        "Content": {
            "Simple": {
                "Subject": {"Data": message.subject or "", **_UTF_8},
                "Body": {"Text": {"Data": message.body, **_UTF_8}},
                "Headers": [
                    {"Name": name, "Value": value}
                    for name, value in referring_headers(message.thread).items()
                ],
                **_files(message),
            }
        },
    }
    url = channel.send_url or f"https://{topic.host('email')}{_SEND_PATH}"
    request = json_request(url, {}, posted)
    key = access_key(channel.credential) or _NO_KEY
    signature = signed_headers(
        request.method, url, request.body, key=key, region=topic.region, service="ses", now=now
    )
    return replace(request, headers={**request.headers, **signature})


def _files(message: OutboundMessage) -> dict[str, object]:
    files = [
        {
            "FileName": file.filename,
            "RawContent": file.base64,
            "ContentType": file.media_type,
            "ContentTransferEncoding": "BASE64",
        }
        for file in message.attachments
    ]
    return {"Attachments": files} if files else {}


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer; a header names the error, before a colon."""
    if not 200 <= status < 300:
        named = headers.get("x-amzn-errortype", "").partition(":")[0]
        return WORDS.refused(status, headers, fit_code(named))
    return sent_as(decode_or(body, _ANSWER, _Answer()).MessageId)


def explain(error_code: str | None) -> str:
    """Say what a code, or a kind of bounce, means."""
    return WORDS.explain(error_code)
