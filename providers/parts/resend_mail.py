"""The mails that Resend keeps: how one is asked for, and how what was fetched is read.

GET /emails/receiving/ID tells where the mail lies as it came (`raw.download_url`, for an hour).
Where Resend has it in pieces alone, they are kept with the list of the files and each of these.
Source: https://resend.com/docs/api-reference/emails/retrieve-received-email
Source: https://resend.com/docs/api-reference/emails/list-received-email-attachments
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote, urlsplit

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
from domain.message import Attachment, InboundMessage
from domain.mime.given import GivenMail, message_of_given
from domain.mime.message import message_of
from domain.mime.part import MAIL, parse_mail
from domain.text import clean_text
from domain.tolerant_json import decode_tolerantly

HOSTS: Final = re.compile(r"[a-z0-9-]+\.resend\.(com|app)")
# Resend does not say for how long it keeps mails; the URLs are asked for anew each time.
WITHIN: Final = timedelta(hours=24)
MAILS_URL: Final = "https://api.resend.com/emails/receiving/"

_SUCCESS = 200
_WRONG_KEY = ([400], [401], [403])  # 400 for a key that there is none of
_OUT_OF_DATE = (401, 403, 404)  # of a signed URL
_NO_KEY = fetch_failed(
    "the channel has no credential that Resend accepts: an API key with full access"
)
_NOT_READ = fetch_failed("the provider's answer could not be read")
_Headers = dict[str, str | list[str] | None]


class _Where(msgspec.Struct, gc=False):
    download_url: str | None = None


class _File(_Where, gc=False):
    filename: str | None = None
    content_type: str | None = None
    content_id: str | None = None


class _List(msgspec.Struct, gc=False):
    data: list[_File]


class _Field(msgspec.Struct, gc=False):
    name: str = ""
    value: str | None = None


class _Mail(msgspec.Struct, gc=False):
    sender: str | None = msgspec.field(name="from", default=None)
    to: list[str] | None = None
    cc: list[str] | None = None
    bcc: list[str] | None = None
    subject: str | None = None
    message_id: str | None = None
    html: str | None = None
    text: str | None = None
    headers: _Headers | list[_Field] | None = None
    raw: _Where | None = None
    attachments: list[_File] | None = None


_MAIL = msgspec.json.Decoder(_Mail)
_LIST = msgspec.json.Decoder(_List)


def next_step(identity: str, credential: str | None, answers: Sequence[FetchAnswer]) -> FetchStep:
    """Say what to ask for after these answers: the mail as it came, or else each piece of it."""
    key = (credential or "").strip()
    if not key or [answer.status for answer in answers] in _WRONG_KEY:
        return _NO_KEY  # which an operator may put right while Resend has the mail
    if answers and answers[-1].status != _SUCCESS:
        return _refused(answers)
    headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
    url = MAILS_URL + quote(identity, safe="")
    if not answers:
        return FetchRequest(url=f"{url}?html_format=cid", headers=headers)
    try:
        return _after(url, headers, answers)
    except Unreadable:
        return _NOT_READ


def read_kept(
    content: FetchedContent, identity: str, delivered_to: Sequence[str]
) -> InboundMessage:
    """Read what was fetched.

    Raises: Unreadable.
    """
    if content.content_type == MAIL:
        raw = parse_mail(content.body)
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    pieces, *kept = split_parts(content) or [b""]
    mail = decode_tolerantly(pieces, _MAIL)
    listed = decode_tolerantly(kept[0], _LIST).data if kept else []
    given = GivenMail(
        fields=_fields(mail),
        sender=mail.sender or "",
        recipients={"to": mail.to, "cc": mail.cc},
        subject=mail.subject or "",
        text=mail.text,
        html=mail.html,
        files=tuple(map(_file, listed, kept[1:])),
    )
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def _after(url: str, headers: Mapping[str, str], answers: Sequence[FetchAnswer]) -> FetchStep:
    mail = decode_tolerantly(answers[0].body, _MAIL)
    if raw := _within(mail.raw):
        if len(answers) == 1:
            return FetchRequest(url=raw, headers={})
        return FetchedContent(content_type=MAIL, body=answers[1].body)
    if mail.attachments and len(answers) == 1:
        return FetchRequest(url=f"{url}/attachments?limit=100", headers=headers)
    return _next_file(answers)


def _within(where: _Where | None) -> str | None:
    """Return a URL at a host of Resend; of a mail that lies elsewhere the pieces are fetched.

    Resend's page says only that it is signed for its content network.
    """
    url = (where and where.download_url) or ""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return url if host and HOSTS.fullmatch(host) else None


def _next_file(answers: Sequence[FetchAnswer]) -> FetchStep:
    """Ask for the files one after the other; then everything is there."""
    if len(answers) > 1:
        listed = decode_tolerantly(answers[1].body, _LIST).data
        if len(answers) - 2 < len(listed):
            return FetchRequest(url=listed[len(answers) - 2].download_url or "", headers={})
    return joined_parts([answer.body for answer in answers])


def _refused(answers: Sequence[FetchAnswer]) -> NotFetched:
    """Read an answer that is no success; a URL that is no longer good is asked for anew."""
    refused = not_fetched(answers[-1])
    if len(answers) > 1 and answers[-1].status in _OUT_OF_DATE:
        return replace(refused, error_class="fetch_failed", is_for_good=False)
    return refused


def _fields(mail: _Mail) -> list[tuple[str, str]]:
    """List the fields of the header, however Resend writes them."""
    if isinstance(mail.headers, list):
        found = [(field.name, field.value or "") for field in mail.headers]
    else:
        found = [
            (name, one)
            for name, value in (mail.headers or {}).items()
            for one in (value if isinstance(value, list) else [value or ""])
        ]
    if mail.message_id and not any(name.lower() == "message-id" for name, _ in found):
        found.append(("Message-ID", mail.message_id))
    return found


def _file(file: _File, content: bytes) -> Attachment:
    return Attachment(
        content=content,
        content_type=clean_text(file.content_type or "") or None,
        filename=clean_text(file.filename or "") or None,
        content_id=clean_text(file.content_id or "").strip("<> ") or None,
    )
