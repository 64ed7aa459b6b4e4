"""The beginning of a message as one line, whatever it consists of. Knows no message type."""

import re
from html import unescape

import nh3

from domain.message import BodyFormat
from domain.text import one_line

LONGEST_PREVIEW = 160
_PREVIEWED_HTML = 20_000
_BLOCK = re.compile(
    r"<(?:br|hr|/?(?:p|div|table|tr|td|th|ul|ol|li|h[1-6]|blockquote|pre))\b", re.IGNORECASE
)


def preview(body: str, body_format: BodyFormat, attachments: int, subject: str | None) -> str:
    """Return the beginning of a message as one line of at most 160 characters."""
    text = text_of(body[:_PREVIEWED_HTML]) if body_format == "html" else body
    line = one_line(text, LONGEST_PREVIEW)
    if line:
        return line
    if attachments:
        return "1 attachment" if attachments == 1 else f"{attachments} attachments"
    return one_line(subject or "", LONGEST_PREVIEW)


def text_of(html: str) -> str:
    """Strip markup; what stands in different blocks stays apart, white space is folded."""
    apart = _BLOCK.sub(r" \g<0>", html)
    bare = nh3.clean(apart, tags=set(), clean_content_tags={"script", "style", "title"})
    return " ".join(unescape(bare).split())
