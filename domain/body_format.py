"""Tells HTML from text where nobody says which it is. Knows no provider."""

import re

from domain.message import BodyFormat

_HTML = re.compile(
    r"\A\s*<(?:!doctype|!--|(?:html|head|body|div|p|table|span|br|h[1-6]|ul|ol|a|b|i|img)[\s/>])"
    r"|</(?:html|body|div|p|table|td|span|h[1-6]|ul|ol|li|a|b|i|em|strong|blockquote|pre)>"
    r"|<br\s*/?>",
    re.IGNORECASE,
)


def guess_format(body: str) -> BodyFormat:
    """Tell HTML from text by a tag at the start, or a closing tag or line break anywhere."""
    return "html" if _HTML.search(body) else "text"
