"""Values that requests carry as text: how each is read, and the types by which structs name them.

A field of a query or of a body says by its type how it is read. Knows no request and no list.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from msgspec import Meta

from domain.address import Address
from domain.errors import FieldError, ValidationFailed
from domain.file_name import safe_name
from domain.tag import LONGEST_TAG, read_tag
from domain.text import clean_text
from inbox.http.address_readings import LONGEST_ADDRESS, address_readings

T = TypeVar("T")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ETAG = re.compile(r'"?([0-9]{1,18})"?')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_.]{1,100}")
_LONGEST_PROVIDER_ID = 255

TRUTHS: Mapping[str, bool] = {"true": True, "false": False}


class NotAcceptable(Exception):
    """A value cannot be read; `detail` says what it must be."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reads:
    """Says in the type of a field how its value is read. `parse` raises NotAcceptable."""

    parse: Callable[[Any], Any]


def parse_id(text: str) -> str | None:
    """Read an id as it is stored; None where nothing can have it."""
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


def read_assignee(text: str) -> str:
    """Read whom conversations are assigned to: an id, `me` or `none`.

    Raises: NotAcceptable.
    """
    found = text if text in ("me", "none") else parse_id(text)
    if found is None:
        raise NotAcceptable("not_an_assignee", "me, none or a UUID")
    return found


def _read_wanted_agent(text: str) -> str:
    return text if text == "me" else read_uuid(text)


def read_tag_name(text: str) -> str:
    """Read the name of a tag as it is kept.

    Raises: NotAcceptable.
    """
    tag = read_tag(text)
    if tag is None:
        expected = f"1 to {LONGEST_TAG} characters without white space, comma or slash"
        raise NotAcceptable("not_a_tag", expected)
    return tag


def read_word(text: str) -> str:
    """Read a stable word: a class of failure, a provider, a reason.

    Raises: NotAcceptable.
    """
    if not _WORD.fullmatch(text):
        raise NotAcceptable("not_a_word", "1 to 100 letters, digits, _ or .")
    return text


def read_provider_message_id(text: str) -> str:
    """Read the id by which a provider knows a message.

    Raises: NotAcceptable.
    """
    if not 0 < len(text) <= _LONGEST_PROVIDER_ID:
        raise NotAcceptable("not_an_id", f"between 1 and {_LONGEST_PROVIDER_ID} characters")
    return clean_text(text)


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


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise NotAcceptable("out_of_range", "a time between the years 1 and 9999") from None


def _sought(text: str) -> str:
    read_addresses(text)
    return text


def _read_file_name(text: str) -> str:
    if not text:
        raise NotAcceptable("empty", "at least one character")
    return safe_name(text)


def described(**bounds: int) -> Meta:
    """Say in the contract what is checked when a value is used, not when it is read."""
    return Meta(extra_json_schema=bounds)


def _published(name: str) -> Meta:
    """Say by what name the contract describes a type."""
    return Meta(extra_json_schema={"$ref": f"#/components/schemas/{name}"})


Id = Annotated[str, Reads(read_uuid), _published("Id")]
Word = Annotated[str, Reads(read_word), _published("StableWord")]
FileName = Annotated[str, Meta(min_length=1), Reads(_read_file_name)]
TagName = Annotated[str, Reads(read_tag_name), _published("TagName")]
WantedAgent = Annotated[str, Reads(_read_wanted_agent)]
Assignee = Annotated[str, Reads(read_assignee), _published("WantedAssignee")]
ProviderMessageId = Annotated[str, Reads(read_provider_message_id)]
SoughtAddress = Annotated[str, Reads(_sought), _published("SoughtAddress")]
BodyTime = Annotated[datetime, Meta(tz=True), Reads(_in_utc), _published("AnyTime")]
Version = Annotated[int, Meta(ge=1)]
