"""Reads query strings strictly: a mistyped filter is refused, never ignored.

Every part at fault is named at once. Knows no request and no statement.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, get_args

from domain.address import Address, canonicalise
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.errors import FieldError, UnknownParameter, ValidationFailed
from store.inbox import ConversationFilter, MessageOrder

T = TypeVar("T")

DEFAULT_LIMIT = 50
MOST_ROWS = 200

_KINDS: Mapping[str, ChannelKind] = {kind: kind for kind in get_args(ChannelKind)}
_STATUSES: Mapping[str, ConversationStatus] = {word: word for word in get_args(ConversationStatus)}
_ORDERS: Mapping[str, MessageOrder] = {order: order for order in get_args(MessageOrder)}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_LONGEST_ADDRESS = 320
_NO_REGION = "ZZ"  # phonenumbers' word for "nowhere": a number needs its country code


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationQuery:
    wanted: ConversationFilter
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    order: MessageOrder
    limit: int
    cursor: str | None


def parse_conversation_query(pairs: Sequence[tuple[str, str]]) -> ConversationQuery:
    """Read the query of the conversation list.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = _Reader(
        pairs,
        "channel_id", "channel_kind", "status", "address",
        "active_after", "active_before", "limit", "cursor",
    )  # fmt: skip
    query = ConversationQuery(
        wanted=ConversationFilter(
            channel_id=reader.read("channel_id", _uuid, None),
            channel_kind=reader.read("channel_kind", _word(_KINDS), None),
            statuses=reader.read("status", _statuses, ()),
            addresses=reader.read("address", _addresses, ()),
            active_after=reader.read("active_after", _time, None),
            active_before=reader.read("active_before", _time, None),
        ),
        limit=reader.read("limit", _limit, DEFAULT_LIMIT),
        cursor=reader.read("cursor", str, None),
    )
    reader.finish()
    return query


def parse_message_query(pairs: Sequence[tuple[str, str]]) -> MessageQuery:
    """Read the query of a conversation's messages.

    Raises: UnknownParameter, ValidationFailed.
    """
    reader = _Reader(pairs, "order", "limit", "cursor")
    query = MessageQuery(
        order=reader.read("order", _word(_ORDERS), "newest"),
        limit=reader.read("limit", _limit, DEFAULT_LIMIT),
        cursor=reader.read("cursor", str, None),
    )
    reader.finish()
    return query


def parse_no_query(pairs: Sequence[tuple[str, str]]) -> None:
    """Check that nothing is asked where nothing can be.

    Raises: UnknownParameter.
    """
    _Reader(pairs).finish()


def parse_id(text: str) -> str | None:
    """Read an id of a path as it is stored; None where nothing can have it."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else None


class _Refused(Exception):
    """A value is not acceptable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _Reader:
    """Takes parameters one by one and gathers what is wrong with them."""

    def __init__(self, pairs: Sequence[tuple[str, str]], *known: str) -> None:
        unknown = [name for name in dict.fromkeys(name for name, _ in pairs) if name not in known]
        if unknown:
            raise UnknownParameter(
                f"unknown parameter {_quoted(unknown)}; known: {', '.join(known) or 'none'}",
                tuple(_error(name, "unknown_parameter", "is not known here") for name in unknown),
            )
        names = [name for name, _ in pairs]
        self._values = dict(pairs)
        self._errors = [
            _error(name, "repeated", f"{name} may be given once")
            for name in known
            if names.count(name) > 1
        ]

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """Parse one value; where that fails the default stands in until `finish`."""
        text = self._values.get(name)
        if text is None:
            return default
        try:
            return parse(text)
        except _Refused as refused:
            detail = f"{name} must be {refused.detail}"
            self._errors.append(_error(name, refused.code, detail))
            return default

    def finish(self) -> None:
        if self._errors:
            detail = "; ".join(error.detail for error in self._errors)
            raise ValidationFailed(detail, tuple(self._errors))


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
