"""A conversation in the order of time: messages, notes, and what was done, with days between.

Pure: the rows come from the store, and somebody else reads them.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from markupsafe import Markup

from domain.message import MailClass
from inbox.conversations.file_view import FileView, rev_of, show_file
from inbox.conversations.history import describe, icon_of
from inbox.conversations.shape_view import QuoteView, ShapeView, quote_view, shape_view
from inbox.conversations.text_html import ShownText, link_up
from inbox.page.display_format import Clock, Face, Moment, face
from store.audit import StoredEntry
from store.message_listing import (
    ListedAttachment,
    ListedMessage,
    ListedRecipient,
    QuotedMessage,
)  # fmt: skip
from store.notes import StoredNote

UNDO_SECONDS = 8  # how long what the page sent can be taken back for sure
_UNDO_WINDOW = timedelta(seconds=UNDO_SECONDS)
_JOINED_WITHIN = timedelta(minutes=5)
_ANSWER = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg|antw|sv|vs|tr|rif|odp)\s*:)+", re.IGNORECASE)
_SHORT_MAIL, _TALL_MAIL = 600, 6_000

_DELIVERY: Mapping[str, tuple[str, str]] = {
    "queued": ("On its way", "clock"),
    "unknown": ("May not have arrived", "circle-question-mark"),
    "sent": ("Sent", "check"),
    "delivered": ("Delivered", "check-check"),
    "read": ("Read", "check-check"),
    "failed": ("Not delivered", "circle-alert"),
    "canceled": ("Taken back", "ban"),
}
_ORIGIN: Mapping[MailClass, str] = {
    "auto_reply": "Automatic",
    "out_of_office": "Out of office",
    "list": "Mailing list",
    "bulk": "Bulk mail",
    "bounce": "Not delivered",
    "complaint": "Complaint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    word: str
    icon: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    key: str
    sort: str
    rev: str
    id: str
    seq: int
    direction: str
    status: str
    author: str
    label: str
    face: Face
    at: Moment
    text: Markup | str
    quoted: Markup | str = ""
    subject: str | None = None
    is_mail: bool = False
    is_joined: bool = False
    from_address: str = ""
    to: str = ""
    html_href: str = ""
    images_href: str = ""
    has_remote_images: bool = False
    lines: str = ""
    attachments: Sequence[FileView] = ()
    delivery: DeliveryView | None = None
    can_cancel: bool = False
    can_retry: bool = False
    retry_word: str = "Try again"
    origin: str = ""
    is_automatic: bool = False
    may_opt_out: bool = False
    shape: ShapeView | None = None
    quote: QuoteView | None = None
    kind: str = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteItem:
    key: str
    sort: str
    rev: str
    author: str
    at: Moment
    text: Markup | str
    kind: str = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLine:
    icon: str
    text: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemItem:
    key: str
    sort: str
    rev: str
    lines: Sequence[SystemLine]
    kind: str = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayItem:
    key: str
    sort: str
    label: str
    kind: str = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadItem:
    sort: str
    key: str = "unread"
    kind: str = "unread"


Item = MessageItem | NoteItem | SystemItem | DayItem | UnreadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened in a conversation.

    `people` are names by address, `agents` names by id, `with_images` ids of messages that have
    remote images. `quoted` is what messages quote, by their id. `last_read_seq` is None where no
    line is wanted. `link` is the query that links carry on.
    """

    messages: Sequence[ListedMessage]
    recipients: Mapping[str, Sequence[ListedRecipient]]
    attachments: Mapping[str, Sequence[ListedAttachment]]
    quoted: Mapping[str, QuotedMessage]
    with_images: Container[str]
    notes: Sequence[StoredNote]
    history: Sequence[StoredEntry]
    people: Mapping[str, str]
    agents: Mapping[str, str]
    own_name: str
    subject: str | None
    last_read_seq: int | None
    can_write: bool
    link: str


def texts_of(story: Story) -> tuple[tuple[str, bool], ...]:
    """List the texts of the messages, each with whether it may end with older mails."""
    return tuple(
        (message.body, message.kind == "email" and message.body_format != "html")
        for message in story.messages
    )


def tell(story: Story, texts: Sequence[ShownText], clock: Clock) -> list[Item]:
    """Put everything in order; the unread line stands before the first unread inbound message.

    `texts` are those of the messages.
    """
    items: list[Item] = [
        *(
            _message(message, text, story, clock)
            for message, text in zip(story.messages, texts, strict=True)
        ),
        *(_note(note, clock) for note in story.notes),
        *_system(story, clock),
    ]
    items.sort(key=lambda item: item.sort)
    return _with_lines(_joined(_grouped(items)), story.last_read_seq)


