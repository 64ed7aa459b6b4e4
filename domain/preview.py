"""The beginning of a message as one line, whatever it consists of. Knows no message type."""

from domain.html_text import text_of
from domain.message import BodyFormat
from domain.text import one_line

LONGEST_PREVIEW = 160
# What stands for a character is longer than the character.
_ENOUGH = 8 * LONGEST_PREVIEW
# Style sheets come before the text, and may be long; nobody writes so much of them.
_MOST_MARKUP = 256 * 1024


def preview(body: str, body_format: BodyFormat, attachments: int, subject: str | None) -> str:
    """Return the beginning of a message as one line of at most 160 characters."""
    text = text_of(body[:_MOST_MARKUP], _ENOUGH) if body_format == "html" else body
    line = one_line(text, LONGEST_PREVIEW)
    if line:
        return line
    if attachments:
        return "1 attachment" if attachments == 1 else f"{attachments} attachments"
    return one_line(subject or "", LONGEST_PREVIEW)
