"""What hooks are told: queued once for each hook and change, leased in order, settled, listed.

A lease is the time at which it would be due again; the number of the attempt is its fence. Of what
one conversation has for a hook only the first that is pending is leased. Knows no HTTP.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from domain.hook import PING, DeliveryStatus
from domain.outbound import OutboundStatus
from store.database import Connection
from store.sql import statements

_SQL = statements("hook_deliveries")
_QUEUE = _SQL["queue_deliveries"]
_LIST_TOLD = _SQL["list_told_customers"]
_QUEUE_PING = _SQL["queue_ping"]
_LIST_DUE = _SQL["list_due_hooks"]
_LEASE = _SQL["lease_deliveries"]
_SETTLE = _SQL["settle_delivery"]
_PUT_OFF = _SQL["put_off_delivery"]
_PUT_OFF_FOLLOWERS = _SQL["put_off_followers"]
_NOTE_ATTEMPT = _SQL["note_attempt"]
_NOTE_SUCCESS = _SQL["note_success"]
_LEAVE_ALONE = _SQL["leave_alone"]
_NOTE_FAILURE = _SQL["note_failure"]
_LIST = _SQL["list_deliveries"]
_FIND = _SQL["find_delivery"]
_LIST_WAITING = _SQL["list_waiting"]
_LIST_ATTEMPTS = _SQL["list_attempts"]
_QUEUE_AGAIN = _SQL["queue_again"]
_QUEUE_SPAN_AGAIN = _SQL["queue_span_again"]
_FORGET_ATTEMPTS = _SQL["forget_attempts"]
_FORGET_DELIVERIES = _SQL["forget_deliveries"]
_GIVE_UP_FORGOTTEN = _SQL["give_up_forgotten"]
_COUNT = _SQL["count_hooks"]

_MOST_LOOKED_AT = 200  # of a conversation with thousands, all but the first have to wait anyway
_MOST_COUNTED = 10_000
_DOWN_AFTER = timedelta(minutes=1)
MOST_WAITING = 1_000  # counted of one hook

HookKey = tuple[int, str]  # customer id, hook id


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChange:
    """A change of the outbox, by the name that hooks know it by."""

    customer_id: int
    seq: int
    type: str
    conversation_id: str | None
    message_id: str | None
    message_status: OutboundStatus | None
    object_id: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HookLease:
    """A delivery to make; `secrets` are the hook's, sealed.

    `is_down` says that the hook has taken nothing for a while.
    """

    customer_id: int
    id: str
    hook_id: str
    position: int
    type: str
    conversation_id: str | None
    message_id: str | None
    message_status: OutboundStatus | None
    object_id: str | None
    happened_at: datetime
    order_id: str
    attempt: int
    earlier_attempts: int
    queued_at: datetime
    url: str
    secrets: bytes
    second_secret_until: datetime | None
    is_down: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of an attempt; without an `error_class` it was delivered.

    `asked_wait` is how long the receiver wants to be left alone.
    """

    began_at: datetime
    duration_ms: int
    http_status: int | None
    answer: str
    error_class: str | None
    asked_wait: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedAttempt(Attempt):
    """An attempt as the log has it."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """What a hook was told or is to be told."""

    customer_id: int
    id: str
    hook_id: str
    position: int
    type: str
    conversation_id: str | None
    message_id: str | None
    message_status: OutboundStatus | None
    object_id: str | None
    happened_at: datetime
    status: DeliveryStatus
    attempt_count: int
    next_attempt_at: datetime | None
    settled_at: datetime | None
    error_class: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCounts:
    """How all hooks are: `disabled` by Inlet; `waiting` for those that are not, up to a bound."""

    disabled: int
    failing: int
    waiting: int
    waiting_since: datetime | None


async def told_customers(conn: Connection, customer_ids: Collection[int]) -> set[int]:
    """Say which of some customers have a hook that is told anything."""
    cursor = await conn.execute(_LIST_TOLD, {"customer_ids": sorted(customer_ids)})
    return {row[0] for row in await cursor.fetchall()}


async def queue_deliveries(conn: Connection, changes: Sequence[ToldChange]) -> None:
    """Queue changes, which come in order, for all hooks that want them; again changes nothing."""
    await conn.execute(
        _QUEUE,
        {
            "customer_ids": [change.customer_id for change in changes],
            "seqs": [change.seq for change in changes],
            "types": [change.type for change in changes],
            "conversation_ids": [change.conversation_id for change in changes],
            "message_ids": [change.message_id for change in changes],
            "message_statuses": [change.message_status for change in changes],
            "object_ids": [change.object_id for change in changes],
            "times": [change.happened_at for change in changes],
        },
    )


async def queue_ping(
    conn: Connection, customer_id: int, hook_id: str, delivery_id: str, now: datetime
) -> None:
    """Queue an event that tells nothing."""
    parameters = {
        "customer_id": customer_id,
        "id": delivery_id,
        "hook_id": hook_id,
        "type": PING,
        "now": now,
    }
    await conn.execute(_QUEUE_PING, parameters)


async def list_due_hooks(
    conn: Connection, at_work: Collection[HookKey], *, most: int, most_failing: int
) -> list[tuple[HookKey, bool]]:
    """List hooks that have something due, but for those that are being worked on.

    Each is with whether it fails; those that work come first.
    """
    ids = [hook_id for _, hook_id in at_work]
    bounds = {"most": most, "most_failing": most_failing}
    cursor = await conn.execute(_LIST_DUE, {"at_work": ids} | bounds)
    return [((row[0], row[1]), row[2]) for row in await cursor.fetchall()]


async def lease_deliveries(
    conn: Connection, hook: HookKey, most: int, lease_seconds: float
) -> list[HookLease]:
    """Lease up to `most` of what is due for a hook, no two of the same conversation.

    Of a hook whose latest attempt failed it is one.
    """
    customer_id, hook_id = hook
    cursor = conn.cursor(row_factory=class_row(HookLease))
    await cursor.execute(
        _LEASE,
        {
            "customer_id": customer_id,
            "hook_id": hook_id,
            "most": most,
            "most_looked_at": _MOST_LOOKED_AT,
            "lease_seconds": lease_seconds,
            "down_after": _DOWN_AFTER,
        },
    )
    return await cursor.fetchall()


async def settle_delivery(
    conn: Connection,
    lease: HookLease,
    status: DeliveryStatus,
    now: datetime,
    error_class: str | None = None,
) -> bool:
    """Note that it was delivered or given up; False where the lease was lost."""
    settled = {"status": status, "now": now, "error_class": error_class}
    cursor = await conn.execute(_SETTLE, _key(lease) | settled)
    return await cursor.fetchone() is not None


async def put_off_delivery(
    conn: Connection, lease: HookLease, until: datetime, error_class: str
) -> bool:
    """Let it and what waits behind it be due later; False where the lease was lost."""
    noted = {"next_attempt_at": until, "error_class": error_class}
    cursor = await conn.execute(_PUT_OFF, _key(lease) | noted)
    if await cursor.fetchone() is None:
        return False
    await conn.execute(
        _PUT_OFF_FOLLOWERS,
        {
            "customer_id": lease.customer_id,
            "hook_id": lease.hook_id,
            "order_id": lease.order_id,
            "position": lease.position,
            "next_attempt_at": until,
        },
    )
    return True


async def note_attempt(conn: Connection, lease: HookLease, attempt: Attempt) -> None:
    """Keep an attempt in the log."""
    noted = {
        "began_at": attempt.began_at,
        "duration_ms": attempt.duration_ms,
        "http_status": attempt.http_status,
        "answer": attempt.answer,
        "error_class": attempt.error_class,
    }
    await conn.execute(_NOTE_ATTEMPT, _key(lease) | noted)


async def note_success(conn: Connection, lease: HookLease) -> None:
    """Note that a hook works."""
    parameters = {"customer_id": lease.customer_id, "hook_id": lease.hook_id}
    await conn.execute(_NOTE_SUCCESS, parameters)


async def leave_alone(conn: Connection, lease: HookLease, until: datetime) -> None:
    """Post nothing to a hook for a while: its receiver asked for it."""
    hook = {"customer_id": lease.customer_id, "hook_id": lease.hook_id}
    await conn.execute(_LEAVE_ALONE, hook | {"until": until})


async def note_failure(conn: Connection, lease: HookLease, now: datetime) -> datetime | None:
    """Note that a hook failed; return since when it does, None where there is no such hook."""
    parameters = {"customer_id": lease.customer_id, "hook_id": lease.hook_id, "now": now}
    row = await (await conn.execute(_NOTE_FAILURE, parameters)).fetchone()
    return row[0] if row else None


async def list_deliveries(
    conn: Connection,
    customer_id: int,
    hook_id: str,
    *,
    status: DeliveryStatus | None,
    before: int,
    row_count: int,
) -> list[ListedDelivery]:
    """List what a hook was told before a position, the latest first."""
    cursor = conn.cursor(row_factory=class_row(ListedDelivery))
    await cursor.execute(
        _LIST,
        {
            "customer_id": customer_id,
            "hook_id": hook_id,
            "status": status,
            "before": before,
            "row_count": row_count,
        },
    )
    return await cursor.fetchall()


async def find_delivery(
    conn: Connection, customer_id: int, delivery_id: str
) -> ListedDelivery | None:
    """Find what a hook was told."""
    cursor = conn.cursor(row_factory=class_row(ListedDelivery))
    await cursor.execute(_FIND, {"customer_id": customer_id, "id": delivery_id})
    return await cursor.fetchone()


async def list_waiting(conn: Connection, customer_id: int) -> dict[str, int]:
    """Count what waits for each of a customer's hooks, up to `MOST_WAITING`."""
    parameters = {"customer_id": customer_id, "most": MOST_WAITING}
    cursor = await conn.execute(_LIST_WAITING, parameters)
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def list_attempts(
    conn: Connection, customer_id: int, delivery_id: str, row_count: int
) -> list[NumberedAttempt]:
    """List the latest attempts at a delivery."""
    cursor = conn.cursor(row_factory=class_row(NumberedAttempt))
    parameters = {"customer_id": customer_id, "id": delivery_id, "row_count": row_count}
    await cursor.execute(_LIST_ATTEMPTS, parameters)
    return await cursor.fetchall()


