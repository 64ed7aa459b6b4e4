"""Templates into responses: one Jinja environment that escapes everything, one set of headers.

Knows no request and nothing of what the templates show.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

_TEMPLATES = Path(__file__).parent / "templates"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """Renders templates; `asset` in them is the URL of one of the page's own files.

    A template is looked for in `folders`, then among those of the inbox.
    """

    def __init__(self, asset: Callable[[str], str], *folders: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([*folders, _TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["asset"] = asset  # pyright: ignore[reportArgumentType]

    def text(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(values)

    def respond(self, template: str, status: int = 200, **values: Any) -> Response:
        """Render a whole page or a part of one."""
        return Response(
            self.text(template, **values), status, media_type="text/html", headers=PAGE_HEADERS
        )
