"""HTML mail made safe: what may stay in it, and the document that a sandboxed frame shows.

Three walls, each enough alone: the markup is cleaned, the document's own policy allows no script,
and the frame has neither scripts nor our origin. Remote images stay away until somebody asks.
"""

import re
from collections.abc import Callable
from html import escape

import nh3

from domain.html_nesting import can_be_parsed
from domain.html_text import text_of

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
_SCHEMES = {"http", "https", "mailto", "tel", "data"}
_REMOTE = re.compile(r"""<img\b[^<>]*?[\s/"']src\s*+=\s*+["']?\s*+https:""", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,", re.IGNORECASE)

_SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox"
_FRAME = """<!doctype html>
<html><head><meta charset="utf-8"><title>Message</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
html {{ color-scheme: light; background: #fff; }}
body {{ margin: 0; padding: 4px; color: #181b22; overflow-wrap: anywhere;
font: 14px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
@media (prefers-color-scheme: dark) {{ body {{ padding: 12px; }} }}
img {{ max-width: 100%; height: auto; }} img:not([src]) {{ display: none; }}
table {{ max-width: 100%; }}
blockquote {{ margin: 8px 0; padding-left: 12px; border-left: 2px solid #c9ced8; color: #454d5b; }}
pre {{ white-space: pre-wrap; }}
</style></head><body dir="auto">
{body}
</body></html>
"""
_TEXT_ALONE = (
    "<p><em>This mail is built too intricately to be shown. Its text:</em></p><p>{text}</p>"
)


def mail_document(html: str, *, shows_images: bool) -> str:
    """Write the document of a frame; of a mail that takes too long to clean, the text alone.

    Takes up to a second for each megabyte.
    """
    if not can_be_parsed(html):
        return _FRAME.format(body=_TEXT_ALONE.format(text=escape(text_of(html))))
    return _FRAME.format(body=clean(html, shows_images=shows_images))


def mail_headers(*, shows_images: bool) -> dict[str, str]:
    """Return what goes with such a document."""
    images = "https: data:" if shows_images else "data:"
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {images}; "
        f"frame-ancestors 'self'; base-uri 'none'; form-action 'none'; {_SANDBOX}"
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
    }


def clean(html: str, *, shows_images: bool) -> str:
    """Keep what a mail needs to look as meant and nothing that acts or fetches."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "noscript", "template", "svg", "math"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute_filter(shows_images),
        filter_style_properties=_STYLES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )


def has_remote_images(html: str) -> bool:
    """Say whether a mail would fetch something if it could."""
    return _REMOTE.search(html) is not None


def _attribute_filter(shows_images: bool) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            is_inside = _DATA_IMAGE.match(value) is not None
            is_remote = value.lower().startswith("https://")
            return value if is_inside or (is_remote and shows_images) else None
        if name == "href" and value.lower().lstrip().startswith("data:"):
            return None
        if name == "style" and "url(" in value.lower().replace("\\", ""):
            return None
        return value

    return keep
