"""One request to the page: who makes it, in which zone, and what they are refused in plain words.

Knows no template's content and no statement.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from domain.actor import Actor
from domain.api_key import ApiKey, Scope
from domain.errors import (
    InletError,
    Malformed,
    MissingScope,
    NotFound,
    Refusal,
    Unauthorized,
    Unavailable,
)
from domain.multipart import Part
from domain.web_session import COOKIE, CSRF_FIELD, csrf_token
from inbox.http.auth import check_csrf
from inbox.http.body import MOST_BODY_BYTES, read_body
from inbox.http.metrics import timed
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.page.display_format import Clock, face, zone_of
from inbox.page.form import Form, read_form
from inbox.page.html import PAGE_HEADERS, Pages
from store.database import DatabaseUnavailable

HOME = "/inbox"
LOGIN = f"{HOME}/login"
FRAGMENT_HEADER = "x-fragment"
_THEMES = frozenset({"light", "dark"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Pages that belong together: where they begin, and how they say no."""

    home: str
    back: str
    gone: str
    no_access: str
    away: str


INBOX = Section(
    home=HOME,
    back="Back to the inbox",
    gone="The conversation is gone, or it was never yours to see.",
    no_access="Your key does not allow this: {detail}.",
    away="The database does not answer. Try again in a few seconds.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who looks at the page; `id` is None where the key speaks for no agent."""

    id: str | None
    name: str
    initials: str
    hue: int
    can_write: bool
    can_reply: bool
    can_manage: bool
    can_operate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """An admitted request. `form` is empty for GET; its token has been checked.

    `fingerprint` is the same for a form that is sent again as it was.
    """

    request: Request
    key: ApiKey
    cookie: str
    shared: Shared
    pages: Pages
    clock: Clock
    form: Mapping[str, str]
    files: Sequence[Part] = ()
    fingerprint: bytes = b""

    @property
    def csrf(self) -> str:
        return csrf_token(self.cookie)

    @property
    def theme(self) -> str:
        chosen = self.request.cookies.get("inlet_theme", "")
        return chosen if chosen in _THEMES else ""

    @property
    def actor(self) -> Actor:
        return Actor(
            customer_id=self.key.customer_id,
            agent_id=self.key.agent_id,
            key_id=self.key.id,
            request_id=self.request.scope.get("request_id"),
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return self.request.query_params.multi_items()

    def me(self, name: str | None) -> Me:
        """Describe the visitor; `name` is that of their agent."""
        shown = name or self.key.name
        drawn = face(shown, self.key.agent_id)
        return Me(
            id=self.key.agent_id,
            name=shown,
            initials=drawn.initials,
            hue=drawn.hue,
            can_write=self.key.allows("conversations:write"),
            can_reply=self.key.allows("messages:write"),
            can_manage=self.key.allows("inbox:manage"),
            can_operate=self.key.allows("operator"),
        )

    def path_id(self, missing: str = "there is nothing at this path") -> str:
        """Return the id that the path names; `missing` says what there is not.

        Raises: NotFound.
        """
        found = parse_id(self.request.path_params["id"])
        if found is None:
            raise NotFound(missing)
        return found

    def field(self, name: str) -> str:
        """Return a field of the form.

        Raises: Malformed where the form has none.
        """
        if name not in self.form:
            raise Malformed(f"the form must have the field {name}")
        return self.form[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    status: int
    code: str
    heading: str
    sentence: str
    href: str
    link: str
    request_id: str = ""


Handler = Callable[[PageRequest], Awaitable[Response]]


def page_route(
    shared: Shared,
    pages: Pages,
    path: str,
    name: str,
    handler: Handler,
    *,
    method: str = "GET",
    scope: Scope | None = "conversations:read",
    section: Section = INBOX,
    most_bytes: int = MOST_BODY_BYTES,
) -> Route:
    """Make a route; refusals are shown as pages, or as problems to the page's own modules.

    Without a scope any key will do. A form has up to `most_bytes`.
    """

    async def answer(request: Request) -> Response:
        try:
            with timed(name):
                return await _admit_and_run(request)
        except Refusal as refusal:
            if request.headers.get(FRAGMENT_HEADER):
                raise
            return refused(pages, request, refusal, section)

    async def _admit_and_run(request: Request) -> Response:
        try:
            page_request = await _admit(request, shared, pages, scope, most_bytes)
            return await handler(page_request)
        except DatabaseUnavailable as error:
            raise Unavailable("the database does not answer") from error

    return Route(f"{section.home}{path}", answer, methods=[method], name=name)


async def _admit(
    request: Request, shared: Shared, pages: Pages, scope: Scope | None, most_bytes: int
) -> PageRequest:
    cookie = request.cookies.get(COOKIE, "")
    key = await shared.door.of_cookie(cookie) if cookie else None
    if key is None:
        raise Unauthorized("log in first")
    form = Form()
    if request.method == "POST":
        content = await read_body(request, most_bytes)
        form = read_form(content, request.headers.get("content-type", ""))
        check_csrf(form.fields.get(CSRF_FIELD, ""), cookie)
    if scope and not key.allows(scope):
        raise MissingScope(f"this needs the scope {scope}")
    return PageRequest(
        request=request,
        key=key,
        cookie=cookie,
        shared=shared,
        pages=pages,
        clock=Clock(shared.clock(), zone_of(_zone_name(request))),
        form=form.fields,
        files=form.files,
        fingerprint=form.fingerprint,
    )


def refused(pages: Pages, request: Request, refusal: Refusal, section: Section = INBOX) -> Response:
    """Say no in words a person can act on; who is not logged in is asked to."""
    place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if isinstance(refusal, Unauthorized):
        wanted = f"?next={quote(place)}" if request.method == "GET" else ""
        return RedirectResponse(LOGIN + wanted, 303, headers=PAGE_HEADERS)
    heading, sentence = _words_of(refusal, section)
    back = INBOX if isinstance(refusal, MissingScope) else section
    is_passing = isinstance(refusal, Unavailable) and request.method == "GET"
    theme = request.cookies.get("inlet_theme", "")
    view = RefusalView(
        status=refusal.status,
        code=refusal.code,
        heading=heading,
        sentence=sentence,
        href=place if is_passing else back.home,
        link="Try again" if is_passing else back.back,
        request_id=request.scope.get("request_id", ""),
    )
    return pages.respond(
        "refused.html",
        refusal.status,
        refusal=view,
        theme=theme if theme in _THEMES else "",
    )


def _words_of(refusal: InletError, section: Section) -> tuple[str, str]:
    match refusal:
        case NotFound():
            return "Nothing here", section.gone
        case MissingScope():
            return "No access", section.no_access.format(detail=refusal.detail)
        case Unavailable():
            return "One moment", section.away
        case Refusal():
            return refusal.title, f"{refusal.detail[:1].upper()}{refusal.detail[1:]}."
        case _:
            return "Something failed", "It was not you. The log names the cause."


def _zone_name(request: Request) -> str:
    return request.cookies.get("inlet_zone", "").replace("%2F", "/")[:64]
