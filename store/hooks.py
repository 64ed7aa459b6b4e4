"""Outgoing webhooks: where a customer's systems are told what happens, and whether they are.

Knows no event and no HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.hook import DisabledReason
from store.database import Connection
from store.sql import statements

_SQL = statements("hooks")
_INSERT = _SQL["insert_hook"]
_LIST = _SQL["list_hooks"]
_FIND = _SQL["find_hook"]
_HOLD = _SQL["hold_hook"]
_SET = _SQL["set_hook"]
_ENABLE = _SQL["enable_hook"]
_DISABLE = _SQL["disable_hook"]
_SET_SECRETS = _SQL["set_hook_secrets"]
_HOLD_SEALED = _SQL["hold_sealed_hooks"]
_DISABLE_ALL = _SQL["disable_all_hooks"]
_DELETE = (
    _SQL["delete_attempts_of_hook"], _SQL["delete_deliveries_of_hook"], _SQL["delete_hook"]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHook:
    """A hook; `secrets` are sealed, the newest first, the second good until it says so."""

    customer_id: int
    id: str
    url: str
    types: list[str]
    channel_id: str | None
    secrets: bytes
    second_secret_until: datetime | None
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    failing_since: datetime | None
    left_alone_until: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHook:
    """A hook that is to be made."""

    id: str
    url: str
    types: Sequence[str]
    channel_id: str | None
    secrets: bytes
    created_by: str | None


async def insert_hook(
    conn: Connection, customer_id: int, hook: NewHook, most: int
) -> StoredHook | None:
    """Make a hook; None where its customer has `most` of them already."""
    parameters = {
        "customer_id": customer_id,
        "id": hook.id,
        "url": hook.url,
        "types": list(hook.types),
        "channel_id": hook.channel_id,
        "secrets": hook.secrets,
        "created_by": hook.created_by,
        "most": most,
    }
    cursor = conn.cursor(row_factory=class_row(StoredHook))
    await cursor.execute(_INSERT, parameters)
    return await cursor.fetchone()


async def list_hooks(conn: Connection, customer_id: int) -> list[StoredHook]:
    """List a customer's hooks, the newest first."""
    cursor = conn.cursor(row_factory=class_row(StoredHook))
    await cursor.execute(_LIST, {"customer_id": customer_id})
    return await cursor.fetchall()


async def find_hook(conn: Connection, customer_id: int, hook_id: str) -> StoredHook | None:
    """Find a hook."""
    cursor = conn.cursor(row_factory=class_row(StoredHook))
    await cursor.execute(_FIND, {"customer_id": customer_id, "id": hook_id})
    return await cursor.fetchone()


async def hold_hook(conn: Connection, customer_id: int, hook_id: str) -> StoredHook | None:
    """Lock a hook until the transaction ends."""
    cursor = conn.cursor(row_factory=class_row(StoredHook))
    await cursor.execute(_HOLD, {"customer_id": customer_id, "id": hook_id})
    return await cursor.fetchone()


async def set_hook(
    conn: Connection,
    customer_id: int,
    hook_id: str,
    *,
    url: str,
    types: Sequence[str],
    channel_id: str | None,
) -> None:
    """Change where a hook is posted to and what it is told."""
    parameters = {
        "customer_id": customer_id,
        "id": hook_id,
        "url": url,
        "types": list(types),
        "channel_id": channel_id,
    }
    await conn.execute(_SET, parameters)


async def enable_hook(conn: Connection, customer_id: int, hook_id: str, now: datetime) -> None:
    """Tell a hook what happens from now on; what waits for it is sent."""
    await conn.execute(_ENABLE, {"customer_id": customer_id, "id": hook_id, "now": now})


async def disable_hook(
    conn: Connection, customer_id: int, hook_id: str, reason: DisabledReason, now: datetime
) -> bool:
    """Tell a hook nothing any more; what waits for it stays. False where it is disabled already."""
    parameters = {"customer_id": customer_id, "id": hook_id, "reason": reason, "now": now}
    return await (await conn.execute(_DISABLE, parameters)).fetchone() is not None


async def disable_all_hooks(conn: Connection) -> None:
    """Tell no hook of any customer anything until somebody enables it: this is another server."""
    await conn.execute(_DISABLE_ALL)


async def set_hook_secrets(
    conn: Connection, customer_id: int, hook_id: str, sealed: bytes, second_until: datetime | None
) -> None:
    """Keep other secrets of a hook."""
    parameters = {
        "customer_id": customer_id,
        "id": hook_id,
        "secrets": sealed,
        "second_secret_until": second_until,
    }
    await conn.execute(_SET_SECRETS, parameters)


async def hold_sealed_hooks(conn: Connection) -> list[StoredHook]:
    """Lock all hooks of all customers until the transaction ends."""
    cursor = conn.cursor(row_factory=class_row(StoredHook))
    await cursor.execute(_HOLD_SEALED)
    return await cursor.fetchall()


async def delete_hook(conn: Connection, customer_id: int, hook_id: str) -> None:
    """Forget a hook with everything that it was told."""
    for statement in _DELETE:
        await conn.execute(statement, {"customer_id": customer_id, "id": hook_id})
