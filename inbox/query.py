"""Reads query strings strictly: a mistyped filter is refused, never ignored.

Every part at fault is named at once. Knows no request and no statement.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar, get_args

from domain.address import Address, canonicalise
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.errors import FieldError, UnknownParameter, ValidationFailed
from domain.search_query import LONGEST_QUERY, SearchQuery, parse_search
from domain.tag import LONGEST_TAG, read_tag
from domain.text import clean_text
from store.lists import ConversationFilter
from store.message_listing import MessageOrder

T = TypeVar("T")
D = TypeVar("D")

DEFAULT_LIMIT = 50
MOST_ROWS = 200
_MOST_REPEATED = 10

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

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ETAG = re.compile(r'"?([0-9]{1,18})"?')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_LONGEST_ADDRESS = 320
_LONGEST_PROVIDER_ID = 255
_NO_REGION = "ZZ"  # phonenumbers' word for "nowhere": a number needs its country code


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
    reader = _Reader(
        pairs,
        "status", "channel_kind", "channel_id", "assignee", "unread", "needs_reply", "tag",
        "contact_id", "address", "active_after", "active_before", "q", "limit", "cursor",
        may_repeat=("tag",),
    )  # fmt: skip
    query = ConversationQuery(
        wanted=ConversationFilter(
            channel_id=reader.read("channel_id", _uuid, None),
            channel_kind=reader.read("channel_kind", _word(_KINDS), None),
            statuses=reader.read("status", _statuses, ()),
            assignee_id=reader.read("assignee", _assignee(agent_id), None),
            viewer_id=agent_id,
            unread=reader.read("unread", _unread(agent_id), None),
            needs_reply=reader.read("needs_reply", _word(_TRUTHS), None),
            tags=tuple(sorted(set(reader.read_all("tag", _tag)))),
            contact_id=reader.read("contact_id", _uuid, None),
            addresses=reader.read("address", _addresses, ()),
            active_after=reader.read("active_after", _time, None),
            active_before=reader.read("active_before", _time, None),
        ),
        search=reader.read("q", _search, None),
        limit=reader.read("limit", _limit, DEFAULT_LIMIT),
        cursor=reader.read("cursor", str, None),
    )
    reader.finish()
    return query


def parse_count_query(pairs: Sequence[tuple[str, str]]) -> tuple[CountView, ...]:
    """Read which views are to be counted; all where none is named.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = _Reader(pairs, "views")
    views = reader.read("views", _views, tuple(_VIEWS.values()))
    reader.finish()
    return views


def parse_message_query(pairs: Sequence[tuple[str, str]]) -> MessageQuery:
    """Read the query of a conversation's messages.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = _Reader(pairs, "order", *_BY_SEQ, "limit", "cursor")
    given = [name for name in ("order", *_BY_SEQ) if reader.has(name)]
    seqs = {name: reader.read(name, _seq, 0) for name in _BY_SEQ}
    if len(given) > 1:
        reader.refuse(given[1], "excluded", f"{given[1]} cannot be given with {given[0]}")
    by_seq = _BY_SEQ.get(given[0]) if given else None
    query = MessageQuery(
        order=reader.read("order", _word(_ORDERS), "newest"),
        by_seq=by_seq,
        seq=seqs[given[0]] if by_seq else 0,
        limit=reader.read("limit", _limit, DEFAULT_LIMIT),
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
    reader = _Reader(pairs, "provider_message_id")
    found = reader.read("provider_message_id", _provider_message_id, "")
    if not reader.has("provider_message_id"):
        reader.refuse("provider_message_id", "missing", "provider_message_id must be given")
    reader.finish()
    return found


def parse_no_query(pairs: Sequence[tuple[str, str]]) -> None:
    """Check that nothing is asked where nothing can be.

    Raises: UnknownParameter.
    """
    _Reader(pairs).finish()


def parse_id(text: str) -> str | None:
    """Read an id of a path as it is stored; None where nothing can have it."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else None


def parse_version(text: str) -> int:
    """Read the version that an `If-Match` names, with or without quotes.

    Raises: ValidationFailed.
    """
    found = _ETAG.fullmatch(text.strip())
    if found is None:
        detail = "If-Match must be a version, as a number"
        wrong = FieldError(location="header", name="If-Match", code="not_a_version", detail=detail)
        raise ValidationFailed(detail, (wrong,))
    return int(found[1])


