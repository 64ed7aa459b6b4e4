"""Leases of what is to be sent, the pace of channels, and what became of each attempt.

A lease is held by a row, not a transaction: a send outlasts one. Its fence decides who may still
change anything. Runs inside the caller's transaction; knows no provider and no HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from domain.conversation import message_id_hash
from domain.look_up_provider import LOOK_WAITS
from domain.message import MessageKind, ThreadHeaders
from domain.message_id import MOST_MESSAGE_IDS, can_be_referred_to, root_and_newest
from domain.outbound import OutboundStatus, own_message_id
from domain.phone_form import may_have_two_forms
from store.consents import suppress_refused
from store.database import Connection
from store.receipts import (
    Advance,
    Explain,
    MessageKey,
    advance_messages,
    match_receipts,
    move_by_receipts,
)
from store.sql import statements
from store.threads import MessageIdKey, lock_message_ids, register_message_ids
from store.uploads import AttachedFile, list_attached
from store.written_forms import find_written_forms

_SQL = statements("sending")
_WAIT_FOR_THE_DISK = _SQL["wait_for_the_disk"]
_HOLD_READY_CHANNELS = _SQL["hold_ready_channels"]
_LEASE = _SQL["lease"]
_ADVANCE_PACE = _SQL["advance_pace"]
_PAUSE_CHANNEL = _SQL["pause_channel"]
_FIND_NEXT_DUE = _SQL["find_next_due"]
_BEGIN_ATTEMPT = _SQL["begin_attempt"]
_END_ATTEMPT = _SQL["end_attempt"]
_LEAVE_QUEUE = _SQL["leave_queue"]
_PUT_OFF = _SQL["put_off"]
_QUEUE_LOOK_UP = _SQL["queue_look_up"]
_SET_PROVIDER_MESSAGE_ID = _SQL["set_provider_message_id"]
_HOLD_CONVERSATION_OF = _SQL["hold_conversation_of"]
_KEEP_LEASES = _SQL["keep_leases"]
_LIST_EXPIRED = _SQL["list_expired"]
_READ_OUTBOUND = _SQL["read_outbound"]
_BEAR_LEFT_AS = _SQL["bear_left_as"]
_LIST_EARLIER_MESSAGE_IDS = _SQL["list_earlier_message_ids"]

AttemptOutcome = Literal["sent", "retry", "failed", "unknown"]

_BURST_SECONDS = 0.1  # what a channel may send in this time it may send at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A message in a worker's hands. `attempt_count` is of attempts that began before."""

    customer_id: int
    message_id: str
    channel_id: str
    attempt_count: int
    fence: int

    @property
    def key(self) -> MessageKey:
        return self.customer_id, self.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What came of an attempt: the outcome, and for people the code and the detail."""

    outcome: AttemptOutcome
    http_status: int | None = None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An outbound message as it lies in the tables."""

    kind: MessageKind
    own_address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    body: str
    subject: str | None
    thread: ThreadHeaders | None
    written_at: datetime
    attachments: tuple[AttachedFile, ...]


async def lease_due(
    conn: Connection, worker_id: str, most: int, lease_seconds: float
) -> list[Lease]:
    """Lease at most so many messages that are due on channels that may send now."""
    cursor = await conn.execute(_HOLD_READY_CHANNELS, {"most_channels": most})
    ready: list[tuple[int, str, float]] = []
    bursts: list[int] = []
    for customer_id, channel_id, per_second in await cursor.fetchall():
        burst = min(most - sum(bursts), max(1, int(per_second * _BURST_SECONDS)))
        if burst > 0:
            ready.append((customer_id, channel_id, per_second))
            bursts.append(burst)
    if not ready:
        return []
    cursor = await conn.execute(
        _LEASE,
        {
            "customer_ids": [key[0] for key in ready],
            "channel_ids": [key[1] for key in ready],
            "most_messages": bursts,
            "worker_id": worker_id,
            "lease_seconds": lease_seconds,
        },
    )
    leases = [_lease(row) for row in await cursor.fetchall()]
    taken = [sum(lease.channel_id == channel_id for lease in leases) for _, channel_id, _ in ready]
    await conn.execute(
        _ADVANCE_PACE,
        {
            "customer_ids": [key[0] for key in ready],
            "channel_ids": [key[1] for key in ready],
            "seconds": [
                count / per_second for count, (_, _, per_second) in zip(taken, ready, strict=True)
            ],
        },
    )
    return leases


