"""Whether a body is HTML or text: what its sender says, else what it looks like.

Knows no provider. A text may speak of tags, so a guess takes for HTML only a whole document.
"""

import re

from domain.media_type import media_type
from domain.message import BodyFormat

_TOLD: dict[object, BodyFormat] = {
    "text": "text", "text/plain": "text", "plain": "text", "html": "html", "text/html": "html",
}  # fmt: skip
_DOCUMENT = re.compile(
    r"\A[\s\ufeff]*(?:<!--.{0,1000}?-->\s*|<\?xml[^>]{0,200}>\s*)*+"
    r"<(?:!doctype\s+html|html|head|body|title|style)[\s/>]",
    re.IGNORECASE | re.DOTALL,
)
# What mail programs write without a document around it: from a block's tag to a tag.
_FRAGMENT = re.compile(
    r"\A[\s\ufeff]*<(?:div|p|table|h[1-6]|ul|ol|blockquote|center|section|article|span)[\s>]",
    re.IGNORECASE,
)
_TAG_AT_END = re.compile(r"<(?:/?[a-z][a-z0-9]*+(?:\s[^<>]*+)?+/?|!--[^<>]*--)>\Z", re.IGNORECASE)
_LONGEST_TAG = 2_000


def guess_format(body: str) -> BodyFormat:
    """Take for HTML what begins like a document, or is a fragment of one from tag to tag."""
    if _DOCUMENT.match(body):
        return "html"
    if _FRAGMENT.match(body) and _TAG_AT_END.search(body.rstrip()[-_LONGEST_TAG:]):
        return "html"
    return "text"


def told_body(
    body: str | None, body_type: object, text: str | None, html: str | None
) -> tuple[str | None, BodyFormat]:
    """Choose what is shown of a mail: its HTML, else its text, else the body of either kind.

    A field that is empty says nothing. Where `body_type` is no word for either, it is guessed.
    """
    if html and html.strip():
        return html, "html"
    if text and text.strip():
        return text, "text"
    if body is None:
        return (text, "text") if html is None else (html, "html")
    told = _TOLD.get(media_type(body_type)) if isinstance(body_type, str) else None
    return body, told or guess_format(body)
