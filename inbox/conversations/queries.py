"""The queries of conversations and messages, and the filter that they mean. Knows no request."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.errors import FieldError, ValidationFailed
from domain.message import Direction, MessageKind
from domain.search_query import LONGEST_QUERY, SearchQuery, parse_search
from domain.text import clean_text
from inbox.http.address_readings import address_readings
from inbox.http.paging import ROWS_PER_PAGE, ListQuery
from inbox.http.query import Query, query_error
from inbox.http.values import (
    Assignee,
    Id,
    NotAcceptable,
    ProviderMessageId,
    Reads,
    SoughtAddress,
    TagName,
)
from store.conversation_filter import ConversationFilter
from store.message_listing import MessageOrder, MessageStatus

BySeq = Literal["before", "after", "around"]
Expanded = Literal["conversation"]
CountView = Literal[
    "mine", "unassigned", "unread", "needs_reply", "open", "pending", "snoozed", "closed", "spam"
]


def _read_search(text: str) -> SearchQuery:
    if len(text) > LONGEST_QUERY:
        raise NotAcceptable("too_long", f"at most {LONGEST_QUERY} characters")
    found = parse_search(clean_text(text))
    if found is None:
        raise NotAcceptable("not_a_search", "between 1 and 12 words or numbers")
    return found


def _read_seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise NotAcceptable("not_a_number", "a number")
    return int(text)


Search = Annotated[SearchQuery, Reads(_read_search)]
Seq = Annotated[int, Meta(ge=0, le=10**10 - 1), Reads(_read_seq)]


class ConversationQuery(ListQuery, frozen=True, kw_only=True):
    """`q` is what must be found in a conversation's messages, None where nothing must."""

    status: tuple[ConversationStatus, ...] = ()
    channel_kind: ChannelKind | None = None
    channel_id: Id | None = None
    assignee: Assignee | None = None
    unread: bool | None = None
    needs_reply: bool | None = None
    may_opt_out: bool | None = None
    tag: tuple[TagName, ...] = ()
    contact_id: Id | None = None
    address: SoughtAddress | None = None
    active_after: datetime | None = None
    active_before: datetime | None = None
    q: Search | None = None


class FacetQuery(Query, frozen=True, kw_only=True):
    """The filters of the list, with something to search for; it has no pages."""

    status: tuple[ConversationStatus, ...] = ()
    channel_kind: ChannelKind | None = None
    channel_id: Id | None = None
    assignee: Assignee | None = None
    unread: bool | None = None
    needs_reply: bool | None = None
    may_opt_out: bool | None = None
    tag: tuple[TagName, ...] = ()
    contact_id: Id | None = None
    address: SoughtAddress | None = None
    active_after: datetime | None = None
    active_before: datetime | None = None
    q: Search


class CountQuery(Query, frozen=True, kw_only=True):
    views: tuple[CountView, ...] = get_args(CountView)


class MessageQuery(ListQuery, frozen=True, kw_only=True):
    """A page by time, in `order`; or by number: all before, after or around a seq."""

    order: MessageOrder | None = None
    before_seq: Seq | None = None
    after_seq: Seq | None = None
    around_seq: Seq | None = None

    @property
    def by_seq(self) -> tuple[BySeq, int] | None:
        if self.before_seq is not None:
            return "before", self.before_seq
        if self.after_seq is not None:
            return "after", self.after_seq
        return None if self.around_seq is None else ("around", self.around_seq)

    def filters(self) -> Query:
        """Return what a cursor belongs to; the order that is not given is the usual one."""
        return msgspec.structs.replace(
            self, order=self.order or "newest", limit=ROWS_PER_PAGE, cursor=None
        )

    def conflicts(self) -> Iterator[FieldError]:
        """Name the parameters that cannot be given with another one."""
        ways = ("order", "before_seq", "after_seq", "around_seq")
        given = [name for name in ways if getattr(self, name) is not None]
        excluded = [(name, given[0]) for name in given[1:2]]
        if self.around_seq is not None and self.cursor is not None:
            excluded.append(("cursor", "around_seq"))
        for name, other in excluded:
            yield query_error(name, "excluded", f"{name} cannot be given with {other}")


class AllMessagesQuery(ListQuery, frozen=True, kw_only=True):
    """Messages of all conversations; what `expand` names is shown whole in each."""

    channel_id: Id | None = None
    contact_id: Id | None = None
    conversation_id: Id | None = None
    direction: Direction | None = None
    status: tuple[MessageStatus, ...] = ()
    kind: tuple[MessageKind, ...] = ()
    has_attachments: bool | None = None
    provider_message_id: ProviderMessageId | None = None
    since: datetime | None = None
    until: datetime | None = None
    expand: tuple[Expanded, ...] = ()

    def filters(self) -> Query:
        """Return what a cursor belongs to; what is shown of a message is not part of it."""
        return msgspec.structs.replace(self, expand=(), limit=ROWS_PER_PAGE, cursor=None)


def conversation_filter(
    query: ConversationQuery | FacetQuery, agent_id: str | None
) -> ConversationFilter:
    """Say which conversations a query means; `agent_id` is whom the asking key speaks for.

    Raises: ValidationFailed where it is about oneself and the key speaks for no agent.
    """
    if agent_id is None and query.assignee == "me":
        raise _no_agent("assignee", "none or a UUID")
    if agent_id is None and query.unread is not None:
        raise _no_agent("unread", "left out")
    return ConversationFilter(
        channel_id=query.channel_id,
        channel_kind=query.channel_kind,
        statuses=tuple(sorted(query.status)),
        assignee_id=agent_id if query.assignee == "me" else query.assignee,
        viewer_id=agent_id,
        unread=query.unread,
        needs_reply=query.needs_reply,
        may_opt_out=query.may_opt_out,
        tags=tuple(sorted(set(query.tag))),
        contact_id=query.contact_id,
        addresses=address_readings(query.address or ""),
        active_after=query.active_after,
        active_before=query.active_before,
    )


def _no_agent(name: str, expected: str) -> ValidationFailed:
    detail = f"{name} must be {expected}: this key speaks for no agent"
    return ValidationFailed(detail, (query_error(name, "no_agent", detail),))
