"""HTML mail made safe to show: what of its markup may stay. Knows neither page nor message.

Cleaned once and kept: with remote images, and without. Of mail that would take a parser too long
only the text is kept.
"""

import re
import sys
from dataclasses import dataclass
from html import escape

import nh3

from domain.html_nesting import can_be_parsed
from domain.html_text import text_of

# A higher number has all mail cleaned anew that is kept.
CLEANING = 2

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd",
    "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
    "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "dir", "lang", "style", "title", "valign"},
    "a": {"href"},
    "col": {"span", "width"},
    "font": {"color", "face", "size"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"colspan", "height", "rowspan", "width"},
    "th": {"colspan", "height", "rowspan", "scope", "width"},
}
# No property that can fetch something, lie over something else or run away with the layout.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color",
    "border-left", "border-radius", "border-right", "border-spacing", "border-style", "border-top",
    "border-width", "color", "direction", "font-family", "font-size", "font-style", "font-weight",
    "height", "letter-spacing", "line-height", "max-width", "padding", "padding-bottom",
    "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent",
    "text-transform", "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "data", "cid"}
_OF_THE_MAIL = re.compile(r"cid:", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,", re.IGNORECASE)
# Also without a scheme, and plain HTTP, which a browser asks for by HTTPS where a page came so:
# https://www.w3.org/TR/mixed-content/#upgrade-algorithm
_REMOTE = re.compile(r"(?:https?:)?(?=[/\\\\]{2})|https?:", re.IGNORECASE)
# https://www.w3.org/TR/css-images-4/#image-values and https://www.w3.org/TR/css-values-4/#urls
_FETCHES = re.compile(r"url|src|image|cross-fade|element|paint", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_TABS_AND_LINES = re.compile(r"[\t\n\r]")
_BLANKS = "".join(map(chr, range(0x21)))

_TEXT_ALONE = (
    "<p><em>This mail is built too intricately to be shown. Its text:</em></p><p>{text}</p>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanMail:
    """`html` fetches nothing; `html_with_images` fetches remote images, None where it has none.

    Images that came with the mail stand in both as the mail names them (`cid:`).
    """

    html: str
    html_with_images: str | None = None


def clean_mail(html: str) -> CleanMail:
    """Keep what a mail needs to look as meant and nothing that acts; in time linear in its length.

    Takes up to a second for each megabyte, or two with remote images; lets other threads run.
    """
    if not can_be_parsed(html):
        return CleanMail(html=_TEXT_ALONE.format(text=escape(text_of(html))))
    keep = _Attributes(keeps_remote=False)
    cleaned = _clean(html, keep)
    if not keep.has_remote:
        return CleanMail(html=cleaned)
    return CleanMail(html=cleaned, html_with_images=_clean(html, _Attributes(keeps_remote=True)))


def _clean(html: str, attributes: "_Attributes") -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "noscript", "template", "svg", "math"},
        attributes=_ATTRIBUTES,
        attribute_filter=attributes.keep,
        filter_style_properties=_STYLES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )


class _Attributes:
    """Decides on the value of each attribute, as the parser read it; notes remote images."""

    def __init__(self, *, keeps_remote: bool) -> None:
        self.has_remote = False
        self._keeps_remote = keeps_remote

    def keep(self, tag: str, name: str, value: str) -> str | None:
        """Return a value that is harmless, or None."""
        if tag == "img" and name == "src":
            return self._image(_without_blanks(value))
        if name == "href" and _without_blanks(value).lower().startswith(("data:", "cid:")):
            return None
        return _without_fetching(value) if name == "style" else value

    def _image(self, address: str) -> str | None:
        if _DATA_IMAGE.match(address) or _OF_THE_MAIL.match(address):
            return address
        remote = _REMOTE.match(address)
        if remote is None:
            return None
        self.has_remote = True
        return f"https:{address[remote.end() :]}" if self._keeps_remote else None


def _without_blanks(address: str) -> str:
    """Read an address as a browser does: https://url.spec.whatwg.org/#concept-basic-url-parser."""
    return _TABS_AND_LINES.sub("", address).strip(_BLANKS)


def _without_fetching(style: str) -> str:
    """Leave out what could fetch; nh3 then keeps of the rest what is a declaration we know."""
    declarations = _CSS_ESCAPE.sub(_character, style).split(";")
    return ";".join(part for part in declarations if not _FETCHES.search(part))


def _character(escape: re.Match[str]) -> str:
    if escape[2]:
        return escape[2]
    number = int(escape[1], 16)
    is_character = 0 < number <= sys.maxunicode and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_character else ""
