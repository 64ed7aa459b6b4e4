"""Whether a document can be made a tree in time: a parser's time grows with what is open at a tag.

Counts at least as much as is open in a parser that follows
https://html.spec.whatwg.org/multipage/parsing.html; mail that people write stays far below each
limit. Knows no message.
"""

import re
from collections import Counter

from domain.html_text import Tag, tags_of

_MOST_OPEN = 1_000
_MOST_ATTRIBUTES = 200
# A parser opens formatting anew in each block, and moves what stands in a table outside its cells.
_MOST_OPENED_ANEW = 1_000_000
_MOST_MISPLACED = 1_000

_LONG_TAG = 1_000
_ATTRIBUTE = re.compile(r"""[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"']++))?+""")
_EMPTY = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
})  # fmt: skip
_FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
_CELLS = frozenset({"caption", "td", "th"})
_PARTS_OF_TABLES = _CELLS | {"colgroup", "tbody", "tfoot", "thead", "tr"}
# The next of its kind ends these, but within SVG and MathML.
_ENDED_BY_THE_NEXT = _PARTS_OF_TABLES | {"p"}
# A parser reads what is in these in another way than `tags_of`.
_READ_OTHERWISE = frozenset({
    "iframe", "math", "noembed", "noframes", "noscript", "plaintext", "svg", "template", "textarea",
    "xmp",
})  # fmt: skip
# An end tag within these does not reach what is open around them.
_BARRIERS = frozenset({"applet", "marquee", "object", "select"})


def can_be_parsed(html: str) -> bool:
    """Say whether a parser needs no more than about a second for each megabyte."""
    nesting = _Nesting()
    return all(nesting.take(tag) for tag in tags_of(html))


class _Nesting:
    """What is open around all tables, and within each table that is open."""

    def __init__(self) -> None:
        self._levels: list[Counter[str]] = [Counter()]
        self._open = 0
        self._open_formatting = 0
        self._opened_anew = 0
        self._misplaced = 0
        self._is_in_cell = False
        self._is_certain = True

    def take(self, tag: Tag) -> bool:
        """Go on by a tag; say whether every limit is still kept."""
        if not tag.name:
            return True  # a comment
        if tag.name in _READ_OTHERWISE:
            self._is_certain = False
        self._opened_anew += self._open_formatting
        self._place(tag)
        if tag.name in _EMPTY or (self._is_certain and tag.name in _ENDED_BY_THE_NEXT):
            pass
        elif tag.is_end:
            self._close(tag.name)
        else:
            self._open_element(tag.name)
        return (
            self._open <= _MOST_OPEN
            and self._opened_anew <= _MOST_OPENED_ANEW
            and self._misplaced <= _MOST_MISPLACED
            and (len(tag.attributes) <= _LONG_TAG or _attribute_count(tag) <= _MOST_ATTRIBUTES)
        )

    def _place(self, tag: Tag) -> None:
        """Count what stands in a table but in none of its cells."""
        if tag.name in _PARTS_OF_TABLES:
            self._is_in_cell = self._is_certain and tag.name in _CELLS and not tag.is_end
        elif tag.name != "table" and len(self._levels) > 1:
            self._misplaced += not (self._is_in_cell and self._is_certain)

    def _open_element(self, name: str) -> None:
        if name == "table":
            self._levels.append(Counter())
            self._is_in_cell = False
        self._levels[-1][name] += 1
        self._open += 1
        self._open_formatting += name in _FORMATTING

    def _close(self, name: str) -> None:
        """Close an element of the innermost table; what else is open there may stay open."""
        if not self._is_certain or name in _BARRIERS or not self._levels[-1][name]:
            return
        self._levels[-1][name] -= 1
        self._open -= 1
        self._open_formatting -= name in _FORMATTING
        if name == "table":
            self._levels[-2].update(self._levels.pop())
            self._is_in_cell = True


def _attribute_count(tag: Tag) -> int:
    return sum(1 for _ in _ATTRIBUTE.finditer(tag.attributes))
