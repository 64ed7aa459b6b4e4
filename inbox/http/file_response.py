"""Hands out a file that somebody sent: to be kept, never to be shown or run. Knows no route."""

from urllib.parse import quote

from starlette.responses import Response

from domain.file_name import safe_name
from store.files import StoredFile

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