async def find_next_due(conn: Connection) -> float | None:
    """Say in how many seconds something can be sent, or None: nothing waits.

    Shape: negative where something is due already.
    """
    row = await (await conn.execute(_FIND_NEXT_DUE)).fetchone()
    return row[0] if row else None


async def pause_channel(conn: Connection, lease: Lease, seconds: float) -> None:
    """Let the lease's channel send nothing for so long."""
    await conn.execute(
        _PAUSE_CHANNEL,
        {
            "customer_id": lease.customer_id,
            "channel_id": lease.channel_id,
            "seconds": seconds,
        },
    )


async def begin_attempt(conn: Connection, lease: Lease, lease_seconds: float) -> int | None:
    """Record that a try begins and return its number; None where the lease was lost.

    Only once this is committed may anything be written to the provider.
    """
    await conn.execute(_WAIT_FOR_THE_DISK)
    cursor = await conn.execute(_BEGIN_ATTEMPT, _of(lease) | {"lease_seconds": lease_seconds})
    row = await cursor.fetchone()
    return row[0] if row else None


async def settle_sent(
    conn: Connection,
    lease: Lease,
    ending: Ending,
    provider_message_id: str,
    explain: Explain,
    left_as: str | None = None,
) -> bool:
    """Record that the provider has it; False where the lease was lost, and nothing changes.

    A mail that `left_as` another Message-ID than ours bears that, too, unless another mail does.
    The caller holds the receipts about it.
    """
    borne = await _hold_message_id(conn, lease, left_as) if left_as else None
    if not await _end(conn, lease, ending, is_reaping=False):
        return False
    if borne:
        await conn.execute(_BEAR_LEFT_AS, _of(lease) | borne._asdict())
    await become_sent(conn, lease.key, lease.channel_id, provider_message_id, explain)
    return True


async def become_sent(
    conn: Connection,
    key: MessageKey,
    channel_id: str,
    provider_message_id: str,
    explain: Explain,
) -> None:
    """Let a message be sent, under the provider's name of it; receipts that came before count.

    The caller holds the receipts about it, and its conversation.
    """
    ids = {"customer_id": key[0], "message_id": key[1]}
    await conn.execute(_SET_PROVIDER_MESSAGE_ID, ids | {"provider_message_id": provider_message_id})
    has_opted_out = await match_receipts(conn, key, channel_id, provider_message_id)
    await advance_messages(conn, [Advance(customer_id=key[0], message_id=key[1], status="sent")])
    await move_by_receipts(conn, [key], explain)
    if has_opted_out:
        await suppress_refused(conn, [key])


async def settle_unsent(
    conn: Connection, lease: Lease, ending: Ending, *, is_reaping: bool = False
) -> bool:
    """Record that it failed, or that nobody knows; False where the lease was lost.

    When reaping, a lease that was kept or lost meanwhile is left alone. Where nobody knows, the
    provider is asked later: store/look_ups.py.
    """
    if not await _end(conn, lease, ending, is_reaping=is_reaping):
        return False
    status: OutboundStatus = "unknown" if ending.outcome == "unknown" else "failed"
    await _become(conn, lease, status, ending)
    if status == "unknown":
        wait = {"channel_id": lease.channel_id, "wait_seconds": LOOK_WAITS[0].total_seconds()}
        await conn.execute(_QUEUE_LOOK_UP, _of(lease) | wait)
    return True


async def put_off(
    conn: Connection,
    lease: Lease,
    wait_seconds: float,
    ending: Ending | None = None,
    *,
    is_reaping: bool = False,
) -> bool:
    """Give a lease back, to be tried again after a wait; False where it was lost."""
    parameters = _of(lease) | {"wait_seconds": wait_seconds, "is_reaping": is_reaping}
    if await (await conn.execute(_PUT_OFF, parameters)).fetchone() is None:
        return False
    if ending:
        await _end_attempt(conn, lease, ending)
    return True


async def keep_leases(conn: Connection, leases: Sequence[Lease], lease_seconds: float) -> None:
    """Make leases last, but for those that were lost."""
    await conn.execute(
        _KEEP_LEASES,
        {
            "customer_ids": [lease.customer_id for lease in leases],
            "message_ids": [lease.message_id for lease in leases],
            "fences": [lease.fence for lease in leases],
            "lease_seconds": lease_seconds,
        },
    )


