"""Plain text as HTML: links made, older mails below it apart. Escapes everything."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from markupsafe import Markup, escape

from domain.quoted_history import split_reply

_URL = re.compile(r"https?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_MOST_LINKS = 1_000  # who follows more? They make a page five times as long as the text
_TRAILING = ".,;:!?…)]}»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_LINK = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>')


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """`quoted` is older mails below what was written; empty where there are none."""

    written: Markup
    quoted: Markup


def show_texts(texts: Sequence[tuple[str, bool]]) -> list[ShownText]:
    """Make HTML of texts, each given with whether it may end with older mails."""
    halves = (_folded(text) if is_mail else (text, "") for text, is_mail in texts)
    return [
        ShownText(written=link_up(written), quoted=link_up(quoted)) for written, quoted in halves
    ]


def link_up(text: str) -> Markup:
    """Escape a text and make links of the addresses of pages in it, of the first thousand."""
    parts: list[Markup] = []
    done = 0
    for found in islice(_URL.finditer(text), _MOST_LINKS):
        url = _without_trailing(found[0])
        parts += [escape(text[done : found.start()]), _LINK.format(url)]
        done = found.start() + len(url)
    parts.append(escape(text[done:]))
    return Markup("").join(parts)


def _folded(text: str) -> tuple[str, str]:
    """Cut a mail in two: what was written with its signature, and older mails below it."""
    parts = split_reply(text)
    return (parts.reply + parts.signature).rstrip(), parts.history.strip("\r\n")


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
