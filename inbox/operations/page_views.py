"""What the templates have in common: the frame, filters, pages of a list, words in colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from inbox.operations.page_format import Instant

Tone = Literal["ok", "warn", "fail", "idle", "busy", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A way to go in the rail."""

    label: str
    href: str
    icon: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at the page. `can_read`: they may go to the inbox too."""

    name: str
    initials: str
    hue: int
    can_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds every page."""

    me: Visitor
    csrf: str
    places: Sequence[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A word in a colour."""

    word: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the page has to say above its contents."""

    text: str
    tone: Tone = "plain"
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """Why there is nothing, and where to go from there."""

    icon: str
    heading: str
    sentence: str
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Where a list goes on; empty where it does not."""

    first_href: str = ""
    next_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One filter; with `choices` (value and word) it is a menu."""

    name: str
    label: str
    value: str = ""
    example: str = ""
    choices: Sequence[tuple[str, str]] = ()
    is_wide: bool = False
    kind: str = "text"
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterForm:
    action: str
    label: str
    fields: Sequence[FieldView]
    more: Sequence[FieldView] = ()
    clear_href: str = ""

    @property
    def more_is_open(self) -> bool:
        return any(filter_view.value or filter_view.problem for filter_view in self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One line of facts about something."""

    label: str
    text: str = ""
    at: Instant | None = None
    href: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked before something is done; `fields` are sent along unseen.

    Where the count is 0, there is no button and `unavailable` says why.
    """

    heading: str
    sentences: Sequence[str]
    action: str
    button: str
    back_href: str
    back: str
    place: str
    fields: Sequence[tuple[str, str]] = ()
    count: int = 1
    unavailable: str = ""
    is_grave: bool = False
    needs_reason: bool = True
    events_per_second: int | None = None
    unverified: str = ""
    samples: Sequence[Pair] = ()
