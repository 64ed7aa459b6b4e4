"""What two readers found in a mail, in one form, so that they can be compared."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from mail_posts import OWN, Post, channel_of

from domain.errors import Unreadable
from domain.mailbox import parse_mailbox, split_mailboxes
from domain.media_type import media_type
from domain.message import FetchNeeded, InboundMessage
from domain.provider import ReadingContext
from providers import FETCHERS, REGISTRY
from tests.unit.samples import claimed, fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    content_type: str
    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`copied` are those whom the envelope or a field for blind copies names; `raised` is what
    came instead of all the rest.
    """

    sender: tuple[Name, ...] = ()
    to: tuple[Name, ...] = ()
    cc: tuple[Name, ...] = ()
    copied: frozenset[str] = frozenset()
    subject: str = ""
    html: str = ""
    text: str = ""
    sent_at: datetime | None = None
    files: tuple[File, ...] = ()
    raised: str = ""


def read_by_inlet(post: Post) -> Found:
    """Take a post through the adapter, with what its provider keeps."""
    provider, delivery, at = REGISTRY[post.provider], post.delivery, channel_of(post.provider)
    context = ReadingContext(kind="email", own_address=OWN[0], own_addresses=OWN)
    try:
        (event,) = provider.split(delivery, "email")
        known = claimed(event, post.provider, delivery.content_type)
        reading = provider.read(known, context)
        if isinstance(reading, FetchNeeded):
            content = fetched(FETCHERS[post.provider], known, at, post.kept)
            reading = provider.read(replace(known, fetched=content), context)
    except Unreadable as error:
        return Found(raised=error.code)
    assert isinstance(reading, InboundMessage)
    return _found(reading)


def differences(ours: Found, theirs: Found) -> dict[str, tuple[object, object]]:
    """Name the fields that differ, but for line ends and what is blank at the ends of a text.

    Inlet shows one text, so that theirs counts only where there is no HTML. Of blind copies those
    count that are ours, and that no field names.
    """
    if ours.raised or theirs.raised:
        same = bool(ours.raised) == bool(theirs.raised)
        return {} if same else {"raised": (ours.raised, theirs.raised)}
    if theirs.html:
        theirs = replace(theirs, text="")
    found = (_comparable(ours), _comparable(theirs))
    return {
        field.name: (one, other)
        for field in fields(Found)
        if (one := getattr(found[0], field.name)) != (other := getattr(found[1], field.name))
    }


def _comparable(found: Found) -> Found:
    named = {person.address for person in (*found.to, *found.cc)}
    return replace(
        found,
        copied=found.copied & frozenset(OWN) - named,
        html=_lines(found.html),
        text=_lines(found.text),
        sent_at=_utc(found.sent_at) if found.sent_at else None,
    )


def _utc(moment: datetime) -> datetime:
    """Tell a time in UTC, where there is one; without a zone it is."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return moment


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _found(message: InboundMessage) -> Found:
    by_role: dict[str, list[str]] = {}
    for recipient in message.recipients:
        by_role.setdefault(recipient.role, []).append(recipient.address)
    is_html = message.body_format == "html"
    return Found(
        sender=tuple(map(_name, split_mailboxes(message.sender))),
        to=tuple(map(_name, by_role.get("to", []))),
        cc=tuple(map(_name, by_role.get("cc", []))),
        copied=frozenset(_name(address).address for address in by_role.get("bcc", [])),
        subject=message.subject or "",
        html=message.body if is_html else "",
        text="" if is_html else message.body,
        sent_at=message.sent_at,
        files=tuple(
            File(
                name=file.filename or "",
                content_type=media_type(file.content_type or ""),
                content=file.content or b"",
                content_id=file.content_id or "",
            )
            for file in message.attachments
        ),
    )


def _name(written: str) -> Name:
    mailbox = parse_mailbox(written)
    return Name(name=mailbox.name or "", address=mailbox.address)
