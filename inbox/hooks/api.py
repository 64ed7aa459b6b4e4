"""Hooks over HTTP, for admins. A secret is in one answer, once, and nowhere else."""

from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from domain.hook import DisabledReason, HookEventType
from inbox.hooks.hooks import (
    HookChange,
    HookKit,
    WantedHook,
    add_hook,
    change_hook,
    get_hook,
    remove_hook,
    rotate_secret,
)
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import Id, Version
from inbox.http.versions import wanted_version
from store.database import Connection
from store.hooks import StoredHook, list_hooks


class HookBody(msgspec.Struct, forbid_unknown_fields=True):
    """With a channel, only events of its conversations are told."""

    url: str
    types: list[HookEventType]
    channel_id: Id | None = None


class HookChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    url: str | UnsetType = UNSET
    types: list[HookEventType] | UnsetType = UNSET
    channel_id: Id | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class Hook(msgspec.Struct, frozen=True):
    """`failing_since` is null where the latest attempt worked.

    `left_alone_until` is what its receiver asked for by Retry-After.
    """

    id: str
    url: str
    types: list[str]
    channel_id: str | None
    enabled: bool
    disabled_at: str | None
    disabled_reason: DisabledReason | None
    failing_since: str | None
    left_alone_until: str | None
    old_secret_until: str | None
    created_at: str
    version: int


class NewHook(msgspec.Struct, frozen=True):
    """`secret` is null where an answer is repeated for an Idempotency-Key."""

    hook: Hook
    secret: str | None


def hook_resources(shared: Shared, kit: HookKit) -> list[BaseRoute]:
    """Make the routes of hooks themselves."""
    listing = Endpoint("list_hooks", "admin", _list, query=ListQuery, response=Listing[Hook])
    adding = Endpoint(
        "add_hook",
        "admin",
        partial(_add, kit),
        body=HookBody,
        response=NewHook,
        takes_idempotency_key=True,
    )
    getting = Endpoint("get_hook", "admin", _get, noun="hook", response=Hook)
    changing = Endpoint(
        "change_hook",
        "admin",
        partial(_change, kit),
        noun="hook",
        body=HookChangeBody,
        response=Hook,
    )
    removing = Endpoint("remove_hook", "admin", partial(_remove, kit), noun="hook")
    rotating = Endpoint(
        "rotate_hook_secret",
        "admin",
        partial(_rotate, kit),
        noun="hook",
        response=NewHook,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/hooks", {"GET": listing, "POST": adding}),
        resource(shared, "/hooks/{id}", {"GET": getting, "PATCH": changing, "DELETE": removing}),
        resource(shared, "/hooks/{id}/rotate-secret", {"POST": rotating}),
    ]


async def _list(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    after = id_after(call)
    stored = await list_hooks(conn, call.key.customer_id)
    rows = [row for row in stored if after is None or row.id < after]
    return answer_rows(call, rows, _hook, lambda row: IdPlace(row.id))


async def _add(kit: HookKit, conn: Connection, call: BodyCall[HookBody]) -> Answer:
    body = call.body
    wanted = WantedHook(url=body.url, types=body.types, channel_id=body.channel_id)
    hook, secret = await add_hook(conn, call.actor, kit, wanted)
    return _with_secret(hook, secret, 201)


async def _get(conn: Connection, call: PlainCall) -> Answer:
    return Answer(value=_hook(await get_hook(conn, call.key.customer_id, call.id)))


async def _change(kit: HookKit, conn: Connection, call: BodyCall[HookChangeBody]) -> Answer:
    body = call.body

    def wanted(held: StoredHook) -> WantedHook:
        types: Sequence[str] = held.types if body.types is UNSET else body.types
        return WantedHook(
            url=held.url if body.url is UNSET else body.url,
            types=types,
            channel_id=held.channel_id if body.channel_id is UNSET else body.channel_id,
        )

    change = HookChange(
        wanted=wanted,
        is_enabled=None if body.enabled is UNSET else body.enabled,
        version=wanted_version(call, body.version),
    )
    hook = await change_hook(conn, call.actor, kit, call.id, change, call.shared.clock())
    return Answer(value=_hook(hook))


async def _remove(kit: HookKit, conn: Connection, call: PlainCall) -> Answer:
    await remove_hook(conn, call.actor, kit, call.id)
    return Answer(status=204)


async def _rotate(kit: HookKit, conn: Connection, call: PlainCall) -> Answer:
    hook, secret = await rotate_secret(conn, call.actor, kit, call.id, call.shared.clock())
    return _with_secret(hook, secret, 200)


def _with_secret(hook: StoredHook, secret: str, status: int) -> Answer:
    shown = NewHook(hook=_hook(hook), secret=secret)
    return Answer(value=shown, kept=msgspec.structs.replace(shown, secret=None), status=status)


def _hook(row: StoredHook) -> Hook:
    return Hook(
        id=row.id,
        url=row.url,
        types=row.types,
        channel_id=row.channel_id,
        enabled=row.disabled_at is None,
        disabled_at=present_optional_time(row.disabled_at),
        disabled_reason=row.disabled_reason,
        failing_since=present_optional_time(row.failing_since),
        left_alone_until=present_optional_time(row.left_alone_until),
        old_secret_until=present_optional_time(row.second_secret_until),
        created_at=present_time(row.created_at),
        version=row.version,
    )
