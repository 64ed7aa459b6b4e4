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
        "customer_ids": [one.customer_id for one in activity],
        "channel_ids": [one.channel_id for one in activity],
    }
    counts: dict[str, object] = {
        "hours": [one.hour for one in activity],
        "accepted": [one.accepted for one in activity],
        "duplicates": [one.duplicates for one in activity],
        "rejected": [one.rejected for one in activity],
        "unreadable": [one.unreadable for one in activity],
    }
    times: dict[str, object] = {
        "last_accepted_ats": [one.last_accepted_at for one in activity],
        "last_rejected_ats": [one.last_rejected_at for one in activity],
        "last_rejected_reasons": [one.last_rejected_reason for one in activity],
    }
    await conn.execute(_ADD_HOURS, {**keys, **counts})
    await conn.execute(_NOTE, {**keys, **times})
