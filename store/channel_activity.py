"""What each channel took and refused, hour by hour, and when it was last heard of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.database import Connection
from store.sql import statements

_SQL = statements("channel_activity")
_ADD_HOURS = _SQL["add_channel_hours"]
_NOTE = _SQL["note_channel_activity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelActivity:
    """What one channel did in a part of an hour. The times are those of the deliveries."""

    customer_id: int
    channel_id: str
    hour: datetime
    accepted: int
    duplicates: int
    rejected: int
    unreadable: int
    last_accepted_at: datetime | None
    last_rejected_at: datetime | None
    last_rejected_reason: str | None


async def add_channel_activity(conn: Connection, activity: Sequence[ChannelActivity]) -> None:
    """Add to what is known; at most one of each channel and hour, in one transaction of ours."""
    if not activity:
        return
    keys: dict[str, object] = {
        "customer_ids": [hour.customer_id for hour in activity],
        "channel_ids": [hour.channel_id for hour in activity],
    }
    counts: dict[str, object] = {
        "hours": [hour.hour for hour in activity],
        "accepted": [hour.accepted for hour in activity],
        "duplicates": [hour.duplicates for hour in activity],
        "rejected": [hour.rejected for hour in activity],
        "unreadable": [hour.unreadable for hour in activity],
    }
    times: dict[str, object] = {
        "last_accepted_ats": [hour.last_accepted_at for hour in activity],
        "last_rejected_ats": [hour.last_rejected_at for hour in activity],
        "last_rejected_reasons": [hour.last_rejected_reason for hour in activity],
    }
    await conn.execute(_ADD_HOURS, {**keys, **counts})
    await conn.execute(_NOTE, {**keys, **times})
