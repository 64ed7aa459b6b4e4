"""What state an installation is in, all customers together: for the metrics page and the doctor.

Knows no threshold.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("installation_status")
_LANE_DEPTHS = _SQL["lane_depths"]
_DEAD_ROWS = _SQL["dead_rows"]
_TOTALS = _SQL["totals"]
_QUIET_CHANNELS = _SQL["quiet_channels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneDepth:
    """What waits in a lane; `oldest_seconds` is for how long, and 0 where nothing is due."""

    lane: int
    queued: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationStatus:
    """One look at everything. `spooled` events lie on the disks of web processes."""

    lanes: tuple[LaneDepth, ...]
    dead_rows: dict[str, int]
    dead_letters: int
    quarantined: int
    oldest_transaction_seconds: float
    workers_seen: int
    web_processes_seen: int
    spooled: int
    spool_oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietChannel:
    """A channel that was not heard of for a while, and how often it was in the last seven days."""

    customer_id: int
    id: str
    name: str
    last_accepted_at: datetime
    silence_minutes: int | None
    events_in_week: int


async def read_installation_status(conn: Connection) -> InstallationStatus:
    """Look at everything."""
    lanes = await (await conn.execute(_LANE_DEPTHS)).fetchall()
    dead_rows = await (await conn.execute(_DEAD_ROWS)).fetchall()
    totals = await (await conn.execute(_TOTALS)).fetchone() or (0,) * 7
    return InstallationStatus(
        lanes=tuple(
            LaneDepth(lane=lane, queued=queued, oldest_seconds=max(0.0, seconds))
            for lane, queued, seconds in lanes
        ),
        dead_rows=dict(dead_rows),
        dead_letters=totals[0],
        quarantined=totals[1],
        oldest_transaction_seconds=max(0.0, totals[2]),
        workers_seen=totals[3],
        web_processes_seen=totals[4],
        spooled=totals[5],
        spool_oldest_seconds=max(0.0, totals[6]),
    )


async def list_quiet_channels(conn: Connection) -> list[QuietChannel]:
    """List the channels that were not heard of for an hour, or for as long as theirs allows."""
    async with conn.cursor(row_factory=class_row(QuietChannel)) as cursor:
        await cursor.execute(_QUIET_CHANNELS)
        return await cursor.fetchall()
