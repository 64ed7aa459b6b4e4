"""Reads the queries of conversations and messages. Knows no request and no statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.search_query import LONGEST_QUERY, SearchQuery, parse_search
from domain.tag import LONGEST_TAG, read_tag
from domain.text import clean_text
from inbox.http.parameters import (
    NotAcceptable,
    Parameters,
    number_up_to,
    one_of,
    parse_id,
    read_addresses,
    read_time,
    read_uuid,
    some_of,
)
from store.conversation_filter import ConversationFilter
from store.message_listing import MessageOrder

DEFAULT_LIMIT = 50
MOST_ROWS = 200

_KINDS: Mapping[str, ChannelKind] = {kind: kind for kind in get_args(ChannelKind)}
_STATUSES: Mapping[str, ConversationStatus] = {word: word for word in get_args(ConversationStatus)}
_ORDERS: Mapping[str, MessageOrder] = {order: order for order in get_args(MessageOrder)}

_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}

BySeq = Literal["before", "after", "around"]
_BY_SEQ: Mapping[str, BySeq] = {
    "before_seq": "before", "after_seq": "after", "around_seq": "around",
}  # fmt: skip
CountView = Literal[
    "mine", "unassigned", "unread", "needs_reply", "open", "pending", "snoozed", "closed", "spam"
]
_VIEWS: Mapping[str, CountView] = {view: view for view in get_args(CountView)}

_LONGEST_PROVIDER_ID = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationQuery:
    """`search` is what must be found in a conversation's messages, None where nothing must."""

    wanted: ConversationFilter
    search: SearchQuery | None
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """A page by time, in `order`; or by number: all before, after or around `seq`."""

    order: MessageOrder
    by_seq: BySeq | None
    seq: int
    limit: int
    cursor: str | None


def parse_conversation_query(
    pairs: Sequence[tuple[str, str]], agent_id: str | None = None
) -> ConversationQuery:
    """Read the query of the conversation list; `agent_id` is whom the asking key speaks for.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = Parameters(
        pairs,
        "status", "channel_kind", "channel_id", "assignee", "unread", "needs_reply", "tag",
        "contact_id", "address", "active_after", "active_before", "q", "limit", "cursor",
        may_repeat=("tag",),
    )  # fmt: skip
    query = ConversationQuery(
        wanted=ConversationFilter(
            channel_id=reader.read("channel_id", read_uuid, None),
            channel_kind=reader.read("channel_kind", one_of(_KINDS), None),
            statuses=reader.read("status", _statuses, ()),
            assignee_id=reader.read("assignee", _assignee(agent_id), None),
            viewer_id=agent_id,
            unread=reader.read("unread", _unread(agent_id), None),
            needs_reply=reader.read("needs_reply", one_of(_TRUTHS), None),
            tags=tuple(sorted(set(reader.read_all("tag", _tag)))),
            contact_id=reader.read("contact_id", read_uuid, None),
            addresses=reader.read("address", read_addresses, ()),
            active_after=reader.read("active_after", read_time, None),
            active_before=reader.read("active_before", read_time, None),
        ),
        search=reader.read("q", _search, None),
        limit=reader.read("limit", number_up_to(MOST_ROWS), DEFAULT_LIMIT),
        cursor=reader.read("cursor", str, None),
    )
    reader.finish()
    return query


def parse_count_query(pairs: Sequence[tuple[str, str]]) -> tuple[CountView, ...]:
    """Read which views are to be counted; all where none is named.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = Parameters(pairs, "views")
    views = reader.read("views", some_of(_VIEWS), tuple(_VIEWS.values()))
    reader.finish()
    return views


def parse_message_query(pairs: Sequence[tuple[str, str]]) -> MessageQuery:
    """Read the query of a conversation's messages.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = Parameters(pairs, "order", *_BY_SEQ, "limit", "cursor")
    given = [name for name in ("order", *_BY_SEQ) if reader.has(name)]
    seqs = {name: reader.read(name, _seq, 0) for name in _BY_SEQ}
    if len(given) > 1:
        reader.refuse(given[1], "excluded", f"{given[1]} cannot be given with {given[0]}")
    by_seq = _BY_SEQ.get(given[0]) if given else None
    query = MessageQuery(
        order=reader.read("order", one_of(_ORDERS), "newest"),
        by_seq=by_seq,
        seq=seqs[given[0]] if by_seq else 0,
        limit=reader.read("limit", number_up_to(MOST_ROWS), DEFAULT_LIMIT),
        cursor=reader.read("cursor", str, None),
    )
    if by_seq == "around" and query.cursor is not None:
        reader.refuse("cursor", "excluded", "cursor cannot be given with around_seq")
    reader.finish()
    return query


def parse_look_up_query(pairs: Sequence[tuple[str, str]]) -> str:
    """Read the provider's id that a message is looked up by.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = Parameters(pairs, "provider_message_id")
    found = reader.read("provider_message_id", _provider_message_id, "")
    if not reader.has("provider_message_id"):
        reader.refuse("provider_message_id", "missing", "provider_message_id must be given")
    reader.finish()
    return found


def _statuses(text: str) -> tuple[ConversationStatus, ...]:
    """Read words between commas; their order and repetition mean nothing."""
    return tuple(sorted(some_of(_STATUSES)(text)))


def _assignee(agent_id: str | None) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text == "none":
            return text
        if text == "me" and agent_id is None:
            raise NotAcceptable("no_agent", "none or a UUID: this key speaks for no agent")
        found = agent_id if text == "me" else parse_id(text)
        if found is None:
            raise NotAcceptable("not_an_assignee", "me, none or a UUID")
        return found

    return parse


def _unread(agent_id: str | None) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        if agent_id is None:
            raise NotAcceptable("no_agent", "left out: this key speaks for no agent")
        return one_of(_TRUTHS)(text)

    return parse


def _tag(text: str) -> str:
    tag = read_tag(text)
    if tag is None:
        expected = f"1 to {LONGEST_TAG} characters without white space, comma or slash"
        raise NotAcceptable("not_a_tag", expected)
    return tag


def _search(text: str) -> SearchQuery:
    if len(text) > LONGEST_QUERY:
        raise NotAcceptable("too_long", f"at most {LONGEST_QUERY} characters")
    found = parse_search(clean_text(text))
    if found is None:
        raise NotAcceptable("not_a_search", "between 1 and 12 words or numbers")
    return found


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise NotAcceptable("not_a_number", "a number")
    return int(text)


def _provider_message_id(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_PROVIDER_ID:
        raise NotAcceptable("not_an_id", f"between 1 and {_LONGEST_PROVIDER_ID} characters")
    return clean_text(text)
