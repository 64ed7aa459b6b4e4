"""The filters of a list, out of its address: each is read, and what is wrong is said beside it.

What is no filter of the page is dropped: a link that somebody mistyped still opens the list.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from domain.text import clean_text
from inbox.http.values import NotAcceptable, one_of, read_uuid
from inbox.operations.page_views import FieldView
from inbox.page.display_format import Clock
from inbox.page.page_request import PageRequest

T = TypeVar("T")

_LONGEST = 320


class Given:
    """What filters were given, and what is wrong with them."""

    def __init__(self, pairs: Sequence[tuple[str, str]], *names: str) -> None:
        kept = {name: _clean(value) for name, value in pairs if name in names}
        self.values: Mapping[str, str] = {name: value for name, value in kept.items() if value}
        self.problems: dict[str, str] = {}

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Read one; None where it was not given or cannot be read."""
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except NotAcceptable as refused:
            self.problems[name] = f"Must be {refused.detail}"
            return None

    def word(self, name: str, words: Sequence[T]) -> T | None:
        """Read one of a closed set of words."""
        return self.read(name, one_of({str(word): word for word in words}))

    def id(self, name: str) -> str | None:
        return self.read(name, read_uuid)

    def time(self, name: str, clock: Clock) -> datetime | None:
        """Read a time; without a zone it is in the reader's."""
        return self.read(name, lambda text: parse_time(text, clock))

    @property
    def status(self) -> int:
        return 422 if self.problems else 200

    @property
    def query(self) -> str:
        return urlencode(self.values)

    def link(self, path: str, **more: str) -> str:
        """Return a path with these filters on; an empty value takes one off."""
        merged = {**self.values, **more}
        query = urlencode({name: value for name, value in merged.items() if value})
        return f"{path}?{query}" if query else path

    def field(
        self, name: str, label: str, *, example: str = "", wide: bool = False, kind: str = "text"
    ) -> FieldView:
        return FieldView(
            name=name,
            label=label,
            value=self.values.get(name, ""),
            example=example,
            is_wide=wide,
            kind=kind,
            problem=self.problems.get(name, ""),
        )

    def menu(self, name: str, label: str, choices: Sequence[tuple[str, str]]) -> FieldView:
        return FieldView(
            name=name,
            label=label,
            value=self.values.get(name, ""),
            choices=[("", "Any"), *choices],
            problem=self.problems.get(name, ""),
        )


def _clean(value: str) -> str:
    return clean_text(value).strip()[:_LONGEST]


def given_of(page_request: PageRequest, *names: str) -> Given:
    return Given(page_request.pairs, *names)


def parse_time(text: str, clock: Clock) -> datetime:
    """Read a time as the API writes it, or as a browser's field does, in the reader's zone.

    Raises: NotAcceptable.
    """
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=clock.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAcceptable("not_a_time", "a date and a time") from None
