"""What fails, by class and channel. Holds no text of an event."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.database import Connection
from store.position import first_id_at
from store.sql import statements

_SQL = statements("ops_failures")
_LIST = _SQL["list_failure_groups"]

MOST_FAILURES = 20_000
_MOST_GROUPS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """One class of failure on one channel; `dead_letters` wait for somebody.

    `sample_id` is its latest event.
    """

    error_class: str
    channel_id: str
    channel_name: str
    provider: str
    events: int
    attempts: int
    dead_letters: int
    first_at: datetime
    last_at: datetime
    sample_id: str


async def list_failure_groups(
    conn: Connection, customer_id: int, *, since: datetime
) -> list[FailureGroup]:
    """Group the failed attempts at events recorded since then, and all waiting dead letters.

    Of each the latest `MOST_FAILURES` are looked at. The groups that most dead letters are of come
    first.
    """
    async with conn.cursor(row_factory=class_row(FailureGroup)) as cursor:
        await cursor.execute(
            _LIST,
            {
                "customer_id": customer_id,
                "from_id": first_id_at(since),
                "most": MOST_FAILURES,
                "row_count": _MOST_GROUPS,
            },
        )
        return await cursor.fetchall()