async def list_expired(conn: Connection) -> list[tuple[Lease, bool]]:
    """List leases that nobody keeps, and whether an attempt had begun under each."""
    cursor = await conn.execute(_LIST_EXPIRED)
    return [(_lease(row), row[5]) for row in await cursor.fetchall()]


async def read_outbound(conn: Connection, key: MessageKey) -> Stored | None:
    """Read what is to be sent."""
    ids = {"customer_id": key[0], "message_id": key[1]}
    row = await (await conn.execute(_READ_OUTBOUND, ids)).fetchone()
    if row is None:
        return None
    kind, own_address, text, subject, sent_at, conversation_id, seq, to, cc, has_files = row
    two_formed = [value for value in (*to, *cc) if may_have_two_forms(value)]
    forms: dict[str, str] = {}
    if two_formed:
        forms = await find_written_forms(conn, *key, two_formed)
    is_email = kind == "email"
    return Stored(
        kind=kind,
        own_address=own_address,
        to=_as_met(to, forms),
        cc=_as_met(cc, forms),
        body=text,
        subject=subject,
        thread=await _thread(conn, key, conversation_id, seq, own_address) if is_email else None,
        written_at=sent_at,
        attachments=await list_attached(conn, *key) if has_files else (),
    )


def _as_met(values: Sequence[str], forms: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(forms.get(value, value) for value in values)


async def _thread(
    conn: Connection, key: MessageKey, conversation_id: str, seq: int, own_address: str
) -> ThreadHeaders:
    """Answer the latest mail that came in, and refer to the first and the newest of all."""
    cursor = await conn.execute(
        _LIST_EARLIER_MESSAGE_IDS,
        {
            "customer_id": key[0],
            "conversation_id": conversation_id,
            "seq": seq,
            "most": MOST_MESSAGE_IDS,
        },
    )
    earlier = [row for row in await cursor.fetchall() if can_be_referred_to(row[0])]
    answered = [value for value, direction in earlier if direction == "inbound"] or [
        value for value, _ in earlier
    ]
    return ThreadHeaders(
        message_id=own_message_id(key[1], own_address),
        in_reply_to=tuple(answered[:1]),
        references=root_and_newest(value for value, _ in reversed(earlier)),
    )


async def _hold_message_id(conn: Connection, lease: Lease, value: str) -> MessageIdKey:
    """Lock a Message-ID, before the conversation: who answers the mail locks in that order, too."""
    key = MessageIdKey(lease.customer_id, lease.channel_id, message_id_hash(value))
    await register_message_ids(conn, {key: value})
    await lock_message_ids(conn, [key])
    return key


async def _end(conn: Connection, lease: Lease, ending: Ending, *, is_reaping: bool) -> bool:
    """Take a message out of the queue and end its attempt, if the lease is still ours."""
    await conn.execute(_WAIT_FOR_THE_DISK)
    await conn.execute(_HOLD_CONVERSATION_OF, _of(lease))
    parameters = _of(lease) | {"is_reaping": is_reaping}
    if await (await conn.execute(_LEAVE_QUEUE, parameters)).fetchone() is None:
        return False
    await _end_attempt(conn, lease, ending)
    return True


async def _end_attempt(conn: Connection, lease: Lease, ending: Ending) -> None:
    await conn.execute(
        _END_ATTEMPT,
        _of(lease)
        | {
            "outcome": ending.outcome,
            "http_status": ending.http_status,
            "error_code": ending.code,
            "detail": ending.detail,
        },
    )


async def _become(
    conn: Connection, lease: Lease, status: OutboundStatus, ending: Ending | None = None
) -> None:
    advance = Advance(
        customer_id=lease.customer_id,
        message_id=lease.message_id,
        status=status,
        failure_code=ending.code if ending else None,
        failure=ending.detail if ending else None,
    )
    await advance_messages(conn, [advance])


def _of(lease: Lease) -> dict[str, Any]:
    return {
        "customer_id": lease.customer_id,
        "message_id": lease.message_id,
        "fence": lease.fence,
    }


def _lease(row: Sequence[Any]) -> Lease:
    return Lease(
        customer_id=row[0], message_id=row[1], channel_id=row[2], attempt_count=row[3], fence=row[4]
    )
