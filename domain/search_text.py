"""What of a message can be found, and how what was found is shown.

Phone numbers are known by their digits, in each way they are written, and by their last ones. How
texts are cut is decided in `search_words`. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import phonenumbers

from domain.address import Address
from domain.html_text import text_of
from domain.message import BodyFormat
from domain.search_words import Piece, ascii_digits, chunks, cut, fold, places_of
from domain.text import one_line

LONGEST_SHOWN = 2_000
MOST_INDEXED = 100_000
_MOST_NUMBERS = 100
_MOST_PLACES = 30_000  # each is an entry of the index, and a tsvector holds a megabyte
_MOST_FOLDED = 2 * MOST_INDEXED  # some characters stand for eighteen
ENDING = "~"  # begins what numbers are known by from their ends
_SNIPPET = 160
_LEAD = 50

# Between digits a Japanese dash is often the mark that draws a vowel out.
NUMBER = re.compile(
    r"(?<!\w)[+(]?\d(?:[\s().\-/\u00a0\u2010-\u2015\u202f\u2212\u3000\u30fc\uff0d]{0,3}\d){5,17}(?!\w)",
    re.ASCII,
)
_NOT_DIGITS = re.compile(r"\D", re.ASCII)
_FEWEST_OF_STEM = 4
_MOST_OF_ENDING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """`words` are parted by spaces; `exact` is what is found as it is: numbers, their digits from
    the last on, and the places of runs; `shown` is the beginning as one line.
    """

    words: str
    exact: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of text and what was found in it, as [start, end) in code points."""

    text: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to highlight: whole words, beginnings of words, runs, beginnings and ends of numbers."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    numbers: tuple[str, ...]
    endings: tuple[str, ...]
    runs: tuple[str, ...]


def index_message(
    body: str,
    body_format: BodyFormat,
    subject: str | None,
    names: Iterable[str | None],
    addresses: Iterable[Address],
) -> IndexedText:
    """Say what of a message can be found."""
    text = text_of(body, MOST_INDEXED) if body_format == "html" else body
    return index_text(text, subject, names, addresses)


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
    found = NUMBER.finditer(ascii_digits(text))
    numbers += [digits(number[0]) for number in islice(found, _MOST_NUMBERS)]
    words: list[str] = []
    exact = dict.fromkeys(numbers + [ending_of(number) for number in numbers])
    most = len(exact) + _MOST_PLACES
    for piece in cut(fold(" ".join([*around, text]))[:_MOST_FOLDED]):
        if not piece.is_run:
            words.append(piece.text)
        elif len(exact) < most:
            exact.update(dict.fromkeys(places_of(piece.text[:_MOST_PLACES], piece.tells)))
    return IndexedText(
        words=" ".join(words), exact=tuple(exact)[:most], shown=one_line(text, LONGEST_SHOWN)
    )


def ending_of(number: str) -> str:
    """Write digits from the last on, as what begins so is found."""
    return ENDING + number[::-1]


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
    start = 0
    if first > _LEAD * 2:
        # Behind a space, where there is one.
        start = max(text.find(" ", first - _LEAD, first) + 1, first - _LEAD)
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
    for chunk in chunks().finditer(text):
        folded = fold(chunk[0])
        for piece in cut(folded):
            for begin, end in _inside(piece, wanted, beginnings):
                left, right = _as_written(chunk[0], folded, begin, end)
                yield chunk.start() + left, chunk.start() + right
    if not (wanted.numbers or wanted.endings):
        return
    for found in NUMBER.finditer(ascii_digits(text)):
        number = digits(found[0])
        if number.startswith(wanted.numbers) or number.endswith(wanted.endings):
            yield found.span()


def _inside(piece: Piece, wanted: Wanted, beginnings: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield what of a piece was found, as places in the folded text."""
    if not piece.is_run:
        if piece.text in wanted.words or piece.text.startswith(beginnings):
            yield piece.begin, piece.begin + len(piece.text)
        return
    for run in wanted.runs:
        at = piece.text.find(run)
        while at >= 0:
            yield piece.begin + at, piece.begin + at + len(run)
            at = piece.text.find(run, at + len(run))


def _as_written(chunk: str, folded: str, begin: int, end: int) -> tuple[int, int]:
    """Say where what was found stands in the text as it was written, with all its marks."""
    if len(chunk) == len(folded):
        return begin, end
    origin: list[int] = []
    for at, char in enumerate(chunk):
        origin += [at] * len(fold(char))
    if len(origin) != len(folded):
        return 0, len(chunk)
    return origin[begin], origin[end] if end < len(origin) else len(chunk)


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
