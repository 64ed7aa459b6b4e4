"""The views of the rail, and what the query of a page's URL means. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from inbox.page.page_request import PageRequest

Pairs = Sequence[tuple[str, str]]

DEFAULT_VIEW = "open"
MAY_OPT_OUT = "may_opt_out"
_FILTERS = ("q", "tag", "address", "channel_id", "channel_kind", "contact_id", "status", "assignee")
_AT_WORK = ("status", "open,pending")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterView:
    label: str
    clear_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewKind:
    """A view: its name, its filters, and whether it is about one agent."""

    key: str
    label: str
    icon: str
    pairs: Pairs
    is_personal: bool = False
    counted: Sequence[str] = ()


VIEWS: Mapping[str, ViewKind] = {
    view.key: view
    for view in (
        ViewKind(
            key="mine",
            counted=("mine",),
            label="Mine",
            icon="user-check",
            pairs=(("assignee", "me"), _AT_WORK),
            is_personal=True,
        ),
        ViewKind(
            key="unassigned",
            counted=("unassigned",),
            label="Unassigned",
            icon="user",
            pairs=(("assignee", "none"), _AT_WORK),
        ),
        ViewKind(
            key="needs_reply",
            counted=("needs_reply",),
            label="Needs reply",
            icon="reply",
            pairs=(("needs_reply", "true"),),
        ),
        ViewKind(
            key="unread",
            counted=("unread",),
            label="Unread",
            icon="mail",
            pairs=(("unread", "true"),),
            is_personal=True,
        ),
        ViewKind(
            key=MAY_OPT_OUT,
            counted=(MAY_OPT_OUT,),
            label="May opt out",
            icon="ban",
            pairs=(("may_opt_out", "true"),),
        ),
        ViewKind(
            key="snoozed",
            counted=("snoozed",),
            label="Snoozed",
            icon="alarm-clock",
            pairs=(("status", "snoozed"),),
        ),
        ViewKind(
            key="open",
            counted=("open", "pending"),
            label="All open",
            icon="inbox",
            pairs=(_AT_WORK,),
        ),
        ViewKind(
            key="closed",
            label="Closed",
            icon="archive",
            pairs=(("status", "closed"),),
        ),
        ViewKind(
            key="spam",
            label="Spam",
            icon="shield-alert",
            pairs=(("status", "spam"),),
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a URL of the page asks for."""

    view: ViewKind
    given: Pairs
    cursor: str | None
    open_id: str | None

    @property
    def q(self) -> str:
        return next((value for name, value in self.given if name == "q"), "").strip()

    @property
    def api_pairs(self) -> list[tuple[str, str]]:
        """Write it as the query of the API's list; a filter that was given beats the view's.

        Who searches looks for what is there, closed or not, theirs or not: no view narrows that.
        """
        given = {name for name, _ in self.given}
        views = () if self.q else self.view.pairs
        return [*(pair for pair in views if pair[0] not in given), *self.given]

    @property
    def link(self) -> str:
        """Return the query that every link of the page carries on."""
        return urlencode([("view", self.view.key), *self.given])

    @property
    def is_filtered(self) -> bool:
        return bool(self.given)

    def without(self, name: str, value: str) -> str:
        """Return where one filter is off."""
        kept = [pair for pair in self.given if pair != (name, value)]
        return f"/inbox?{urlencode([('view', self.view.key), *kept])}"

    def in_view(self, key: str) -> str:
        """Return where the same filters are on in another view."""
        return f"/inbox?{urlencode([('view', key), *self.given])}"

    @property
    def filters(self) -> list[FilterView]:
        return [
            FilterView(label=_label(name, value), clear_href=self.without(name, value))
            for name, value in self.given
        ]


def read_asked(pairs: Pairs, *, has_agent: bool) -> Asked:
    """Read a query; a view that is not known, or needs an agent, becomes the first that works.

    What is no filter of the page is dropped: a link somebody mistyped still opens the inbox.
    """
    named = dict(pairs)
    view = VIEWS.get(named.get("view", DEFAULT_VIEW), VIEWS[DEFAULT_VIEW])
    if view.is_personal and not has_agent:
        view = VIEWS[DEFAULT_VIEW]
    given = [(name, value.strip()) for name, value in pairs if name in _FILTERS and value.strip()]
    return Asked(
        view=view,
        given=list(dict.fromkeys(given)),
        cursor=named.get("cursor"),
        open_id=named.get("open"),
    )


def asked_of(page_request: PageRequest) -> Asked:
    """Read what the URL of a request asks for."""
    return read_asked(page_request.pairs, has_agent=page_request.key.agent_id is not None)


def _label(name: str, value: str) -> str:
    if name == "q":
        return f"“{value}”"
    words = {"tag": "Tag", "address": "Address", "channel_kind": "Channel", "status": "Status"}
    is_id = name in ("channel_id", "contact_id")
    return (
        {"channel_id": "One channel", "contact_id": "One contact"}[name]
        if is_id
        else (f"{words.get(name, name.capitalize())}: {value}")
    )
