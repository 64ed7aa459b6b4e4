"""Making and changing a hook by a form. What is wrong with it is said beside what was typed.

A secret is shown in the answer to the form that made it, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.responses import RedirectResponse, Response

from domain.errors import Conflict, Refusal, ValidationFailed, VersionMismatch
from domain.hook import EVENT_TYPES
from inbox.hooks.hooks import HookChange, HookKit, WantedHook, add_hook, change_hook, get_hook
from inbox.hooks.list_page import hook_page, named_hook
from inbox.hooks.page_views import HOOKS
from inbox.operations.channel_menu import channel_choices
from inbox.operations.done_message import done_link
from inbox.operations.page_frame import show
from inbox.operations.page_views import FieldView, Notice
from inbox.page.form_idempotency import submit_once
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import Handler, PageRequest
from store.database import Connection
from store.hooks import StoredHook

_SAID_BESIDE = (ValidationFailed, Conflict, VersionMismatch)
# A form keeps of a field that comes twice the last only, so each event has a field of its own.
_MUST_BE = " must be "
_TYPE_FIELD = "type "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What a form has; `version` is that of the hook when it was shown."""

    url: str = "https://"
    types: Sequence[str] = ()
    channel_id: str = ""
    version: str = ""

    @property
    def wanted(self) -> WantedHook:
        return WantedHook(url=self.url, types=self.types, channel_id=self.channel_id or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Which hook it is about; `hook_id` is None while there is none."""

    heading: str
    button: str
    action: str
    back: str
    hook_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problems:
    """What was wrong: beside a field, or above all of them."""

    above: Notice | None = None
    by_field: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200


_NEW = _Place(heading="New hook", button="Make the hook", action=f"{HOOKS}/new", back=HOOKS)


async def show_new(page_request: PageRequest) -> Response:
    """Show the empty form."""
    async with page_request.shared.pool.connection() as conn:
        return await _page(conn, page_request, _NEW, _Typed())


async def show_change(page_request: PageRequest) -> Response:
    """Show the form of a hook as it is."""
    async with page_request.shared.pool.connection() as conn:
        hook = await get_hook(conn, page_request.key.customer_id, named_hook(page_request))
        typed = _Typed(
            url=hook.url,
            types=hook.types,
            channel_id=hook.channel_id or "",
            version=str(hook.version),
        )
        return await _page(conn, page_request, _place_of(hook.id), typed)


def making(kit: HookKit) -> Handler:
    """Make what makes a hook, once however often its form is sent, and shows its secret."""

    async def handle(page_request: PageRequest) -> Response:
        typed = _read(page_request.form)
        made: list[tuple[StoredHook, str]] = []

        async def make(conn: Connection) -> str:
            made.append(await add_hook(conn, page_request.actor, kit, typed.wanted))
            return done_link(f"{HOOKS}/{made[0][0].id}", "hook_made")

        try:
            async with page_request.shared.pool.connection() as conn, conn.transaction():
                place = await submit_once(conn, page_request, make)
        except _SAID_BESIDE as refusal:
            return await _again(page_request, _NEW, typed, refusal)
        if not made:
            return RedirectResponse(place, 303, headers=PAGE_HEADERS)
        async with page_request.shared.pool.connection() as conn:
            return await hook_page(conn, page_request, *made[0])

    return handle


def changing(kit: HookKit) -> Handler:
    """Make what changes a hook."""

    async def handle(page_request: PageRequest) -> Response:
        typed, hook_id = _read(page_request.form), named_hook(page_request)
        change = HookChange(
            wanted=lambda _held: typed.wanted,
            is_enabled=None,
            version=int(typed.version) if typed.version.isdecimal() else None,
        )
        now = page_request.shared.clock()
        try:
            async with page_request.shared.pool.connection() as conn, conn.transaction():
                await change_hook(conn, page_request.actor, kit, hook_id, change, now)
        except _SAID_BESIDE as refusal:
            return await _again(page_request, _place_of(hook_id), typed, refusal)
        place = done_link(f"{HOOKS}/{hook_id}", "hook_changed")
        return RedirectResponse(place, 303, headers=PAGE_HEADERS)

    return handle


def _place_of(hook_id: str) -> _Place:
    path = f"{HOOKS}/{hook_id}"
    return _Place(
        heading="Change the hook",
        button="Save",
        action=f"{path}/change",
        back=path,
        hook_id=hook_id,
    )


def _read(form: Mapping[str, str]) -> _Typed:
    return _Typed(
        url=form.get("url", "").strip(),
        types=[name for name in EVENT_TYPES if f"{_TYPE_FIELD}{name}" in form],
        channel_id=form.get("channel_id", ""),
        version=form.get("version", "")[:18],
    )


async def _again(
    page_request: PageRequest, place: _Place, typed: _Typed, refusal: Refusal
) -> Response:
    """Show the form as it was sent, and what is wrong with it."""
    by_field = {
        error.name: f"Must be {error.detail.partition(_MUST_BE)[2]}" for error in refusal.errors
    }
    words = f"{refusal.detail[:1].upper()}{refusal.detail[1:]}."
    problems = _Problems(
        above=None if by_field else Notice(text=words, tone="fail"),
        by_field=by_field,
        status=refusal.status,
    )
    async with page_request.shared.pool.connection() as conn:
        return await _page(conn, page_request, place, typed, problems)


async def _page(
    conn: Connection,
    page_request: PageRequest,
    place: _Place,
    typed: _Typed,
    problems: _Problems | None = None,
) -> Response:
    found = problems or _Problems()
    channels = [("", "All channels"), *await channel_choices(conn, page_request)]
    return await show(
        conn,
        page_request,
        "hook_form.html",
        "hooks",
        found.status,
        about=place,
        problem=found.above,
        url=FieldView(
            name="url",
            label="URL",
            value=typed.url,
            example="https://crm.example.com/inlet",
            kind="url",
            problem=found.by_field.get("url", ""),
        ),
        channel=FieldView(
            name="channel_id",
            label="Channel",
            value=typed.channel_id,
            choices=channels,
            problem=found.by_field.get("channel_id", ""),
        ),
        types=[(name, f"{_TYPE_FIELD}{name}", name in typed.types) for name in EVENT_TYPES],
        types_problem=found.by_field.get("types", ""),
        version=typed.version,
        send_key=page_request.form.get("idempotency_key") or page_request.shared.new_id(),
    )
