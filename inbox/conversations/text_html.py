"""Plain text as HTML, with links made. Escapes everything."""

import re

from markupsafe import Markup, escape

_URL = re.compile(r"https?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?…)]}»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_LINK = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>')


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
