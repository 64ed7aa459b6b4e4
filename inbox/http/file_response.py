"""Hands out a file that somebody sent: to be kept, never to be shown or run. Knows no route."""

import re
from urllib.parse import quote

from starlette.responses import Response

from store.files import StoredFile

_LONGEST_NAME = 150
_NOT_IN_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MOST_POSITION = 1_000_000


def parse_position(text: str) -> int | None:
    """Read which file of a message is meant; None where there can be none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_POSITION))
    return int(text) if is_number else None


def file_response(file: StoredFile) -> Response:
    """Answer with a file. What the sender says that it is, is not repeated."""
    name = quote(safe_name(file.filename), safe="")
    return Response(
        file.content,
        media_type="application/octet-stream",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


def safe_name(given: str | None) -> str:
    """Return the last part of a name, without what would move or disguise the file."""
    last = re.split(r"[/\\]", _NOT_IN_A_NAME.sub("", given or ""))[-1].strip(" .")
    if len(last) > _LONGEST_NAME:
        stem, dot, ending = last.rpartition(".")
        ending = dot + ending if stem and len(ending) < 10 else ""
        last = last[: _LONGEST_NAME - len(ending)] + ending
    return last or "attachment"
