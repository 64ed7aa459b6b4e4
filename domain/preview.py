"""The beginning of a message as one line, whatever it consists of. Knows no message type."""

import re

from domain.html_text import text_of
from domain.message import BodyFormat
from domain.text import one_line

LONGEST_PREVIEW = 160
# What stands for a character is longer than the character.
_ENOUGH = 8 * LONGEST_PREVIEW
# Style sheets come before the text, and may be long; nobody writes so much of them.
_MOST_MARKUP = 256 * 1024
# Newsletters fill the line after their first words with characters that nobody sees.
_UNSEEN = "\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\ufeff"
_PADDING = re.compile(rf"[\s{_UNSEEN}]{{3,}}")
_BLANK = re.compile(rf"[\s{_UNSEEN}]*+")


def preview(body: str, body_format: BodyFormat, attachments: int, subject: str | None) -> str:
    """Return the beginning of a message as one line of at most 160 characters."""
    if body_format == "html":
        body = body[:_MOST_MARKUP]
        line = _line(text_of(body, _ENOUGH))
        # Padding is written with many characters for each that is not seen.
        if len(line) < LONGEST_PREVIEW and len(body) > _ENOUGH:
            line = _line(text_of(body))
    else:
        line = _line(body)
    if line:
        return line
    if attachments:
        return "1 attachment" if attachments == 1 else f"{attachments} attachments"
    return one_line(subject or "", LONGEST_PREVIEW)


def _line(text: str) -> str:
    blank = _BLANK.match(text)
    begin = blank.end() if blank else 0
    return one_line(_PADDING.sub(" ", text[begin : begin + _ENOUGH]), LONGEST_PREVIEW)
