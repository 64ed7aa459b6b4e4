"""Lets the pages of named origins call the API from a browser; off unless an origin is named.

Keys travel in `Authorization`, never in cookies, so no credentials are allowed across origins.
Everything outside `/api` stays closed.
"""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_API = "/api/"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REQUEST_HEADERS = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID",
)  # fmt: skip
_ANSWER_HEADERS = (
    "Idempotent-Replayed", "Inlet-Version", "Location", "RateLimit-Limit", "RateLimit-Remaining",
    "RateLimit-Reset", "Retry-After", "X-Request-Id",
)  # fmt: skip
_PREFLIGHT_SECONDS = 600


class ApiCors:
    """Surrounds an application, refusals included: a browser shows a page no other answer."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_REQUEST_HEADERS,
            expose_headers=_ANSWER_HEADERS,
            max_age=_PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] == "http" and scope["path"].startswith(_API)
        await (self._open if is_api else self._app)(scope, receive, send)


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Open the API to these origins; without any the application stays as it is."""
    return ApiCors(app, origins) if origins else app
