"""Logging in with an API key, and out again. The key is seen once; the cookie is what stays.

A browser sends the cookie for anybody, so every form under it carries a token (page_request.py).
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.errors import BadCsrfToken, Refusal, TooManyRequests, Unavailable
from domain.web_session import COOKIE, hash_session
from inbox.http.auth import address_of
from inbox.http.body import read_body
from inbox.http.shared import Shared
from inbox.page.form import read_form
from inbox.page.html import PAGE_HEADERS, Pages
from inbox.page.page_request import HOME, LOGIN, PageRequest, page_route, refused
from store.database import DatabaseUnavailable
from store.web_sessions import delete_session, insert_session

_LASTS_SECONDS = 14 * 24 * 3600
_UNKNOWN_KEY = "This key is not known, or it works no more."
_TOO_MANY = "Too many keys that are not known were tried. Try again in {seconds} s."
_NO_ACCESS = "This key may neither read conversations nor operate Inlet."
_OPERATIONS = "/ops"
_OURS = frozenset({"same-origin", "none", ""})


def login_routes(shared: Shared, pages: Pages, new_token: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of the session; `new_token` makes 256 random bits of text."""

    async def show(request: Request) -> Response:
        place = _place(request.query_params.get("next", ""))
        return _form(pages, request, place)

    async def log_in(request: Request) -> Response:
        try:
            return await _log_in(request, shared, pages, new_token)
        except DatabaseUnavailable:
            return refused(pages, request, Unavailable("the database does not answer"))
        except Refusal as refusal:
            return refused(pages, request, refusal)

    async def log_out(page_request: PageRequest) -> Response:
        async with shared.pool.connection() as conn, conn.transaction():
            await delete_session(conn, hash_session(page_request.cookie))
        shared.door.forget(page_request.cookie)
        answer = RedirectResponse(LOGIN, 303, headers=PAGE_HEADERS)
        answer.delete_cookie(
            COOKIE,
            path="/",
            secure=_is_https(page_request.request, shared.public_url),
            httponly=True,
            samesite="strict",
        )
        return answer

    return [
        Route(LOGIN, show, methods=["GET"], name="page_login"),
        Route(LOGIN, log_in, methods=["POST"], name="page_log_in"),
        page_route(shared, pages, "/logout", "page_log_out", log_out, method="POST", scope=None),
    ]


async def _log_in(
    request: Request, shared: Shared, pages: Pages, new_token: Callable[[], str]
) -> Response:
    if request.headers.get("sec-fetch-site", "") not in _OURS:
        raise BadCsrfToken("log in from this page itself")
    form = read_form(await read_body(request), "").fields
    place = _place(form.get("next", ""))
    text = form.get("key", "").strip()
    try:
        key = await shared.door.of_key(text, address_of(request)) if text else None
    except TooManyRequests as refusal:
        return _put_off(pages, request, place, refusal)
    if key is None:
        return _form(pages, request, place, _UNKNOWN_KEY, 401)
    if not key.allows("conversations:read"):
        if not key.allows("operator"):
            return _form(pages, request, place, _NO_ACCESS, 403)
        place = place if _is_of_operations(place) else _OPERATIONS
    token = new_token()
    async with shared.pool.connection() as conn, conn.transaction():
        await insert_session(conn, key, hash_session(token), _LASTS_SECONDS)
    answer = RedirectResponse(place, 303, headers=PAGE_HEADERS)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=_LASTS_SECONDS,
        path="/",
        secure=_is_https(request, shared.public_url),
        httponly=True,
        samesite="strict",
    )
    return answer


def _put_off(pages: Pages, request: Request, place: str, refusal: TooManyRequests) -> Response:
    seconds = refusal.headers["Retry-After"]
    response = _form(pages, request, place, _TOO_MANY.format(seconds=seconds), refusal.status)
    response.headers["Retry-After"] = seconds
    return response


def _form(
    pages: Pages, request: Request, place: str, problem: str = "", status: int = 200
) -> Response:
    theme = request.cookies.get("inlet_theme", "")
    return pages.respond(
        "login.html",
        status,
        next=place,
        problem=problem,
        theme=theme if theme in ("light", "dark") else "",
    )


def _place(wanted: str) -> str:
    """Go on to where somebody wanted to be, if that is a place of the page."""
    parts = urlsplit(wanted) if wanted.isprintable() and "\\" not in wanted else urlsplit("")
    is_ours = not parts.scheme and not parts.netloc
    if is_ours and (parts.path == HOME or parts.path.startswith(f"{HOME}/c/")):
        return wanted
    return wanted if is_ours and _is_of_operations(parts.path) else HOME


def _is_of_operations(path: str) -> bool:
    return path == _OPERATIONS or path.startswith((f"{_OPERATIONS}/", f"{_OPERATIONS}?"))


def _is_https(request: Request, public_url: str) -> bool:
    """Say whether browsers come by TLS, which may end in front of this process."""
    return "https" in (request.url.scheme, urlsplit(public_url).scheme)
