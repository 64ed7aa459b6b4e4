"""Delivery receipts, every one kept. Knows nothing of who sent what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.event import ClaimedEvent
from domain.message import DeliveryReceipt
from store.database import Connection
from store.sql import statements

_RECORD_RECEIPTS = statements("receipts")["record_receipts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    event: ClaimedEvent
    receipt: DeliveryReceipt
    occurred_at: datetime


async def record_receipts(conn: Connection, receipts: Sequence[NewReceipt]) -> None:
    """Keep receipts; one that is kept already is left as it is."""
    await conn.execute(
        _RECORD_RECEIPTS,
        {
            "customer_ids": [one.event.customer_id for one in receipts],
            "event_ids": [one.event.id for one in receipts],
            "channel_ids": [one.event.channel_id for one in receipts],
            "provider_message_ids": [one.receipt.provider_message_id for one in receipts],
            "statuses": [one.receipt.status for one in receipts],
            "provider_statuses": [one.receipt.provider_status for one in receipts],
            "error_codes": [one.receipt.error_code for one in receipts],
            "occurred_ats": [one.occurred_at for one in receipts],
        },
    )
