"""What of a message can be found, and how what was found is shown.

Texts are cut into words in one way for messages and for queries: letters and digits, without case
and accents. Phone numbers are known by their digits, in each way they are written. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

import phonenumbers

from domain.address import Address
from domain.text import one_line

LONGEST_SHOWN = 2_000
LONGEST_WORD = 64
MOST_INDEXED = 100_000
_MOST_NUMBERS = 100
_SNIPPET = 160
_LEAD = 50

_WORD = re.compile(rf"[^\W_]{{1,{LONGEST_WORD}}}")
NUMBER = re.compile(r"(?<!\w)[+(]?\d(?:[\s().\-/]{0,3}\d){5,17}(?!\w)", re.ASCII)
_NOT_DIGITS = re.compile(r"\D", re.ASCII)
_ACCENTS = re.compile("[\u0300-\u036f]")
_MOST_MARKS = 30
_FEWEST_OF_STEM = 4
_MOST_OF_ENDING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """`words` are parted by spaces; `numbers` are digits; `shown` is the beginning as one line."""

    words: str
    numbers: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of text and what was found in it, as [start, end) in code points."""

    text: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to highlight: whole words, beginnings of words, and beginnings of numbers."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    numbers: tuple[str, ...]


def index_text(
    body: str, subject: str | None, names: Iterable[str | None], addresses: Iterable[Address]
) -> IndexedText:
    """Say what of a message can be found; `body` is plain text."""
    text = f"{subject} {body[:MOST_INDEXED]}" if subject else body[:MOST_INDEXED]
    listed = list(addresses)
    around = [name for name in names if name] + [
        address.value for address in listed if address.kind != "phone"
    ]
    numbers = [
        number
        for address in listed
        if address.kind == "phone"
        for number in spellings(address.value)
    ]
    numbers += [digits(found[0]) for found in NUMBER.finditer(text)][:_MOST_NUMBERS]
    return IndexedText(
        words=" ".join(words_of(" ".join([text, *around]))),
        numbers=tuple(dict.fromkeys(numbers)),
        shown=one_line(text, LONGEST_SHOWN),
    )


def words_of(text: str) -> list[str]:
    """Cut a text into words without case and accents."""
    return _WORD.findall(fold(text))


def fold(text: str) -> str:
    """Drop case and the accents of alphabets that have both kinds of letters."""
    if text.isascii():
        return text.lower()
    folded = normalize("NFD", normalize("NFKC", _stream_safe(text)).casefold())
    return normalize("NFC", _ACCENTS.sub("", folded))


def _stream_safe(text: str) -> str:
    """Leave out marks after the thirtieth in a row: to order n of them takes n squared.

    https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
    """
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if combining(char) else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def digits(text: str) -> str:
    """Keep the digits of a number, without the 00 that some write for a plus."""
    kept = _NOT_DIGITS.sub("", text)
    return kept.removeprefix("00") or kept


def spellings(phone: str) -> list[str]:
    """List the digits of an E.164 number: with its country, without, and as it is dialled there."""
    spelt = [digits(phone)]
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return spelt
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    spelt.append(phonenumbers.national_significant_number(number))
    spelt.append(_NOT_DIGITS.sub("", national))
    return list(dict.fromkeys(spelt))


def make_snippet(text: str, wanted: Wanted, *, is_stemmed: bool) -> Snippet:
    """Cut the piece around the first thing found; without any, the beginning."""
    found = _merged(sorted(_places(text, wanted, is_stemmed)))
    first = found[0][0] if found else 0
    start = 0 if first <= _LEAD * 2 else text.find(" ", first - _LEAD) + 1
    end = len(text)
    if end - start > _SNIPPET:
        end = max(text.rfind(" ", start, start + _SNIPPET), start + _SNIPPET - _LEAD)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    shift = len(before) - start
    inside = [(left, min(right, end)) for left, right in found if start <= left < end]
    return Snippet(
        text=f"{before}{text[start:end]}{after}",
        highlights=tuple((left + shift, right + shift) for left, right in inside),
    )


def _places(text: str, wanted: Wanted, is_stemmed: bool) -> Iterator[tuple[int, int]]:
    beginnings = wanted.beginnings
    if is_stemmed:
        beginnings += tuple(_stem(word) for word in wanted.words)
    for found in _WORD.finditer(text):
        word = fold(found[0])
        if word in wanted.words or (beginnings and word.startswith(beginnings)):
            yield found.span()
    for found in NUMBER.finditer(text) if wanted.numbers else ():
        if digits(found[0]).startswith(wanted.numbers):
            yield found.span()


def _stem(word: str) -> str:
    """Guess what the forms of a word begin with: near enough for showing."""
    return word[: max(_FEWEST_OF_STEM, len(word) - _MOST_OF_ENDING)]


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what overlaps."""
    joined: list[tuple[int, int]] = []
    for left, right in spans:
        if joined and left < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(right, joined[-1][1]))
        else:
            joined.append((left, right))
    return joined
