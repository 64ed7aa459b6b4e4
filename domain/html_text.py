"""The text of an HTML document, in time that grows with its length alone, whoever wrote it.

Finds tags where a browser's tokenizer does (https://html.spec.whatwg.org/multipage/parsing.html)
and builds no tree: a tree of hostile nesting takes time that grows with the square of its depth.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

# Every repetition is possessive: what was taken is never looked at again.
_ATTRIBUTES = r"""(?:[\t\n\f\r /]++
    |[^\t\n\f\r />][^\t\n\f\r />=]*+
     (?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^\t\n\f\r >]*+))?+)*+"""
_MARKUP = re.compile(
    rf"""<(?:
    !--(?:-?>|.*?(?:--!?>|\Z))                                          # a comment
    |(?P<end>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)(?P<attributes>{_ATTRIBUTES})(?:>|\Z)  # a tag
    |[!?/][^>]*+(?:>|\Z)                                                # what counts as a comment
    )""",
    re.VERBOSE | re.DOTALL,
)
_APART = frozenset({
    "blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "table", "td", "th", "tr", "ul",
})  # fmt: skip
# What stands in these is not shown, and no tag but their own end.
_NOT_SHOWN = {
    name: re.compile(rf"</{name}(?=[\t\n\f\r />])[^>]*+(?:>|\Z)", re.IGNORECASE)
    for name in ("script", "style", "title")
}
# Python refuses to read numbers of thousands of digits; the largest character has seven.
_LEADING_ZEROS = re.compile(r"&#0++(?=[0-9])")
_NO_CHARACTER = re.compile(r"&#[0-9]{8,}+;?")


class Tag(NamedTuple):
    """A tag, or a comment, which has no name. What is not shown belongs to the tag before it."""

    name: str
    is_end: bool
    attributes: str
    begin: int
    end: int


def text_of(html: str, enough: int | None = None) -> str:
    """Strip markup; what stands in different blocks stays apart, white space is folded.

    With `enough`, stop after about so many characters of text.
    """
    parts: list[str] = []
    length = 0
    for part in _parts(html):
        parts.append(part)
        length += len(part.strip())
        if enough is not None and length >= enough:
            break
    return " ".join(_characters_of("".join(parts)).split())


def tags_of(html: str) -> Iterator[Tag]:
    """Yield every tag that a browser would find, in its order."""
    position = 0
    while markup := _MARKUP.search(html, position):
        begin, position = markup.span()
        name = (markup["name"] or "").lower()
        is_end = bool(markup["end"])
        if name in _NOT_SHOWN and not is_end:
            end = _NOT_SHOWN[name].search(html, position)
            position = end.end() if end else len(html)
        yield Tag(name, is_end, markup["attributes"] or "", begin, position)


def _parts(html: str) -> Iterator[str]:
    """Yield what stands between tags, and a space for each end of a block."""
    position = 0
    for tag in tags_of(html):
        yield html[position : tag.begin]
        if tag.name in _APART:
            yield " "
        position = tag.end
    yield html[position:]


def _characters_of(raw: str) -> str:
    """Put the characters where references to them stand."""
    return unescape(_NO_CHARACTER.sub("\ufffd", _LEADING_ZEROS.sub("&#", raw)))
