"""A mail as Mailgun posts it: a form in pieces, or whole, with its files or where these are stored.

What a route stores is posted with `message-url` and, as `attachments`, the places of the files.
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import msgspec

from domain.errors import Unreadable
from domain.event import FetchedContent
from domain.message import Attachment, FetchNeeded, InboundMessage, RecipientRole
from domain.message_parts import attachment_of, first_id, own_among
from domain.mime.given import GivenMail, message_of_given
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.posted_mail import PostedMail, read_posted_mail
from domain.tolerant_json import decode_or
from providers.parts.mailgun_event import Signature
from providers.parts.mailgun_stored import is_stored_mail, mime_in

_SIGNATURE = ("timestamp", "token", "signature")
_PIECES = (
    "recipient", "from", "subject", "body-plain", "body-html", "body-mime", "message-headers",
    "content-id-map", "attachments", "message-url", "event",
)  # fmt: skip
_FILES = re.compile(r"attachment-[0-9]{1,4}")


class _Stored(msgspec.Struct, gc=False):
    url: str | None = None
    name: str | None = None
    size: object = None
    content_type: str | None = msgspec.field(name="content-type", default=None)


_FIELDS = msgspec.json.Decoder(list[tuple[str, str]])
_STORED = msgspec.json.Decoder(list[_Stored])
_CONTENT_ID = re.compile(r'"((?:[^"\\]|\\.)*+)"\s*:\s*"(attachment-[0-9]{1,4})"')


@lru_cache(maxsize=1)  # one delivery is first verified, then split
def signature_in(body: bytes, content_type: str) -> Signature:
    """Read what a form is signed with.

    Raises: Unreadable.
    """
    form = read_posted_mail(body, content_type, _SIGNATURE, _FILES)
    return Signature(*map(form.text, _SIGNATURE))


def read_mail(
    body: bytes,
    content_type: str,
    fetched: FetchedContent | None,
    own_addresses: Collection[str],
) -> InboundMessage | FetchNeeded:
    """Read a mail, once it is there with its files.

    Raises: Unreadable.
    """
    form = _form(body, content_type)
    identity = first_id((form.text("token"),), "token")
    delivered_to = own_among([form.text("recipient")], own_addresses)
    if mime := form.fields.get("body-mime") or mime_in(fetched):
        raw = parse_mail(mime)
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    if form.text("event"):
        raise Unreadable("an event must be of content type JSON: older webhooks are not read")
    if fetched is None and _stored_url(form):
        return FetchNeeded()
    return _in_pieces(form, identity, delivered_to)


def stored_url(body: bytes, content_type: str) -> str | None:
    """Say where the mail lies whose files are not in the form; None where nothing is missing.

    Raises: Unreadable.
    """
    return _stored_url(_form(body, content_type))


def _form(body: bytes, content_type: str) -> PostedMail:
    return read_posted_mail(body, content_type, (*_SIGNATURE, *_PIECES), _FILES)


def _stored_url(form: PostedMail) -> str | None:
    url = form.text("message-url").strip()
    return url if _stored(form) and is_stored_mail(url) else None


def _in_pieces(form: PostedMail, identity: str, delivered_to: Sequence[str]) -> InboundMessage:
    fields = decode_or(form.fields.get("message-headers", b""), _FIELDS, [])
    roles: tuple[RecipientRole, ...] = ("to", "cc", "bcc")
    given = GivenMail(
        fields=fields,
        sender=form.text("from"),
        recipients={
            role: [value for name, value in fields if name.lower() == role] for role in roles
        },
        subject=form.text("subject"),
        text=form.text("body-plain"),
        html=form.text("body-html"),
        files=tuple(_files(form)),
    )
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def _files(form: PostedMail) -> list[Attachment]:
    """Return the files; of those that are stored it is only known where they are."""
    ids = {name: written for written, name in _CONTENT_ID.findall(form.text("content-id-map"))}
    posted = [
        Attachment(
            content=part.content,
            content_type=part.content_type or None,
            filename=part.filename or None,
            content_id=ids.get(part.name, "").strip("<> ") or None,
        )
        for part in form.files
    ]
    kept = (
        attachment_of(
            url=file.url, filename=file.name, content_type=file.content_type, size=file.size
        )
        for file in _stored(form)
    )
    return posted + [file for file in kept if file]


def _stored(form: PostedMail) -> Sequence[_Stored]:
    return decode_or(form.fields.get("attachments", b""), _STORED, [])
