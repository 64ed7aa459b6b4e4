"""Mails of about 20 KB, with HTML and a small file, as Postmark and as Mailgun post them.

Source: https://postmarkapp.com/developer/webhooks/inbound-webhook
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/
"""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from random import Random
from typing import Final, Literal

import msgspec

from bench.messages import SUBJECT, TEXT, Letter, address_of
from domain.basic_auth import basic_credentials
from domain.message import Attachment
from simulation.multipart import PostedFile, write_multipart

MailForm = Literal["postmark", "mailgun"]
SECRET: Final = "a-secret-of-the-benchmarks"  # noqa: S105  # the password of URLs, and a signing key

_OWN_ADDRESS = "desk@example.com"
_TEXT: Final = f"{TEXT} is mine. " * 20
_HTML: Final = f"<p>{TEXT} is <b>mine</b>.</p>\n" * 30
_FILE: Final = Attachment(
    content=Random(20).randbytes(7_700), content_type="image/png", filename="label.png"
)
_ENCODED: Final = b64encode(_FILE.content or b"").decode()
_WRITERS = 5_000
_TOKEN_BYTES = 25


def mail_requests(
    form: MailForm, count: int, rng: Random, now: datetime
) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Write the headers and the body of distinct mails; both forms show the password of the URL."""
    credentials = {"Authorization": basic_credentials("inlet", SECRET)}
    for number in range(count):
        letter = Letter(
            message_id=rng.randbytes(_TOKEN_BYTES).hex(),
            writer=rng.randrange(_WRITERS),
            number=number,
            sent_at=now,
        )
        if form == "postmark":
            yield credentials, postmark_mail(letter)
        else:
            content_type, body = mailgun_mail(letter)
            yield {**credentials, "Content-Type": content_type}, body


def postmark_mail(letter: Letter) -> bytes:
    """Write a mail as Postmark posts it, in pieces."""
    sender = _full(address_of(letter.writer), f"Person {letter.writer}")
    fields = {
        "FromName": sender["Name"],
        "MessageStream": "inbound",
        "From": sender["Email"],
        "FromFull": sender,
        "To": _OWN_ADDRESS,
        "ToFull": [_full(_OWN_ADDRESS, "")],
        "CcFull": [_full(address_of(other), "") for other in letter.others],
        "BccFull": [],
        "OriginalRecipient": _OWN_ADDRESS,
        "Subject": SUBJECT,
        "MessageID": letter.message_id,
        "ReplyTo": "",
        "MailboxHash": "",
        "Date": format_datetime(letter.sent_at),
        "TextBody": letter.text + _TEXT,
        "HtmlBody": f"<p>{letter.text}</p>\n{_HTML}",
        "StrippedTextReply": "",
        "Tag": "",
        "Headers": [
            {"Name": "Return-Path", "Value": f"<{address_of(letter.writer)}>"},
            *({"Name": name, "Value": value} for name, value in _thread(letter).items()),
        ],
        "Attachments": [
            {
                "Name": _FILE.filename,
                "Content": _ENCODED,
                "ContentType": _FILE.content_type,
                "ContentLength": len(_FILE.content or b""),
                "ContentID": "",
            }
        ],
    }
    return msgspec.json.encode(fields)


def mailgun_mail(letter: Letter) -> tuple[str, bytes]:
    """Write content type and body of a mail as a route of Mailgun forwards it, in pieces."""
    sender = f"Person {letter.writer} <{address_of(letter.writer)}>"
    timestamp = str(int(letter.sent_at.timestamp()))
    signed = f"{timestamp}{letter.message_id}".encode()
    headers = {
        "From": sender,
        "To": _OWN_ADDRESS,
        "Subject": SUBJECT,
        "Date": format_datetime(letter.sent_at),
        **_thread(letter),
    }
    fields = {
        "recipient": _OWN_ADDRESS,
        "sender": address_of(letter.writer),
        "from": sender,
        "subject": SUBJECT,
        "message-headers": msgspec.json.encode(list(headers.items())),
        "body-plain": letter.text + _TEXT,
        "body-html": f"<p>{letter.text}</p>\n{_HTML}",
        "stripped-text": letter.text + _TEXT,
        "attachment-count": "1",
        "timestamp": timestamp,
        "token": letter.message_id,
        "signature": hmac.digest(SECRET.encode(), signed, "sha256").hex(),
    }
    return write_multipart(fields, [PostedFile(name="attachment-1", file=_FILE)])


def _full(address: str, name: str) -> dict[str, str]:
    return {"Email": address, "Name": name, "MailboxHash": ""}


def _thread(letter: Letter) -> dict[str, str]:
    fields = {"Message-ID": f"<{letter.message_id}@example.org>"}
    if letter.earlier:
        earlier = [f"<{message_id}@example.org>" for message_id in letter.earlier]
        fields |= {"In-Reply-To": earlier[-1], "References": " ".join(earlier)}
    return fields
