"""The pages of hooks, at `/ops/hooks` in the frame of the operators' pages, for admins."""

from dataclasses import replace
from pathlib import Path

from starlette.routing import BaseRoute

from inbox.hooks.actions_page import (
    ask_disable,
    ask_enable,
    ask_remove,
    ask_replay,
    ask_replay_span,
    ask_rotate,
    removing,
    replaying,
    replaying_span,
    rotating,
    switching,
    testing,
)
from inbox.hooks.delivery_page import show_delivery
from inbox.hooks.form_page import changing, making, show_change, show_new
from inbox.hooks.hooks import HookKit
from inbox.hooks.list_page import show_hook, show_hooks
from inbox.http.shared import Shared
from inbox.operations.page_frame import OPERATIONS, ops_assets, ops_pages
from inbox.operations.recovery_page import Act, Ask, asking, doing
from inbox.page.assets import load_assets
from inbox.page.page_request import Handler, page_route

_TEMPLATES = Path(__file__).parent / "templates"
_SECTION = replace(
    OPERATIONS,
    gone="It is gone, or it never was. What hooks were told is forgotten after 30 days.",
    no_access="Hooks are for administrators, and {detail}.",
)


def hook_page_routes(shared: Shared, kit: HookKit) -> list[BaseRoute]:
    """Make the routes of the pages."""
    pages = ops_pages(ops_assets(), load_assets(), _TEMPLATES)

    def get(path: str, name: str, handler: Handler, method: str = "GET") -> BaseRoute:
        return page_route(
            shared,
            pages,
            path,
            f"ops_page_{name}",
            handler,
            method=method,
            scope="admin",
            section=_SECTION,
        )

    def post(path: str, name: str, handler: Handler) -> BaseRoute:
        return get(path, name, handler, "POST")

    def action(path: str, name: str, ask: Ask, act: Act) -> list[BaseRoute]:
        return [get(path, f"ask_{name}", asking(ask)), post(path, name, doing(ask, act))]

    hook, delivery = "/hooks/{id}", "/hook-deliveries/{id}"
    return [
        get("/hooks", "hooks", show_hooks),
        get("/hooks/new", "new_hook", show_new),
        post("/hooks/new", "make_hook", making(kit)),
        get(hook, "hook", show_hook),
        get(f"{hook}/change", "change_hook", show_change),
        post(f"{hook}/change", "do_change_hook", changing(kit)),
        post(f"{hook}/test", "test_hook", testing(kit)),
        get(f"{hook}/rotate", "ask_rotate_hook", asking(ask_rotate)),
        post(f"{hook}/rotate", "rotate_hook", rotating(kit)),
        *action(f"{hook}/enable", "enable_hook", ask_enable, switching(kit, is_enabled=True)),
        *action(f"{hook}/disable", "disable_hook", ask_disable, switching(kit, is_enabled=False)),
        *action(f"{hook}/remove", "remove_hook", ask_remove, removing(kit)),
        *action(f"{hook}/replay", "replay_hook", ask_replay_span, replaying_span(kit)),
        get(delivery, "hook_delivery", show_delivery),
        *action(f"{delivery}/replay", "replay_delivery", ask_replay, replaying(kit)),
    ]
