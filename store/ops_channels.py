"""What each channel has taken and refused lately. Judges nothing, and opens no secret."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.channel import ChannelKind, SignatureMode
from store.database import Connection
from store.sql import statements

_SQL = statements("ops_channels")
_LIST = _SQL["list_channels_at_work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAtWork:
    """A channel; `accepted` to `unreadable` are of the last 24 hours, repeated events included.

    `silence_minutes` is None where the usual gap decides. Of reconciliations, what came of the last
    one is said; all of it is None where there was none.
    """

    id: str
    name: str
    kind: ChannelKind
    provider: str
    own_address: str
    further_addresses: list[str]
    signature_mode: SignatureMode
    disabled_at: datetime | None
    silence_minutes: int | None
    created_at: datetime
    last_accepted_at: datetime | None
    last_rejected_at: datetime | None
    last_rejected_reason: str | None
    accepted: int
    duplicates: int
    rejected: int
    unreadable: int
    events_in_week: int
    reconcile_minutes: int | None
    reconciled_at: datetime | None
    reconciled_new: int | None
    reconcile_failure: str | None


async def list_channels_at_work(
    conn: Connection, customer_id: int, *, after_name: str | None, row_count: int
) -> list[ChannelAtWork]:
    """List a customer's channels by name, those after `after_name`."""
    wanted = {"customer_id": customer_id, "after_name": after_name, "row_count": row_count}
    async with conn.cursor(row_factory=class_row(ChannelAtWork)) as cursor:
        await cursor.execute(_LIST, wanted)
        return await cursor.fetchall()
