"""Counts messages and closings of a few days from the rows themselves."""

from dataclasses import asdict

from psycopg.rows import class_row

from store.database import Connection
from store.reports import RolledSpan, Sum
from store.sql import statements

_SUM = statements("raw_volume")["sum_raw_volume"]


async def sum_raw_volume(conn: Connection, span: RolledSpan, channel_id: str | None) -> list[Sum]:
    """Count by hour or day what came and went, of all channels or of one."""
    cursor = conn.cursor(row_factory=class_row(Sum))
    await cursor.execute(_SUM, {**asdict(span), "channel_id": channel_id})
    return await cursor.fetchall()