async def queue_again(conn: Connection, customer_id: int, delivery_id: str, now: datetime) -> bool:
    """Deliver once more, under the same id; False where it is not settled."""
    parameters = {"customer_id": customer_id, "id": delivery_id, "now": now}
    return await (await conn.execute(_QUEUE_AGAIN, parameters)).fetchone() is not None


async def queue_span_again(
    conn: Connection,
    hook: HookKey,
    *,
    after: datetime,
    before: datetime,
    status: DeliveryStatus | None,
    most: int,
    now: datetime,
) -> int:
    """Deliver once more what happened in a span, the oldest first; return how many these are."""
    parameters = {
        "customer_id": hook[0],
        "hook_id": hook[1],
        "after": after,
        "before": before,
        "status": status,
        "most": most,
        "now": now,
    }
    return (await conn.execute(_QUEUE_SPAN_AGAIN, parameters)).rowcount


async def forget_attempts(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` attempts at deliveries settled before a time; return how many."""
    return (await conn.execute(_FORGET_ATTEMPTS, {"before": before, "limit": limit})).rowcount


async def forget_deliveries(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` deliveries settled before a time; return how many."""
    return (await conn.execute(_FORGET_DELIVERIES, {"before": before, "limit": limit})).rowcount


async def give_up_forgotten(conn: Connection, before: datetime, now: datetime, limit: int) -> int:
    """Give up what was queued before a time for hooks that are disabled; return how much."""
    parameters = {"before": before, "now": now, "limit": limit}
    return (await conn.execute(_GIVE_UP_FORGOTTEN, parameters)).rowcount


async def count_hooks(conn: Connection) -> HookCounts:
    """Count what waits and which hooks do not work, of all customers."""
    [row] = await (await conn.execute(_COUNT, {"most": _MOST_COUNTED})).fetchall()
    return HookCounts(disabled=row[0], failing=row[1], waiting=row[2], waiting_since=row[3])


def _key(lease: HookLease) -> dict[str, object]:
    return {"customer_id": lease.customer_id, "id": lease.id, "attempt": lease.attempt}
