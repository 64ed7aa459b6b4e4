"""A mail as Brevo takes it apart, and the files of it that Brevo keeps.

Brevo's page has `ContentId`, and `Recipients` whom it was sent to, as mailboxes; what is posted has
`ContentID`, and whom it was sent to as `Bcc` in `Headers`. A field that comes more than once there
is a list. The answer to who asks for a file names its charset, which the mail does not.
Source: https://developers.brevo.com/docs/inbound-parse-webhooks
Source: https://developers.brevo.com/reference/get-inbound-email-attachment
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import msgspec

from domain.errors import Unreadable
from domain.event import FetchedContent
from domain.fetched_parts import joined_parts, split_parts
from domain.fetching_provider import (
    FetchAnswer,
    FetchRequest,
    FetchStep,
    NotFetched,
    fetch_failed,
    not_fetched,
)
from domain.message import Attachment, FetchNeeded, InboundMessage
from domain.message_parts import named_mailbox, own_among
from domain.mime.given import GivenMail, message_of_given
from domain.provider import ReadingContext
from domain.text import clean_text
from domain.tolerant_json import decode_tolerantly
from providers.parts.brevo_words import with_retry_after

HOSTS: Final = re.compile(r"api\.brevo\.com")
WITHIN: Final = timedelta(hours=24)  # Brevo does not say for how long it keeps files
FILES_URL: Final = "https://api.brevo.com/v3/inbound/attachments/"

_MOST_FILES = 100
_SUCCESS = 200
_WRONG_KEY = (401, 403)
_UNTOLD_TYPE = "application/octet-stream"
_NO_KEY = fetch_failed("the channel has no credential that Brevo accepts: an API key")
_TOO_MANY = NotFetched(
    error_class="fetch_too_large",
    detail="the mail has more files than are fetched",
    is_for_good=True,
)


class _Mailbox(msgspec.Struct, gc=False):
    Name: str | None = None
    Address: str | None = None


_Mailboxes = list[_Mailbox | str | None] | None
_Value = str | int | float | list[str | int | float | None] | None


class _File(msgspec.Struct, gc=False):
    Name: str | None = None
    ContentType: str | None = None
    ContentID: str | None = None
    ContentId: str | None = None
    DownloadToken: str | None = None


class _Mail(msgspec.Struct, gc=False):
    MessageId: str | None = None
    InReplyTo: str | None = None
    From: _Mailbox | str | None = None
    To: _Mailboxes = None
    Cc: _Mailboxes = None
    Bcc: _Mailboxes = None
    Recipients: _Mailboxes = None
    SentAtDate: str | None = None
    Subject: str | None = None
    RawTextBody: str | None = None
    RawHtmlBody: str | None = None
    Headers: dict[str, _Value] | list[object] | str | None = None
    Attachments: list[_File | None] | None = None


_MAIL = msgspec.json.Decoder(_Mail)


def read_mail(
    body: bytes, fetched: FetchedContent | None, identity: str, context: ReadingContext
) -> InboundMessage | FetchNeeded:
    """Read a mail, once its files are there.

    Raises: Unreadable.
    """
    mail = decode_tolerantly(body, _MAIL)
    kept = _kept(mail)
    if kept and fetched is None:
        return FetchNeeded()
    parts = split_parts(fetched) if kept and fetched else []
    if len(parts) != 2 * len(kept):
        raise Unreadable("what was fetched is not the type and the bytes of each file")
    fields = list(_fields(mail))
    given = GivenMail(
        fields=fields,
        sender=_written(mail.From) or "".join(_named(fields, "from")[:1]),
        recipients={
            "to": _all(mail.To) or _named(fields, "to"),
            "cc": _all(mail.Cc) or _named(fields, "cc"),
        },
        subject=mail.Subject or "",
        text=mail.RawTextBody,
        html=mail.RawHtmlBody,
        files=tuple(map(_file, kept, parts[::2], parts[1::2])),
    )
    envelope = [
        *(*_all(mail.Recipients), *_all(mail.Bcc)),
        *(*_named(fields, "delivered-to"), *_named(fields, "bcc")),
    ]
    delivered_to = own_among(envelope, context.own_addresses)
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def next_step(body: bytes, credential: str | None, answers: Sequence[FetchAnswer]) -> FetchStep:
    """Say which file to ask for after these answers, or what has come of them.

    Raises: Unreadable.
    """
    kept, key = _kept(decode_tolerantly(body, _MAIL)), (credential or "").strip()
    last = answers[-1] if answers else None
    if not key or (last and last.status in _WRONG_KEY):
        return _NO_KEY  # which an operator may put right while Brevo has the files
    if last and last.status != _SUCCESS:
        return not_fetched(replace(last, headers=with_retry_after(last.headers)))
    if len(kept) > _MOST_FILES:
        return _TOO_MANY
    if len(answers) < len(kept):
        token = clean_text(kept[len(answers)].DownloadToken or "").strip()
        return FetchRequest(url=FILES_URL + quote(token, safe=""), headers={"api-key": key})
    return joined_parts([part for answer in answers for part in (_told_type(answer), answer.body)])


def _kept(mail: _Mail) -> list[_File]:
    """List the files that can be asked for."""
    files = [file for file in mail.Attachments or () if file]
    return [file for file in files if clean_text(file.DownloadToken or "").strip()]


def _told_type(answer: FetchAnswer) -> bytes:
    return answer.headers.get("content-type", "").encode("utf-8", "replace")


def _file(file: _File, told: bytes, content: bytes) -> Attachment:
    return Attachment(
        content=content,
        content_type=clean_text(_type_of(file, told.decode("utf-8", "replace").strip())) or None,
        filename=clean_text(file.Name or "") or None,
        content_id=clean_text(file.ContentID or file.ContentId or "").strip("<> ") or None,
    )


def _type_of(file: _File, told: str) -> str:
    """Return the type that came with the file, which names the charset, unless it says nothing."""
    says_nothing = not told or told.lower().startswith(_UNTOLD_TYPE)
    return (file.ContentType or told) if says_nothing else told


def _fields(mail: _Mail) -> Iterator[tuple[str, str]]:
    """List the fields of the header, and those that are given beside it."""
    headers = mail.Headers if isinstance(mail.Headers, dict) else {}
    for name, value in headers.items():
        for each in value if isinstance(value, list) else (value,):
            yield name, "" if each is None else str(each)
    yield "Message-ID", mail.MessageId or ""
    yield "In-Reply-To", mail.InReplyTo or ""
    yield "Date", mail.SentAtDate or ""


def _named(fields: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in fields if name.strip().lower() == wanted]


def _all(mailboxes: _Mailboxes) -> list[str]:
    return [written for mailbox in mailboxes or () if (written := _written(mailbox))]


def _written(mailbox: _Mailbox | str | None) -> str:
    if isinstance(mailbox, str) or mailbox is None:
        return mailbox or ""
    return named_mailbox(mailbox.Address or "", mailbox.Name or "")
