"""Receipts as they are stored, to be compared with what their events say, and made so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from store.database import Connection
from store.sql import statements

_SQL = statements("receipt_differences")
_READ = _SQL["read_receipts"]
_MEND = _SQL["mend_receipt"]


class StoredReceipt(NamedTuple):
    """What a receipt says."""

    provider_message_id: str
    status: str
    provider_status: str
    error_code: str | None
    is_opt_out: bool
    occurred_at: datetime


async def read_stored_receipts(
    conn: Connection, customer_id: int, ids: Sequence[str]
) -> dict[str, StoredReceipt]:
    """Read receipts by their events."""
    cursor = await conn.execute(_READ, {"customer_id": customer_id, "ids": list(ids)})
    return {row[0]: StoredReceipt(*row[1:]) for row in await cursor.fetchall()}


async def mend_receipt(
    conn: Connection, customer_id: int, event_id: str, receipt: StoredReceipt
) -> None:
    """Let a receipt say this."""
    key = {"customer_id": customer_id, "event_id": event_id}
    await conn.execute(_MEND, key | receipt._asdict())
