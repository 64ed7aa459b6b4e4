"""The one strict reader of query parameters, and the values that many queries have.

Every part at fault is named at once. Knows no list, no request and no statement.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from domain.address import Address
from domain.errors import FieldError, UnknownParameter, ValidationFailed
from inbox.http.address_readings import LONGEST_ADDRESS, address_readings

T = TypeVar("T")
D = TypeVar("D")

_MOST_REPEATED = 10
_LONGEST_NAME = 320
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ETAG = re.compile(r'"?([0-9]{1,18})"?')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class NotAcceptable(Exception):
    """A value cannot be read; `detail` says what the parameter must be."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Parameters:
    """Takes parameters one by one and gathers what is wrong with them.

    Raises: UnknownParameter at once; `finish` raises ValidationFailed for the rest.
    """

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
        """Say whether a parameter was given."""
        return name in self._values

    def refuse(self, name: str, code: str, detail: str) -> None:
        """Note that something is wrong; `finish` says so."""
        self._errors.append(_error(name, code, detail))

    def finish(self) -> None:
        """Refuse whatever was wrong.

        Raises: ValidationFailed.
        """
        if self._errors:
            detail = "; ".join(error.detail for error in self._errors)
            raise ValidationFailed(detail, tuple(self._errors))

    def _parse(self, name: str, text: str, parse: Callable[[str], T], default: D) -> T | D:
        try:
            return parse(text)
        except NotAcceptable as refused:
            self.refuse(name, refused.code, f"{name} must be {refused.detail}")
            return default


def parse_id(text: str) -> str | None:
    """Read an id of a path as it is stored; None where nothing can have it."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else None


def refuse_query(pairs: Sequence[tuple[str, str]]) -> None:
    """Check that nothing is asked where nothing can be.

    Raises: UnknownParameter.
    """
    Parameters(pairs).finish()


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


def read_uuid(text: str) -> str:
    """Read an id as it is stored.

    Raises: NotAcceptable.
    """
    found = parse_id(text)
    if found is None:
        raise NotAcceptable("not_a_uuid", "a UUID")
    return found


def read_addresses(text: str) -> tuple[Address, ...]:
    """Read what an address may mean: a phone in international form, an email or a handle.

    A plus that was not escaped arrives as a space, which a phone number does without.

    Raises: NotAcceptable.
    """
    readings = address_readings(text)
    if not readings:
        raise NotAcceptable("not_an_address", f"between 1 and {LONGEST_ADDRESS} characters")
    return readings


def number_up_to(most: int) -> Callable[[str], int]:
    """Make a reader of numbers from 1 to `most`."""
    expected = f"a number between 1 and {most}"

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise NotAcceptable("not_a_number", expected)
        if len(text) > len(str(most)) + 1 or not 1 <= int(text) <= most:
            raise NotAcceptable("out_of_range", expected)
        return int(text)

    return read


def one_of(words: Mapping[str, T]) -> Callable[[str], T]:
    """Make a reader of one word among those that are known."""

    def read(text: str) -> T:
        if text not in words:
            raise NotAcceptable("unknown_word", f"one of {', '.join(words)}")
        return words[text]

    return read


def some_of(words: Mapping[str, T]) -> Callable[[str], tuple[T, ...]]:
    """Make a reader of known words between commas, each once and in the order given."""
    read_one = one_of(words)

    def read(text: str) -> tuple[T, ...]:
        return tuple(dict.fromkeys(read_one(word) for word in text.split(",")))

    return read


def read_time(text: str) -> datetime:
    """Read an RFC 3339 time with its offset; digits beyond microseconds are cut.

    Raises: NotAcceptable.
    """
    try:
        if not _TIME.fullmatch(text.upper()):
            raise ValueError
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = "an RFC 3339 time with Z or an offset (+ is written %2B in a URL)"
        raise NotAcceptable("not_a_time", expected) from None


def _error(name: str, code: str, detail: str) -> FieldError:
    return FieldError(location="query", name=name[:_LONGEST_NAME], code=code, detail=detail)


def _quoted(names: Sequence[str]) -> str:
    """Show at most a few of a stranger's words, each cut short."""
    return ", ".join(f"'{name[:40]}'" for name in names[:5])
