"""Postmark: mail that came in, whole (`RawEmail`) or in pieces, and what became of mail, as JSON.

{"FromFull": {"Email": "ann@example.com", "Name": "Ann", "MailboxHash": ""}, "ToFull": [...],
 "OriginalRecipient": "help@example.com", "Subject": "Hi", "MessageID": "73e6d360-...", "Date": ...,
 "TextBody": "Hello", "HtmlBody": "", "Headers": [{"Name": "Message-ID", "Value": "<1@x>"}],
 "Attachments": [{"Name": "a.pdf", "Content": "JVBE", "ContentType": "...", "ContentID": ""}]}
Source: https://postmarkapp.com/developer/webhooks/inbound-webhook

{"RecordType": "Delivery", "MessageID": "883953f4-...", "Recipient": "ann@example.com",
 "DeliveredAt": "2019-11-05T16:33:54.9070259Z"}
Source: https://postmarkapp.com/developer/webhooks/webhooks-overview

Nothing is signed: the webhook URL has a password. Sending is {"From": ..., "TextBody": ...} with a
server's token, answered {"ErrorCode": 0, "MessageID": ...}; it has no idempotency key.
Source: https://postmarkapp.com/developer/api/email-api
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

import msgspec

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.message import Attachment, InboundMessage, Reading
from domain.message_parts import attachment_of, first_id, named_mailbox, own_among
from domain.mime.given import GivenMail, message_of_given
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request, thread_fields
from domain.signature import SignedContent
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.postmark_record import Record, receipt_in, told_once, word_of
from providers.parts.postmark_words import WORDS, WORDS_OF_RECEIPTS

NAME: Final = "postmark"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# All of a mail in base64: 10 MB.
# https://postmarkapp.com/support/article/1056-what-are-the-attachment-and-email-size-limits
MOST_FILE_BYTES: Final = 7_000_000

_SEND_URL = "https://api.postmarkapp.com/email"
_MOST_RECIPIENTS = 50
_NO_ID = "00000000-0000-0000-0000-000000000000"  # of what the console posts to try a URL out
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS


class _Mailbox(msgspec.Struct, gc=False):
    Email: str | None = None
    Name: str | None = None


class _Field(msgspec.Struct, gc=False):
    Name: str = ""
    Value: str | None = None


class _File(msgspec.Struct, gc=False):
    Name: str | None = None
    Content: str | None = None
    Data: str | None = None  # as the console's sample has it
    ContentType: str | None = None
    ContentID: str | None = None


class _Mail(Record, gc=False):
    From: str | None = None
    FromFull: _Mailbox | None = None
    To: str | None = None
    ToFull: list[_Mailbox] | None = None
    Cc: str | None = None
    CcFull: list[_Mailbox] | None = None
    BccFull: list[_Mailbox] | None = None
    OriginalRecipient: str | None = None
    Subject: str | None = None
    Date: str | None = None
    TextBody: str | None = None
    HtmlBody: str | None = None
    Headers: list[_Field] | None = None
    Attachments: list[_File] | None = None
    RawEmail: str | None = None


class _Answer(msgspec.Struct, gc=False):
    ErrorCode: int | str | None = None
    MessageID: str | None = None


_RECORD = msgspec.json.Decoder(Record)
_MAIL = msgspec.json.Decoder(_Mail)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say which password came: nothing that Postmark posts is signed."""
    return password_content(delivery, secrets)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail or receipt out of the delivery.

    Raises: Unreadable without an id.
    """
    record = decode_tolerantly(delivery.body, _RECORD)
    identity, word = first_id((record.MessageID,), "MessageID"), word_of(record)
    if word:  # each of several recipients has its own, and opens a mail more than once
        once = sha256(told_once(record).encode("utf-8", "replace")).hexdigest()[:32]
        return (receipt_event(identity, f"{word}:{once}", delivery.body),)
    if identity == _NO_ID:
        identity = f"{identity}:{delivery.received_at.isoformat()}"
    return (message_event(identity, delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200: any other answer has a mail posted again."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the mail or the receipt.

    Raises: Unreadable.
    """
    record = decode_tolerantly(event.body, _RECORD)
    identity, word = first_id((record.MessageID,), "MessageID"), word_of(record)
    if word:
        return receipt_in(record, identity, word)
    mail = decode_tolerantly(event.body, _MAIL)
    copied = [mailbox.Email or "" for mailbox in mail.BccFull or ()]
    delivered_to = own_among([mail.OriginalRecipient or "", *copied], context.own_addresses)
    if mail.RawEmail:
        raw = parse_mail(mail.RawEmail.encode("utf-8", "replace"))
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    return _in_pieces(mail, identity, delivered_to)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs a server's token."""
    if not has_credential:
        return "it has no credential: the API token of its Postmark server"
    too_many = recipients > _MOST_RECIPIENTS
    return f"Postmark sends to {_MOST_RECIPIENTS} addresses at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a mail; it leaves with our Message-ID, so that answers find it."""
    posted = {
        "From": message.own_address,
        "To": ", ".join(message.to),
        "Cc": ", ".join(message.cc),
        "ReplyTo": message.reply_to,
        "Subject": message.subject or "",
        "TextBody": message.body,
        "MessageStream": channel.account or "outbound",
        "Headers": [
            {"Name": name, "Value": value}
            for name, value in ({"X-PM-KeepID": "true"} | thread_fields(message.thread)).items()
        ],
        "Attachments": [
            {"Name": file.filename, "Content": file.base64, "ContentType": file.media_type}
            for file in message.attachments
        ],
    }
    headers = {"x-postmark-server-token": (channel.credential or "").strip()}
    return json_request(channel.send_url or _SEND_URL, headers, posted)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer; only an error code of 0 says that Postmark has the mail."""
    answer = decode_or(body, _ANSWER, _Answer())
    code = fit_code(answer.ErrorCode)
    if not 200 <= status < 300:
        return WORDS.refused(status, headers, None if code == "0" else code)
    if code not in (None, "0"):
        return Failed(code=code or "", reason=explain(code))
    return sent_as(answer.MessageID)


def explain(error_code: str | None) -> str:
    """Say what a code, or a kind of bounce, means."""
    return WORDS.explain(error_code)


def _in_pieces(mail: _Mail, identity: str, delivered_to: Sequence[str]) -> InboundMessage:
    fields = [(field.Name, field.Value or "") for field in mail.Headers or ()]
    given = GivenMail(
        fields=[*fields, ("Date", mail.Date or "")],
        sender=_written(mail.FromFull) or mail.From or "",
        recipients={"to": _all(mail.ToFull, mail.To), "cc": _all(mail.CcFull, mail.Cc)},
        subject=mail.Subject or "",
        text=mail.TextBody,
        html=mail.HtmlBody,
        files=tuple(file for each in mail.Attachments or () if (file := _file(each))),
    )
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def _all(mailboxes: Sequence[_Mailbox] | None, field: str | None) -> str | list[str] | None:
    return [_written(mailbox) for mailbox in mailboxes] if mailboxes else field


def _written(mailbox: _Mailbox | None) -> str:
    return named_mailbox(mailbox.Email or "", mailbox.Name or "") if mailbox else ""


def _file(file: _File) -> Attachment | None:
    return attachment_of(
        base64=file.Content if file.Content is not None else file.Data,
        content_type=file.ContentType,
        filename=file.Name,
        content_id=file.ContentID,
    )
