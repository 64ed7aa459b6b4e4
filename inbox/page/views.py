"""What the templates show, one shape per part of the page. Holds words and times, not rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from inbox.page.display_format import Face, Moment


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterView:
    label: str
    clear_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyListView:
    """Why a list is empty: `first_run`, `no_result` or `zero`."""

    kind: str
    heading: str = ""
    sentence: str = ""
    curl: str = ""
    clear_href: str = ""
    closed_href: str = ""
    next_snooze: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    view: str
    title: str
    q: str
    rows: Sequence[RowView]
    empty: EmptyListView
    count: str = ""
    filters: Sequence[FilterView] = ()
    next_href: str = ""
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLink:
    key: str
    label: str
    icon: str
    href: str
    count: str = ""
    number: int = 0
    is_loud: bool = False
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RailView:
    views: Sequence[ViewLink]
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who looks at the page; `id` is None where the key speaks for no agent."""

    id: str | None
    name: str
    initials: str
    hue: int
    can_write: bool
    can_reply: bool
    can_manage: bool
    can_operate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    word: str
    icon: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    name: str
    href: str
    size: str


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
class SnoozeChoice:
    label: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    id: str
    name: str
    subject: str | None
    address: str
    own_address: str
    channel: ChannelView
    status: str
    status_label: str
    version: int
    last_seq: int
    last_inbound_seq: int
    items: Sequence[Item]
    back_href: str
    send_key: str
    most_characters: int
    can_write: bool
    can_reply: bool
    me: Face | None = None
    assignee: Face | None = None
    agents: Sequence[Face] = ()
    tags: Sequence[str] = ()
    snoozed_until: Moment | None = None
    snoozes: Sequence[SnoozeChoice] = ()
    earlier_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    icon: str
    label: str
    address: str
    name: str = ""
    write_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherView:
    href: str
    title: str
    icon: str
    at: Moment
    status_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeHint:
    contact_id: str
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    text: str = ""
    at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    conversation_id: str
    name: str
    face: Face
    contact_id: str | None
    contact_name: str | None
    contact_version: int | None
    can_write: bool
    addresses: Sequence[AddressView]
    people: Sequence[AddressView] = ()
    merge_hint: MergeHint | None = None
    tags: Sequence[str] = ()
    others: Sequence[OtherView] = ()
    facts: Sequence[Fact] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    status: int
    code: str
    heading: str
    sentence: str
    href: str
    link: str
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    keys: Sequence[str]
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutGroup:
    title: str
    lines: Sequence[Shortcut]
