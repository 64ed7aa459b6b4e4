"""How a text is cut into what can be found, in one way for messages and for queries. Pure.

A word is letters and digits with their marks, without case, accents and strokes. What is written
without spaces, a run, has no words: each place in it is known by the few characters from there on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from unicodedata import category, combining, normalize

LONGEST_WORD = 64
_MOST_MARKS = 30

# Han, kana and hangul: there are many, and two are telling. Korean has spaces, but not where its
# words are joined.
_IDEOGRAPHS = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u3099"
    "\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U000323af"
)
# Thai, Lao, Burmese and Khmer, without their digits: alphabets, of which three are telling.
_ALPHABETS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u103f\u104e\u1050-\u108f\u109a-\u109d"
    "\u1780-\u17d3\u17d7\u17dc\u17dd\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"
)
_RUNS = f"(?P<two>[{_IDEOGRAPHS}]++)|(?P<three>[{_ALPHABETS}]++)"
_LETTER = rf"[^\W_{_IDEOGRAPHS}{_ALPHABETS}]"
_ASCII_WORD = re.compile(rf"[^\W_]{{1,{LONGEST_WORD}}}")

# Accents, and points that readers of Arabic and Hebrew do without; a letter that is only drawn
# longer; and what is never seen: soft hyphens, joiners, marks of direction, selectors of a glyph.
_DROPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u00ad\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef]"
)
# Letters that are another with a stroke, a hook or a missing dot, and two letters drawn as one:
# Unicode has no decomposition of them.
_PLAIN = {
    **dict(zip(
        "ƀɓƃƈȼđɖɗƌðɇƒǥɠħⱨıɨɉȷƙⱪĸłƚɫⱡɱɲƞŋøɵƥᵽɋɍɽȿŧƭʈⱦʉʋⱳƴɏƶȥɀⱬ",
        "bbbccdddddefgghhiijjkkkllllmnnnooppqrrsttttuvwyyzzzz",
        strict=True,
    )),
    "æ": "ae", "œ": "oe", "þ": "th",
    # Kaf and yeh of Persian, and a yeh that Egypt writes without its points.
    "\u06a9": "\u0643", "\u06cc": "\u064a", "\u0649": "\u064a",
}  # fmt: skip
# The noughts of the scripts in use; the other digits of each follow its nought.
_NOUGHTS = "٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀០᠐\uff10"
_DIGITS = {ord(nought) + digit: str(digit) for nought in _NOUGHTS for digit in range(10)}
_NOT_PLAIN = re.compile(f"[{''.join(_PLAIN)}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A word, or a run and how many characters of it tell a place; `begin` is where it stands."""

    text: str
    begin: int
    tells: int = 0

    @property
    def is_run(self) -> bool:
        return self.tells > 0


def cut(folded: str) -> Iterator[Piece]:
    """Cut a text that was folded."""
    if folded.isascii():
        for found in _ASCII_WORD.finditer(folded):
            yield Piece(text=found[0], begin=found.start())
        return
    for found in _pieces().finditer(folded):
        tells = 2 if found["two"] else 3 if found["three"] else 0
        yield Piece(text=found[0], begin=found.start(), tells=tells)


def words_of(text: str) -> list[str]:
    """Cut a text into words without case and accents, leaving runs out."""
    folded = fold(text)
    if folded.isascii():
        return _ASCII_WORD.findall(folded)
    return [piece.text for piece in cut(folded) if not piece.is_run]


def places_of(run: str, tells: int) -> Iterator[str]:
    """Name each place of a run: every part of it is then the beginning of one."""
    return (run[at : at + tells] for at in range(len(run)))


def whole_places_of(run: str, tells: int) -> tuple[str, ...]:
    """Name the places of whatever holds this run; none where it is too short to be one."""
    return tuple(run[at : at + tells] for at in range(len(run) - tells + 1))


def ascii_digits(text: str) -> str:
    """Write the digits of every script as 0 to 9, each in its place."""
    return text if text.isascii() else text.translate(_DIGITS)


def fold(text: str) -> str:
    """Drop case, accents, strokes, what is not seen, and what script digits are of."""
    if text.isascii():
        return text.lower()
    plain = normalize("NFKC", _stream_safe(ascii_digits(text)))
    folded = normalize("NFD", plain.casefold())
    folded = normalize("NFC", _DROPPED.sub("", folded))
    return _NOT_PLAIN.sub(lambda found: _PLAIN[found[0]], folded)


@cache
def chunks() -> re.Pattern[str]:
    """Find, in a text as it was written, what may hold pieces: no piece is cut in two."""
    return re.compile(rf"(?:[^\W_]|[{_marks()}]|{_DROPPED.pattern})++")


@cache
def _pieces() -> re.Pattern[str]:
    most = LONGEST_WORD - 1
    return re.compile(rf"{_RUNS}|(?:{_LETTER}(?:{_LETTER}|[{_marks()}]){{0,{most}}}+)")


@cache
def _marks() -> str:
    """List the marks of all scripts in use, as ranges; they are no letters to `re`."""
    spans: list[list[int]] = []
    for code in range(0x300, 0x12000):
        if category(chr(code)).startswith("M"):
            if spans and spans[-1][1] == code - 1:
                spans[-1][1] = code
            else:
                spans.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in spans)


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
