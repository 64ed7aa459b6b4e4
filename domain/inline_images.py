"""Images that came with a mail, put where its clean HTML names them (`cid:`).

They go into the document itself: a frame that may do nothing may not fetch with a cookie either.
Only what begins like an image of a kind that browsers show, and that holds no script, is one. Pure.
Source: RFC 2392
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import unquote

from domain.file_type import image_type

_IMAGE = re.compile(r'(<img(?: [a-z]+="[^"]*")*?) src="cid:([^"]*)"', re.IGNORECASE)


def content_ids_in(html: str) -> list[str]:
    """List the Content-IDs of the images that clean HTML shows, each once."""
    return list(dict.fromkeys(_content_id(found[2]) for found in _IMAGE.finditer(html)))


def with_images(html: str, files: Mapping[str, bytes]) -> str:
    """Put images in their places, by Content-ID; a place without one is left empty."""
    written = {content_id: _data_url(content) for content_id, content in files.items()}

    def put(found: re.Match[str]) -> str:
        url = written.get(_content_id(found[2]))
        return f'{found[1]} src="{escape(url)}"' if url else found[1]

    return _IMAGE.sub(put, html)


def _content_id(written: str) -> str:
    return unquote(unescape(written)).strip("<> ")


def _data_url(content: bytes) -> str | None:
    kind = image_type(content)
    return f"data:{kind};base64,{b64encode(content).decode()}" if kind else None
