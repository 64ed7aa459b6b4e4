"""Reads the queries of the change list and of the stream, strictly."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import FieldError, UnknownParameter, ValidationFailed
from inbox.live.cursor import read_cursor
from inbox.live.event import CHANGE_TYPES
from store.changes import BEGINNING, ChangeCursor

DEFAULT_LIMIT = 100
MOST_CHANGES = 500
_NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesQuery:
    """`after` is None for `now`; without `types` all are wanted."""

    after: ChangeCursor | None
    limit: int
    types: frozenset[str]


def parse_changes_query(pairs: Sequence[tuple[str, str]]) -> ChangesQuery:
    """Read the query of the change list.

    Raises: UnknownParameter, ValidationFailed, InvalidCursor.
    """
    given = _known(pairs, "after", "limit", "types")
    after = given.get("after")
    types = frozenset(given["types"].split(",")) if "types" in given else frozenset[str]()
    if not types <= CHANGE_TYPES:
        raise _wrong("types", "unknown_word", f"one of {', '.join(sorted(CHANGE_TYPES))}")
    place = None if after == _NOW else BEGINNING if after is None else read_cursor(after)
    return ChangesQuery(after=place, limit=_limit(given.get("limit")), types=types)


def parse_stream_query(pairs: Sequence[tuple[str, str]]) -> ChangeCursor | None:
    """Read where a stream begins; None for now.

    Raises: UnknownParameter, ValidationFailed, InvalidCursor.
    """
    after = _known(pairs, "after").get("after")
    return None if after in (None, _NOW) else read_cursor(after)


def _known(pairs: Sequence[tuple[str, str]], *known: str) -> dict[str, str]:
    names = [name for name, _ in pairs]
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        raise UnknownParameter(
            f"unknown parameter; known: {', '.join(known)}",
            tuple(_fault(name[:100], "unknown_parameter", "is not known here") for name in unknown),
        )
    for name in known:
        if names.count(name) > 1:
            raise ValidationFailed(
                f"{name} may be given once", (_fault(name, "repeated", "may be given once"),)
            )
    return dict(pairs)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    expected = f"a number between 1 and {MOST_CHANGES}"
    if not (text.isascii() and text.isdigit()):
        raise _wrong("limit", "not_a_number", expected)
    if len(text) > 4 or not 1 <= int(text) <= MOST_CHANGES:
        raise _wrong("limit", "out_of_range", expected)
    return int(text)


def _wrong(name: str, code: str, expected: str) -> ValidationFailed:
    detail = f"{name} must be {expected}"
    return ValidationFailed(detail, (_fault(name, code, detail),))


def _fault(name: str, code: str, detail: str) -> FieldError:
    return FieldError(location="query", name=name, code=code, detail=detail)