class _Refused(Exception):
    """A value is not acceptable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _Reader:
    """Takes parameters one by one and gathers what is wrong with them."""

    def __init__(
        self, pairs: Sequence[tuple[str, str]], *known: str, may_repeat: Sequence[str] = ()
    ) -> None:
        unknown = [name for name in dict.fromkeys(name for name, _ in pairs) if name not in known]
        if unknown:
            raise UnknownParameter(
                f"unknown parameter {_quoted(unknown)}; known: {', '.join(known) or 'none'}",
                tuple(_error(name, "unknown_parameter", "is not known here") for name in unknown),
            )
        names = [name for name, _ in pairs]
        self._pairs = pairs
        self._values = dict(pairs)
        self._errors = [
            _error(name, "repeated", f"{name} may be given once")
            for name in known
            if names.count(name) > 1 and name not in may_repeat
        ]

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """Parse one value; where that fails the default stands in until `finish`."""
        text = self._values.get(name)
        return default if text is None else self._parse(name, text, parse, default)

    def read_all(self, name: str, parse: Callable[[str], T]) -> list[T]:
        """Parse every value of a name; what cannot be parsed is left out until `finish`."""
        texts = [text for one, text in self._pairs if one == name]
        if len(texts) > _MOST_REPEATED:
            self.refuse(name, "too_many", f"{name} may be given {_MOST_REPEATED} times")
        parsed = [self._parse(name, text, parse, None) for text in texts[:_MOST_REPEATED]]
        return [one for one in parsed if one is not None]

    def has(self, name: str) -> bool:
        return name in self._values

    def refuse(self, name: str, code: str, detail: str) -> None:
        """Note that something is wrong; `finish` says so."""
        self._errors.append(_error(name, code, detail))

    def finish(self) -> None:
        if self._errors:
            detail = "; ".join(error.detail for error in self._errors)
            raise ValidationFailed(detail, tuple(self._errors))

    def _parse(self, name: str, text: str, parse: Callable[[str], T], default: D) -> T | D:
        try:
            return parse(text)
        except _Refused as refused:
            self.refuse(name, refused.code, f"{name} must be {refused.detail}")
            return default


def _error(name: str, code: str, detail: str) -> FieldError:
    return FieldError(location="query", name=name[:_LONGEST_ADDRESS], code=code, detail=detail)


def _quoted(names: Sequence[str]) -> str:
    """Show at most a few of a stranger's words, each cut short."""
    return ", ".join(f"'{name[:40]}'" for name in names[:5])


def _uuid(text: str) -> str:
    found = parse_id(text)
    if found is None:
        raise _Refused("not_a_uuid", "a UUID")
    return found


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _Refused("not_a_number", f"a number between 1 and {MOST_ROWS}")
    if len(text) > 4 or not 1 <= int(text) <= MOST_ROWS:
        raise _Refused("out_of_range", f"a number between 1 and {MOST_ROWS}")
    return int(text)


def _word(words: Mapping[str, T]) -> Callable[[str], T]:
    def parse(text: str) -> T:
        if text not in words:
            raise _Refused("unknown_word", f"one of {', '.join(words)}")
        return words[text]

    return parse


def _statuses(text: str) -> tuple[ConversationStatus, ...]:
    """Read words between commas; their order and repetition mean nothing."""
    parse = _word(_STATUSES)
    return tuple(sorted({parse(word) for word in text.split(",")}))


def _views(text: str) -> tuple[CountView, ...]:
    """Read words between commas, in the order given."""
    parse = _word(_VIEWS)
    return tuple(dict.fromkeys(parse(word) for word in text.split(",")))


def _assignee(agent_id: str | None) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text == "none":
            return text
        if text == "me" and agent_id is None:
            raise _Refused("no_agent", "none or a UUID: this key speaks for no agent")
        found = agent_id if text == "me" else parse_id(text)
        if found is None:
            raise _Refused("not_an_assignee", "me, none or a UUID")
        return found

    return parse


def _unread(agent_id: str | None) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        if agent_id is None:
            raise _Refused("no_agent", "left out: this key speaks for no agent")
        return _word(_TRUTHS)(text)

    return parse


def _tag(text: str) -> str:
    tag = read_tag(text)
    if tag is None:
        expected = f"1 to {LONGEST_TAG} characters without white space, comma or slash"
        raise _Refused("not_a_tag", expected)
    return tag


def _search(text: str) -> SearchQuery:
    if len(text) > LONGEST_QUERY:
        raise _Refused("too_long", f"at most {LONGEST_QUERY} characters")
    found = parse_search(clean_text(text))
    if found is None:
        raise _Refused("not_a_search", "between 1 and 12 words or numbers")
    return found


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise _Refused("not_a_number", "a number")
    return int(text)


def _provider_message_id(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_PROVIDER_ID:
        raise _Refused("not_an_id", f"between 1 and {_LONGEST_PROVIDER_ID} characters")
    return clean_text(text)


def _time(text: str) -> datetime:
    """Read an RFC 3339 time with its offset; digits beyond microseconds are cut."""
    try:
        if not _TIME.fullmatch(text.upper()):
            raise ValueError
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = "an RFC 3339 time with Z or an offset (+ is written %2B in a URL)"
        raise _Refused("not_a_time", expected) from None


def _addresses(text: str) -> tuple[Address, ...]:
    """Read what an address may mean: a phone in international form, an email or a handle.

    A plus that was not escaped arrives as a space, which a phone number does without.
    """
    if not text.strip() or len(text) > _LONGEST_ADDRESS:
        raise _Refused("not_an_address", f"between 1 and {_LONGEST_ADDRESS} characters")
    readings = [canonicalise(text, kind, _NO_REGION).address for kind in get_args(ChannelKind)]
    return tuple(sorted(set(readings)))
