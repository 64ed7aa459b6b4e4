"""Delivery receipts, every one kept, and the messages that they move forward, never back.

What a message becomes follows from all its receipts, so their order does not matter. Knows no
provider's words.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from domain.identity import hash64
from domain.message import ReceiptStatus
from domain.outbound import (
    COMPLAINT,
    LAST_WORDS,
    RECEIPT_EFFECTS,
    STATUS_RANK,
    OutboundStatus,
)
from domain.receipt import NewReceipt
from store.database import Connection
from store.outbox import Change, append_changes
from store.sql import statements

_SQL = statements("receipts")
_HOLD_RECEIPTS = _SQL["hold_receipts"]
_RECORD_RECEIPTS = _SQL["record_receipts"]
_MATCH_RECEIPTS = _SQL["match_receipts"]
_HOLD_CONVERSATIONS_OF = _SQL["hold_conversations_of"]
_FIND_BEST_RECEIPTS = _SQL["find_best_receipts"]
_ADVANCE_MESSAGES = _SQL["advance_messages"]
_TOUCH_CONVERSATIONS = _SQL["touch_conversations"]

_LOCK_CLASS = 7_201
_BUCKETS = 256  # so many locks at most, however many receipts a batch has
_ORDER = list(RECEIPT_EFFECTS)

MessageKey = tuple[int, str]
Explain = Callable[[MessageKey, str | None], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What a message becomes."""

    customer_id: int
    message_id: str
    status: OutboundStatus
    failure_code: str | None = None
    failure: str | None = None


async def hold_receipts(conn: Connection, sent: Iterable[tuple[str, str]]) -> None:
    """Let nobody else record a receipt about, or the sending of, these until we commit.

    `sent` names channel and provider message id. To be called before any row is locked.
    """
    buckets = {hash64("\0".join(key)) % _BUCKETS for key in sent}
    await conn.execute(_HOLD_RECEIPTS, {"lock_class": _LOCK_CLASS, "buckets": sorted(buckets)})


async def record_receipts(
    conn: Connection, receipts: Sequence[NewReceipt], explain: Callable[[str, str | None], str]
) -> None:
    """Keep receipts and move their messages; one that is kept already changes nothing.

    `explain` puts a provider's error code in words.
    """
    cursor = await conn.execute(
        _RECORD_RECEIPTS,
        {
            "customer_ids": [received.event.customer_id for received in receipts],
            "event_ids": [received.event.id for received in receipts],
            "channel_ids": [received.event.channel_id for received in receipts],
            "provider_message_ids": [received.receipt.provider_message_id for received in receipts],
            "statuses": [received.receipt.status for received in receipts],
            "provider_statuses": [received.receipt.provider_status for received in receipts],
            "error_codes": [received.receipt.error_code for received in receipts],
            "are_opt_outs": [received.receipt.is_opt_out for received in receipts],
            "occurred_ats": [received.occurred_at for received in receipts],
        },
    )
    event_of = {(row[0], row[2]): row[1] for row in await cursor.fetchall() if row[2] is not None}
    if not event_of:
        return
    provider_of = {received.event.id: received.event.provider for received in receipts}
    await move_by_receipts(
        conn, event_of, lambda key, code: explain(provider_of[event_of[key]], code)
    )


async def match_receipts(
    conn: Connection, key: MessageKey, channel_id: str, provider_message_id: str
) -> bool:
    """Give a message that was just sent the receipts that came before we knew its id.

    Return whether any of them says that its recipient has opted out.
    """
    cursor = await conn.execute(
        _MATCH_RECEIPTS,
        {
            "customer_id": key[0],
            "message_id": key[1],
            "channel_id": channel_id,
            "provider_message_id": provider_message_id,
        },
    )
    return any(row[0] for row in await cursor.fetchall())


async def move_by_receipts(
    conn: Connection, messages: Collection[MessageKey], explain: Explain
) -> None:
    """Let messages become what their receipts say, where that is more than they are."""
    keys = _keys(messages)
    await conn.execute(_HOLD_CONVERSATIONS_OF, keys)
    cursor = await conn.execute(_FIND_BEST_RECEIPTS, keys | {"order": _ORDER})
    advances: list[Advance] = []
    for customer_id, message_id, status, failure_code, best, error_code in await cursor.fetchall():
        code = _failure_code(best, error_code)
        if not _says_more(best, status, is_other_reason=failure_code != code):
            continue
        has_failed = RECEIPT_EFFECTS[best] == "failed"
        reason = COMPLAINT
        if has_failed and best != "complained":
            reason = explain((customer_id, message_id), error_code)
        advances.append(
            Advance(
                customer_id=customer_id,
                message_id=message_id,
                status=RECEIPT_EFFECTS[best],
                failure_code=code if has_failed else None,
                failure=reason if has_failed else None,
            )
        )
    if advances:
        await advance_messages(conn, advances)


async def advance_messages(conn: Connection, advances: Sequence[Advance]) -> None:
    """Give messages a new status, and tell those who follow."""
    cursor = await conn.execute(
        _ADVANCE_MESSAGES,
        {
            "customer_ids": [advance.customer_id for advance in advances],
            "message_ids": [advance.message_id for advance in advances],
            "statuses": [advance.status for advance in advances],
            "failure_codes": [advance.failure_code for advance in advances],
            "failures": [advance.failure for advance in advances],
        },
    )
    moved = await cursor.fetchall()
    touched = sorted({(row[0], row[1]) for row in moved})
    cursor = await conn.execute(
        _TOUCH_CONVERSATIONS,
        {"customer_ids": [key[0] for key in touched], "ids": [key[1] for key in touched]},
    )
    versions = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
    by_customer: dict[int, list[Change]] = {}
    for customer_id, conversation_id, message_id, seq, status in moved:
        change = Change(
            type="message.updated",
            conversation_id=conversation_id,
            message_id=message_id,
            version=versions.get((customer_id, conversation_id)),
            message_seq=seq,
            message_status=status,
        )
        by_customer.setdefault(customer_id, []).append(change)
    for customer_id, changes in sorted(by_customer.items()):
        await append_changes(conn, customer_id, changes)


def _says_more(best: ReceiptStatus, status: OutboundStatus, *, is_other_reason: bool) -> bool:
    effect = RECEIPT_EFFECTS[best]
    if effect == status:
        return effect == "failed" and is_other_reason
    return best in LAST_WORDS or STATUS_RANK[effect] > STATUS_RANK[status]


def _failure_code(best: ReceiptStatus, error_code: str | None) -> str | None:
    """Name the reason, so that no two kinds of receipt give a message the same one."""
    if best == "complained":
        return best
    return error_code or (best if best == "bounced" else None)


def _keys(messages: Collection[MessageKey]) -> dict[str, list[object]]:
    ordered = sorted(messages)
    return {
        "customer_ids": [customer_id for customer_id, _ in ordered],
        "message_ids": [message_id for _, message_id in ordered],
    }
