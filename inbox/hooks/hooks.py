"""Makes, changes and removes hooks, and has deliveries made again. Knows no HTTP.

The text of a secret is given by the caller, answered once, and kept sealed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.actor import Actor
from domain.conversation_change import check_version
from domain.errors import Conflict, NotFound, invalid_field
from domain.event_queue import is_event_queue
from domain.hook import (
    LONGEST_URL,
    MOST_HOOKS,
    OLD_SECRET_LASTS,
    DeliveryStatus,
    may_be_posted_to,
    secrets_place,
)
from domain.sealing import Sealer
from store.audit import AuditEntry, record_audit
from store.channels import find_channel
from store.database import Connection
from store.hook_deliveries import (
    ListedDelivery,
    find_delivery,
    queue_again,
    queue_ping,
    queue_span_again,
)
from store.hooks import (
    NewHook,
    StoredHook,
    delete_hook,
    disable_hook,
    enable_hook,
    find_hook,
    hold_hook,
    insert_hook,
    set_hook,
    set_hook_secrets,
)

MOST_REPLAYED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HookKit:
    """What hooks are made with. `private_hosts` are those that may be anywhere, as `HOST:PORT`."""

    sealer: Sealer
    new_secret: Callable[[], str]
    new_id: Callable[[], str]
    private_hosts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedHook:
    """What a hook is to be."""

    url: str
    types: Sequence[str]
    channel_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookChange:
    """What is to be changed. `wanted` says what a hook is to be that is as it is.

    `is_enabled` None leaves that; `version` is what it must still have.
    """

    wanted: Callable[[StoredHook], WantedHook]
    is_enabled: bool | None
    version: int | None


async def add_hook(
    conn: Connection, actor: Actor, kit: HookKit, wanted: WantedHook
) -> tuple[StoredHook, str]:
    """Make a hook; return it with its secret.

    Raises: ValidationFailed, Conflict where there are enough.
    """
    _check_url(kit, wanted.url)
    secret = kit.new_secret()
    return await keep_hook(conn, actor, kit, wanted, secret), secret


async def keep_hook(
    conn: Connection, actor: Actor, kit: HookKit, wanted: WantedHook, secret: str
) -> StoredHook:
    """Make a hook with a secret; its URL was looked at by whoever calls.

    Raises: ValidationFailed, Conflict where there are enough.
    """
    await _check_told(conn, actor, wanted)
    hook_id = kit.new_id()
    new = NewHook(
        id=hook_id,
        url=wanted.url,
        types=wanted.types,
        channel_id=wanted.channel_id,
        secrets=kit.sealer.seal([secret], secrets_place(actor.customer_id, hook_id)),
        created_by=actor.agent_id,
    )
    made = await insert_hook(conn, actor.customer_id, new, MOST_HOOKS)
    if made is None:
        raise Conflict(f"there are {MOST_HOOKS} hooks already")
    await _note(conn, actor, kit, "hook.created", hook_id, types=list(wanted.types))
    return made


async def get_hook(conn: Connection, customer_id: int, hook_id: str) -> StoredHook:
    """Find a hook.

    Raises: NotFound.
    """
    hook = await find_hook(conn, customer_id, hook_id)
    if hook is None:
        raise NotFound("there is no such hook")
    return hook


async def change_hook(
    conn: Connection, actor: Actor, kit: HookKit, hook_id: str, change: HookChange, now: datetime
) -> StoredHook:
    """Change a hook, and enable or disable it.

    Raises: NotFound, VersionMismatch, ValidationFailed, Conflict for the URL of a queue.
    """
    held = await _hold(conn, actor, hook_id)
    check_version(change.version, held.version)
    wanted = change.wanted(held)
    if (wanted.url, list(wanted.types), wanted.channel_id) != (
        held.url, held.types, held.channel_id,
    ):  # fmt: skip
        if not (is_event_queue(held.url) and wanted.url == held.url):
            _check_no_queue(held)
            _check_url(kit, wanted.url)
        await _check_told(conn, actor, wanted)
        await set_hook(
            conn,
            actor.customer_id,
            hook_id,
            url=wanted.url,
            types=wanted.types,
            channel_id=wanted.channel_id,
        )
        await _note(conn, actor, kit, "hook.changed", hook_id, types=list(wanted.types))
    if change.is_enabled is True and held.disabled_at is not None:
        await enable_hook(conn, actor.customer_id, hook_id, now)
        await _note(conn, actor, kit, "hook.enabled", hook_id)
    if change.is_enabled is False and held.disabled_at is None:
        await disable_hook(conn, actor.customer_id, hook_id, "by_hand", now)
        await _note(conn, actor, kit, "hook.disabled", hook_id, reason="by_hand")
    return await get_hook(conn, actor.customer_id, hook_id)


async def remove_hook(conn: Connection, actor: Actor, kit: HookKit, hook_id: str) -> None:
    """Forget a hook with everything that it was told or is to be told.

    Raises: NotFound, Conflict where an operator made it.
    """
    _check_no_queue(await _hold(conn, actor, hook_id))
    await forget_hook(conn, actor, kit, hook_id)


async def forget_hook(conn: Connection, actor: Actor, kit: HookKit, hook_id: str) -> None:
    """Forget a hook that is held."""
    await delete_hook(conn, actor.customer_id, hook_id)
    await _note(conn, actor, kit, "hook.removed", hook_id)


async def rotate_secret(
    conn: Connection, actor: Actor, kit: HookKit, hook_id: str, now: datetime
) -> tuple[StoredHook, str]:
    """Give a hook another secret; for a day events are signed with that of before as well.

    Raises: NotFound, OperatorError, Conflict where it has no secret of ours.
    """
    held = await _hold(conn, actor, hook_id)
    _check_no_queue(held)
    place = secrets_place(actor.customer_id, hook_id)
    before, secret = kit.sealer.open(held.secrets, place), kit.new_secret()
    sealed = kit.sealer.seal([secret, before[0]], place)
    await set_hook_secrets(conn, actor.customer_id, hook_id, sealed, now + OLD_SECRET_LASTS)
    await _note(conn, actor, kit, "hook.secret_rotated", hook_id)
    return await get_hook(conn, actor.customer_id, hook_id), secret


async def ping_hook(
    conn: Connection, actor: Actor, kit: HookKit, hook_id: str, now: datetime
) -> ListedDelivery:
    """Have a `ping.v1` sent.

    Raises: NotFound, Conflict where the hook is disabled.
    """
    _check_enabled(await _hold(conn, actor, hook_id))
    delivery_id = kit.new_id()
    await queue_ping(conn, actor.customer_id, hook_id, delivery_id, now)
    return await get_delivery(conn, actor.customer_id, delivery_id)


async def get_delivery(conn: Connection, customer_id: int, delivery_id: str) -> ListedDelivery:
    """Find what a hook was told.

    Raises: NotFound.
    """
    delivery = await find_delivery(conn, customer_id, delivery_id)
    if delivery is None:
        raise NotFound("there is no such hook delivery")
    return delivery


async def replay_delivery(
    conn: Connection, actor: Actor, kit: HookKit, delivery_id: str, now: datetime
) -> ListedDelivery:
    """Have an event sent once more, under the same id.

    Raises: NotFound, Conflict where it is not settled.
    """
    found = await get_delivery(conn, actor.customer_id, delivery_id)
    if not await queue_again(conn, actor.customer_id, delivery_id, now):
        raise Conflict("it is still to be delivered")
    await _note(conn, actor, kit, "hook.replayed", found.hook_id, deliveries=1)
    return await get_delivery(conn, actor.customer_id, delivery_id)


async def replay_span(
    conn: Connection,
    actor: Actor,
    kit: HookKit,
    hook_id: str,
    *,
    after: datetime,
    before: datetime,
    status: DeliveryStatus | None,
    now: datetime,
) -> int:
    """Have the events of a span sent once more, up to a bound; return how many these are.

    Raises: NotFound, ValidationFailed.
    """
    if not after < before:
        raise invalid_field("before", "out_of_range", "later than after")
    await _hold(conn, actor, hook_id)
    count = await queue_span_again(
        conn,
        (actor.customer_id, hook_id),
        after=after,
        before=before,
        status=status,
        most=MOST_REPLAYED,
        now=now,
    )
    await _note(conn, actor, kit, "hook.replayed", hook_id, deliveries=count)
    return count


async def _hold(conn: Connection, actor: Actor, hook_id: str) -> StoredHook:
    held = await hold_hook(conn, actor.customer_id, hook_id)
    if held is None:
        raise NotFound("there is no such hook")
    return held


def _check_enabled(hook: StoredHook) -> None:
    if hook.disabled_at is not None:
        raise Conflict("the hook is disabled")


def _check_no_queue(hook: StoredHook) -> None:
    if is_event_queue(hook.url):
        raise Conflict("it leads to a queue: an operator changes it, with `inlet transport`")


def _check_url(kit: HookKit, url: str) -> None:
    if not may_be_posted_to(url, kit.private_hosts):
        expected = f"an https:// URL of at most {LONGEST_URL} characters, without port and user"
        raise invalid_field("url", "not_allowed", expected)


async def _check_told(conn: Connection, actor: Actor, wanted: WantedHook) -> None:
    if not wanted.types or len(set(wanted.types)) != len(wanted.types):
        raise invalid_field("types", "invalid", "one or more events, each once")
    channel_id = wanted.channel_id
    if channel_id and await find_channel(conn, actor.customer_id, channel_id) is None:
        raise invalid_field("channel_id", "invalid", "a channel of this customer")


async def _note(
    conn: Connection, actor: Actor, kit: HookKit, action: str, hook_id: str, **detail: object
) -> None:
    entry = AuditEntry(id=kit.new_id(), action=action, object_id=hook_id, detail=detail)
    await record_audit(conn, actor, [entry])
