"""The document that shows an HTML mail, for a sandboxed frame. Knows no message.

Three walls, each enough alone: the markup is cleaned, the document's own policy allows no script,
and the frame has neither scripts nor our origin. Remote images stay away until somebody asks. In
the dark a mail is shown inverted, its images as they are: few are written for it.
"""

from domain.long_texts import LongTexts
from domain.mail_html import clean_mail

_SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox"
_FRAME = """<!doctype html>
<html><head><meta charset="utf-8"><title>Message</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
html {{ color-scheme: light; background: #fff; }}
@media (prefers-color-scheme: dark) {{
html {{ color-scheme: dark; background: none; filter: invert(1) hue-rotate(180deg); }}
a {{ color: #0b4fc4; }}
img {{ filter: invert(1) hue-rotate(180deg); }}
}}
body {{ margin: 0; padding: 4px; color: #181b22; overflow-wrap: anywhere;
font: 14px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
img {{ max-width: 100%; height: auto; }} img:not([src]) {{ display: none; }}
table {{ max-width: 100%; }}
blockquote {{ margin: 8px 0; padding-left: 12px; border-left: 2px solid #c9ced8; color: #454d5b; }}
pre {{ white-space: pre-wrap; }}
</style></head><body dir="auto">
{body}
</body></html>
"""


async def clean_in_turn(long_texts: LongTexts, html: str, *, shows_images: bool) -> str:
    """Clean a mail that is not kept clean; long ones come one after the other."""
    mail = await long_texts.work_on(len(html), clean_mail, html)
    return mail.html_with_images or mail.html if shows_images else mail.html


def frame_document(html: str) -> str:
    """Write the document of a frame; `html` is clean."""
    return _FRAME.format(body=html)


def frame_headers(*, shows_images: bool) -> dict[str, str]:
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
