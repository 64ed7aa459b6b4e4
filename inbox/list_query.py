"""Reads the queries of lists that are walked by name or by id, strictly. Knows no list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from domain.errors import FieldError, UnknownParameter, ValidationFailed
from inbox.query import parse_id
from store.audit import AuditFilter

DEFAULT_LIMIT = 50
MOST_ROWS = 200
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_ACTION = re.compile(r"[a-z_]{1,50}\.[a-z_]{1,50}")

ListOrder = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedQuery(ListQuery):
    order: ListOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery(ListQuery):
    wanted: AuditFilter


def parse_list_query(pairs: Sequence[tuple[str, str]]) -> ListQuery:
    """Read the query of a list that has one order only.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = _known(pairs, "limit", "cursor")
    return ListQuery(limit=_limit(given), cursor=given.get("cursor"))


def parse_ordered_query(pairs: Sequence[tuple[str, str]]) -> OrderedQuery:
    """Read the query of a list that can begin at either end.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = _known(pairs, "order", "limit", "cursor")
    order = given.get("order", "newest")
    if order not in ("newest", "oldest"):
        raise _wrong("order", "unknown_word", "one of newest, oldest")
    return OrderedQuery(order=order, limit=_limit(given), cursor=given.get("cursor"))


def parse_audit_query(pairs: Sequence[tuple[str, str]]) -> AuditQuery:
    """Read the query of the audit.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = _known(
        pairs, "agent_id", "action", "conversation_id", "object_id", "after", "before",
        "limit", "cursor",
    )  # fmt: skip
    action = given.get("action")
    if action is not None and not _ACTION.fullmatch(action):
        raise _wrong("action", "not_an_action", "two words with a dot, as conversation.assigned")
    wanted = AuditFilter(
        agent_id=_id(given, "agent_id"),
        action=action,
        conversation_id=_id(given, "conversation_id"),
        object_id=_id(given, "object_id"),
        after=_time(given, "after"),
        before=_time(given, "before"),
    )
    return AuditQuery(wanted=wanted, limit=_limit(given), cursor=given.get("cursor"))


def _known(pairs: Sequence[tuple[str, str]], *known: str) -> dict[str, str]:
    names = [name for name, _ in pairs]
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        errors = [_fault(name[:100], "unknown_parameter", "is not known here") for name in unknown]
        raise UnknownParameter(f"unknown parameter; known: {', '.join(known)}", tuple(errors))
    repeated = [name for name in known if names.count(name) > 1]
    if repeated:
        errors = [_fault(name, "repeated", f"{name} may be given once") for name in repeated]
        raise ValidationFailed(errors[0].detail, tuple(errors))
    return dict(pairs)


def _limit(given: dict[str, str]) -> int:
    text = given.get("limit", str(DEFAULT_LIMIT))
    is_number = text.isascii() and text.isdigit() and len(text) < 5
    if not is_number or not 1 <= int(text) <= MOST_ROWS:
        code = "out_of_range" if is_number else "not_a_number"
        raise _wrong("limit", code, f"a number between 1 and {MOST_ROWS}")
    return int(text)


def _id(given: dict[str, str], name: str) -> str | None:
    if name not in given:
        return None
    found = parse_id(given[name])
    if found is None:
        raise _wrong(name, "not_a_uuid", "a UUID")
    return found


def _time(given: dict[str, str], name: str) -> datetime | None:
    if name not in given:
        return None
    found = read_time(given[name])
    if found is None:
        expected = "an RFC 3339 time with Z or an offset (+ is written %2B in a URL)"
        raise _wrong(name, "not_a_time", expected)
    return found


def read_time(text: str) -> datetime | None:
    """Read an RFC 3339 time with its offset; digits beyond microseconds are cut."""
    try:
        if _TIME.fullmatch(text.upper()):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None


def _wrong(name: str, code: str, expected: str) -> ValidationFailed:
    detail = f"{name} must be {expected}"
    return ValidationFailed(detail, (_fault(name, code, detail),))


def _fault(name: str, code: str, detail: str) -> FieldError:
    return FieldError(location="query", name=name, code=code, detail=detail)
