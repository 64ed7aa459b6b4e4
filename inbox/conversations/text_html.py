"""Plain text as HTML: links made, the quoted tail of a mail cut off. Escapes everything."""

import re
from itertools import takewhile

from markupsafe import Markup, escape

_URL = re.compile(r"https?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?…)]}»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_LINK = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>')

_QUOTED = re.compile(r"^\s*>")
_BREAK = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine)\s*-{2,}"
    r"|_{10,})\s*$",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(r"^\s*(?:on|am|le|el|op|il|em)\b.{5,200}:\s*$", re.IGNORECASE)
_LONGEST_ATTRIBUTION = 3


def link_up(text: str) -> Markup:
    """Escape a text and make links of the addresses of pages in it."""
    parts: list[Markup] = []
    done = 0
    for found in _URL.finditer(text):
        url = _without_trailing(found[0])
        parts += [escape(text[done : found.start()]), _LINK.format(url)]
        done = found.start() + len(url)
    parts.append(escape(text[done:]))
    return Markup("").join(parts)


def fold_quoted(text: str) -> tuple[str, str]:
    """Cut a mail in two: what was written, and the older mail below it; empty where there is none.

    Only a tail is cut off: an answer between quoted lines is read together with them.
    """
    lines = text.rstrip().splitlines()
    broken_at = next((at for at, line in enumerate(lines) if at and _BREAK.match(line)), None)
    if broken_at is not None:
        return _halves(lines, broken_at)
    tail = sum(1 for _ in takewhile(_is_quoted_or_blank, reversed(lines)))
    begin = len(lines) - tail
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    if begin == len(lines):
        return text, ""
    return _halves(lines, _with_attribution(lines, begin))


def _is_quoted_or_blank(line: str) -> bool:
    return not line.strip() or _QUOTED.match(line) is not None


def _with_attribution(lines: list[str], begin: int) -> int:
    """Take "On Monday, Ann wrote:" along, which mail programs break over up to three lines."""
    at = begin
    while at and not lines[at - 1].strip():
        at -= 1
    for count in range(1, _LONGEST_ATTRIBUTION + 1):
        first = at - count
        if first >= 0 and _ATTRIBUTION.match(" ".join(lines[first:at])):
            return first
    return begin


def _halves(lines: list[str], at: int) -> tuple[str, str]:
    written = "\n".join(lines[:at]).rstrip()
    quoted = "\n".join(lines[at:]).strip("\n")
    return (written, quoted) if written else ("\n".join(lines), "")


def _without_trailing(url: str) -> str:
    """Leave out the punctuation that a sentence puts behind an address."""
    unopened = {
        closing: url.count(closing) - url.count(opener) for closing, opener in _PAIRS.items()
    }
    length = len(url)
    while length and url[length - 1] in _TRAILING:
        last = url[length - 1]
        if last in unopened:
            if unopened[last] <= 0:
                break
            unopened[last] -= 1
        length -= 1
    return url[:length]
