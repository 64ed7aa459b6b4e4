"""Rows of the list out of conversations as the store reads them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from domain.whatsapp import kind_to
from inbox.page.display_format import Clock, Face, Moment, face
from store.conversation_rows import MOST_UNREAD, ListedConversation, ListedParticipant


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    kind: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetPart:
    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One conversation in the list. `rev` changes whenever its markup would."""

    id: str
    href: str
    name: str
    face: Face
    channel: ChannelView
    subject: str | None
    preview: str
    is_outbound: bool
    at: Moment
    version: int
    last_seq: int
    rev: str
    status: str
    is_current: bool = False
    is_failed: bool = False
    has_attachments: bool = False
    unread: bool = False
    unread_count: str = ""
    assignee: Face | None = None
    tags: Sequence[str] = ()
    waiting: Moment | None = None
    waiting_long: bool = False
    snoozed_until: Moment | None = None
    status_note: str = ""
    snippet: Sequence[SnippetPart] = ()


CHANNELS: Mapping[str, ChannelView] = {
    "sms": ChannelView(kind="sms", label="SMS", icon="message-square"),
    "whatsapp": ChannelView(kind="whatsapp", label="WhatsApp", icon="message-square"),
    "email": ChannelView(kind="email", label="Email", icon="mail"),
}
STATUS_LABELS = {
    "open": "Open",
    "pending": "Pending",
    "snoozed": "Snoozed",
    "closed": "Closed",
    "spam": "Spam",
}
_LONG_WAIT = timedelta(hours=2)
_MOST_NAMES = 3
_FAILED = frozenset({"failed", "unknown"})
_AT_WORK = frozenset({"open", "pending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A conversation with its people, and what a search found in it."""

    row: ListedConversation
    people: Sequence[ListedParticipant]
    snippet: Sequence[SnippetPart] = ()

    @property
    def others(self) -> list[ListedParticipant]:
        return [person for person in self.people if person.role == "other"]

    @property
    def channel(self) -> ChannelView:
        """Show by what an answer goes: WhatsApp is no kind of channel, but of address."""
        return CHANNELS[kind_to([other.address for other in self.others], self.row.channel_kind)]

    @property
    def needs_reply(self) -> bool:
        return self.row.waiting_since is not None and self.row.status in _AT_WORK

    @property
    def name(self) -> str:
        """Name it by its people: their contacts' names, or else their addresses."""
        names = list(dict.fromkeys(other.contact_name or other.address for other in self.others))
        if not names:
            return self.row.own_address
        rest = len(names) - _MOST_NAMES
        return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")

    @property
    def salt(self) -> str:
        """Return what gives a person one colour in every conversation."""
        first = next(iter(self.others), None)
        return (first.contact_id or first.address) if first else self.row.id


def show_row(shown: Shown, clock: Clock, *, query: str, open_id: str | None, view: str) -> RowView:
    """Show a conversation as a row; `query` is what its link carries on."""
    row = shown.row
    waiting = row.waiting_since if shown.needs_reply else None
    return RowView(
        id=row.id,
        href=href_of(row.id, query),
        name=shown.name,
        face=face(shown.name, salt=shown.salt),
        channel=shown.channel,
        subject=row.subject,
        preview=row.last_message_preview,
        is_outbound=row.last_message_direction == "outbound",
        is_failed=row.last_message_status in _FAILED,
        has_attachments=row.last_message_has_attachments,
        at=clock.moment(row.last_activity_at),
        version=row.version,
        last_seq=row.last_seq,
        rev=_rev(shown),
        status=row.status,
        is_current=row.id == open_id,
        unread=bool(row.unread),
        unread_count=_unread_count(row),
        assignee=face(row.assignee_name, row.assignee_id) if row.assignee_name else None,
        tags=row.tags,
        waiting=clock.moment(waiting) if waiting else None,
        waiting_long=waiting is not None and clock.now - waiting > _LONG_WAIT,
        snoozed_until=clock.moment(row.snoozed_until) if row.snoozed_until else None,
        status_note=_status_note(row.status, view),
        snippet=shown.snippet,
    )


def href_of(conversation_id: str, query: str) -> str:
    return f"/inbox/c/{conversation_id}" + (f"?{query}" if query else "")


def snippet_parts(snippet: str, highlights: Sequence[tuple[int, int]]) -> list[SnippetPart]:
    """Cut a snippet at the borders of what was found; places count code points."""
    parts: list[SnippetPart] = []
    done = 0
    for start, end in highlights:
        parts.append(SnippetPart(text=snippet[done:start], is_hit=False))
        parts.append(SnippetPart(text=snippet[start:end], is_hit=True))
        done = end
    parts.append(SnippetPart(text=snippet[done:], is_hit=False))
    return [part for part in parts if part.text]


def _unread_count(row: ListedConversation) -> str:
    if not row.unread or not row.unread_count:
        return ""
    return f"{MOST_UNREAD}+" if row.unread_count > MOST_UNREAD else str(row.unread_count)


def _status_note(status: str, view: str) -> str:
    """Name the status where the view does not imply it."""
    return "" if status in ("open", "snoozed", view) else STATUS_LABELS[status]


def _rev(shown: Shown) -> str:
    """Hash what a row shows: its version says nothing of what one agent has read."""
    written = repr((shown.row, shown.people))
    return blake2b(written.encode("utf-8", "replace"), digest_size=6).hexdigest()
