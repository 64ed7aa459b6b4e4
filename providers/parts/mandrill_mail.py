"""A mail as Mandrill takes it apart: its text, its header fields, its files.

Source: https://mandrill.zendesk.com/hc/en-us/articles/360039234813
"""

from collections.abc import Iterator, Sequence

import msgspec

from domain.message import Attachment, InboundMessage
from domain.message_parts import attachment_of, named_mailbox
from domain.mime.given import GivenMail, message_of_given


class _File(msgspec.Struct, gc=False):
    name: str | None = None
    type: str | None = None
    content: str | None = None
    base64: bool | None = None


# What is empty is written as an empty array, also where it is an object otherwise.
_Files = dict[str, _File] | list[_File] | None
_Named = list[list[str | None]] | None


class Mail(msgspec.Struct, gc=False):
    """What `msg` has, of a mail that came in and of one that was sent."""

    id: str | None = msgspec.field(name="_id", default=None)
    raw_msg: str | None = None
    headers: dict[str, str | list[str]] | list[object] | None = None
    text: str | None = None
    html: str | None = None
    from_email: str | None = None
    from_name: str | None = None
    to: _Named = None
    cc: _Named = None
    email: str | None = None
    subject: str | None = None
    attachments: _Files = None
    images: _Files = None
    bounce_description: str | None = None


def message_in_pieces(mail: Mail, identity: str, delivered_to: Sequence[str]) -> InboundMessage:
    """Make the message. Raises: Unreadable."""
    given = GivenMail(
        fields=list(_fields(mail)),
        sender=named_mailbox(mail.from_email or "", mail.from_name or ""),
        recipients={"to": _mailboxes(mail.to), "cc": _mailboxes(mail.cc)},
        subject=mail.subject or "",
        text=mail.text,
        html=mail.html,
        files=tuple(file for each in _files_of(mail) if (file := _file(each))),
    )
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def _fields(mail: Mail) -> Iterator[tuple[str, str]]:
    headers = mail.headers if isinstance(mail.headers, dict) else {}
    for name, value in headers.items():
        for each in (value,) if isinstance(value, str) else value:
            yield name, each


def _mailboxes(named: _Named) -> list[str]:
    pairs = ((*each, None, None)[:2] for each in named or ())
    return [named_mailbox(address or "", name or "") for address, name in pairs]


def _files_of(mail: Mail) -> Iterator[_File]:
    for files in (mail.attachments, mail.images):
        yield from files.values() if isinstance(files, dict) else files or ()


def _file(file: _File) -> Attachment | None:
    if file.base64 is False:  # a text, as it is
        content = (file.content or "").encode("utf-8", "replace")
        return Attachment(content=content, content_type=file.type, filename=file.name)
    return attachment_of(base64=file.content, content_type=file.type, filename=file.name)