def _message(message: ListedMessage, text: ShownText, story: Story, clock: Clock) -> MessageItem:
    at = clock.moment(message.sent_at)
    is_mail = message.kind == "email"
    is_html = message.body_format == "html"
    files = story.attachments.get(message.id, ())
    shown = [show_file(file, shows_pictures=not is_mail) for file in files]
    author = _author(message, story)
    href = f"/inbox/m/{message.id}/html" if is_html else ""
    can_undo = message.status == "queued" and clock.now - message.sent_at < _UNDO_WINDOW
    can_act = story.can_write and message.direction == "outbound"
    return MessageItem(
        key=f"m-{message.id}",
        sort=f"{at.sort} {message.id}",
        rev=f"{message.status} {message.failure or ''} {can_undo} {rev_of(shown)}"
        f" {message.may_opt_out}",
        id=message.id,
        seq=message.seq,
        direction=message.direction,
        status=message.status,
        author=author,
        label=f"{author}, {at.day} {at.clock}",
        face=face(author, salt=message.from_contact_id or author),
        at=at,
        text=text.written,
        quoted=text.quoted,
        subject=_own_subject(message.subject, story.subject) if is_mail else None,
        is_mail=is_mail,
        origin=_ORIGIN.get(message.mail_class or "human", ""),
        shape=shape_view(message),
        quote=_quote(message, story),
        is_automatic=message.is_automatic,
        may_opt_out=message.may_opt_out,
        from_address=message.from_address,
        to=", ".join(recipient.address for recipient in story.recipients.get(message.id, ())),
        html_href=href,
        images_href=f"{href}?images=1" if href else "",
        has_remote_images=message.id in story.with_images,
        lines=_height(message.body_bytes, files) if is_html else "",
        attachments=shown,
        delivery=_delivery(message) if message.direction == "outbound" else None,
        can_cancel=can_act and can_undo,
        can_retry=can_act and message.status in ("failed", "unknown"),
        retry_word="Send again" if message.status == "unknown" else "Try again",
    )


def _quote(message: ListedMessage, story: Story) -> QuoteView | None:
    quoted = story.quoted.get(message.id)
    if quoted is None:
        return None
    on_page = {shown.id for shown in story.messages}
    return quote_view(quoted, message.conversation_id, story.link, on_page)


def _own_subject(subject: str | None, of_conversation: str | None) -> str | None:
    """Show a subject only where it is another than that above the thread."""
    if subject is None or _topic(subject) == _topic(of_conversation or ""):
        return None
    return subject


def _topic(subject: str) -> str:
    return _ANSWER.sub("", subject).strip().casefold()


def _author(message: ListedMessage, story: Story) -> str:
    if message.direction == "outbound":
        return message.agent_name or story.own_name
    address = message.from_address
    return story.people.get(address) or message.from_name or address


def _delivery(message: ListedMessage) -> DeliveryView:
    word, icon = _DELIVERY.get(message.status, (message.status, "circle-dot"))
    return DeliveryView(word=word, icon=icon, reason=message.failure or "")


def _height(html_bytes: int, files: Sequence[ListedAttachment]) -> str:
    if html_bytes < _SHORT_MAIL and not any(file.content_id for file in files):
        return "short"
    return "tall" if html_bytes > _TALL_MAIL else "middle"


def _note(note: StoredNote, clock: Clock) -> NoteItem:
    at = clock.moment(note.created_at)
    return NoteItem(
        key=f"n-{note.id}",
        sort=f"{at.sort} {note.id}",
        rev="1",
        author=note.agent_name or "A program",
        at=at,
        text=link_up(note.text),
    )


def _system(story: Story, clock: Clock) -> Iterable[SystemItem]:
    for entry in story.history:
        text = describe(entry, story.agents, clock)
        if text is None:
            continue
        at = clock.moment(entry.at)
        line = SystemLine(icon=icon_of(entry.action), text=text, at=at)
        yield SystemItem(key=f"s-{entry.id}", sort=f"{at.sort} {entry.id}", rev="1", lines=[line])


def _grouped(items: Sequence[Item]) -> list[Item]:
    """Fold what was done in a row, on one day, into one."""
    found: list[Item] = []
    for is_system, group in groupby(items, key=lambda item: isinstance(item, SystemItem)):
        if not is_system:
            found += group
            continue
        for _, of_day in groupby(group, key=lambda item: _day_of(item)):
            folded = [item for item in of_day if isinstance(item, SystemItem)]
            lines = [line for item in folded for line in item.lines]
            found.append(replace(folded[0], lines=lines, rev=str(len(lines))))
    return found


def _joined(items: Sequence[Item]) -> list[Item]:
    """Leave out the head of a text that follows another of the same person at once."""
    found: list[Item] = []
    for item in items:
        before = found[-1] if found else None
        if isinstance(item, MessageItem) and isinstance(before, MessageItem):
            is_same = before.author == item.author and before.direction == item.direction
            is_soon = item.at.at - before.at.at < _JOINED_WITHIN
            has_head = item.is_mail or (before.shape is not None and before.shape.deed != "")
            if is_same and is_soon and not has_head and _day_of(before) == _day_of(item):
                item = replace(item, is_joined=True)
        found.append(item)
    return found


def _with_lines(items: Sequence[Item], last_read_seq: int | None) -> list[Item]:
    found: list[Item] = []
    day = ""
    is_marked = last_read_seq is None
    for item in items:
        today = _day_of(item)
        if today != day:
            day = today
            found.append(DayItem(key=f"d-{_date_of(item)}", sort=f"{item.sort[:26]} ", label=day))
        if not is_marked and _is_unread(item, last_read_seq or 0):
            is_marked = True
            if len(found) > 1:
                found.append(UnreadItem(sort=item.sort))
        found.append(item)
    return found


def _is_unread(item: Item, last_read_seq: int) -> bool:
    return (
        isinstance(item, MessageItem)
        and item.direction == "inbound"
        and not item.is_automatic
        and item.seq > last_read_seq
    )


def _at(item: Item) -> Moment:
    if isinstance(item, SystemItem):
        return item.lines[0].at
    if isinstance(item, MessageItem | NoteItem):
        return item.at
    raise TypeError("days and lines are put in last")


def _day_of(item: Item) -> str:
    return _at(item).day


def _date_of(item: Item) -> str:
    return _at(item).date
