"""Deliveries whose signature failed, capped in size and number. Knows no provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.channel import Channel
from domain.delivery import Delivery
from store.database import Connection
from store.sql import statements

_SQL = statements("quarantine")
_QUARANTINE = _SQL["quarantine"]
_LIST = _SQL["list_quarantined"]
_FIND = _SQL["find_quarantined"]
_HOLD = _SQL["hold_quarantined"]
_MARK_RELEASED = _SQL["mark_released"]

_MOST_BODY_BYTES = 30 * 1024 * 1024
_MOST_PER_CHANNEL = 1000
_MOST_BYTES_PER_CHANNEL = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """What to list; None filters nothing. `since` is inclusive and `until` is not."""

    channel_id: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_released: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A refused delivery. `kept_bytes` is less than `body_bytes` where the body was cut."""

    id: str
    channel_id: str
    channel_name: str
    provider: str
    reason: str
    method: str
    kept_bytes: int
    body_bytes: int
    received_at: datetime
    released_at: datetime | None

    @property
    def is_cut(self) -> bool:
        return self.kept_bytes < self.body_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeQuarantined:
    """A refused delivery with its bytes; header names are lower-case."""

    listed: Quarantined
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def delivery(self) -> Delivery:
        """Return it as it was received, without the headers that are not kept."""
        return Delivery(
            method=self.listed.method,
            url=self.url,
            headers=self.headers,
            body=self.body,
            received_at=self.listed.received_at,
        )


async def quarantine(
    conn: Connection,
    channel: Channel,
    delivery: Delivery,
    *,
    delivery_id: str,
    reason: str,
    headers: str,
) -> None:
    """Keep a refused delivery; `headers` is a JSON object as text, without credentials.

    The content type is added to them: some signatures cannot be checked again without it.
    """
    body = delivery.body[:_MOST_BODY_BYTES]
    await conn.execute(
        _QUARANTINE,
        {
            "customer_id": channel.customer_id,
            "id": delivery_id,
            "channel_id": channel.id,
            "reason": reason,
            "method": delivery.method,
            "url": delivery.url,
            "headers": headers,
            "content_type": delivery.headers.get("content-type"),
            "body": body,
            "kept_bytes": len(body),
            "body_bytes": len(delivery.body),
            "received_at": delivery.received_at,
            "most": _MOST_PER_CHANNEL,
            "most_bytes": _MOST_BYTES_PER_CHANNEL,
        },
    )


async def list_quarantined(
    conn: Connection,
    customer_id: int,
    wanted: QuarantineFilter,
    *,
    limit: int,
    before: str | None = None,
) -> list[Quarantined]:
    """List refused deliveries, latest first, those older than delivery `before`."""
    async with conn.cursor(row_factory=class_row(Quarantined)) as cursor:
        await cursor.execute(
            _LIST,
            {
                "customer_id": customer_id,
                "channel_id": wanted.channel_id,
                "reason": wanted.reason,
                "since": wanted.since,
                "until": wanted.until,
                "is_released": wanted.is_released,
                "before": before,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def find_quarantined(
    conn: Connection, customer_id: int, delivery_id: str
) -> WholeQuarantined | None:
    """Find one refused delivery whole."""
    cursor = await conn.execute(_FIND, {"customer_id": customer_id, "id": delivery_id})
    row = await cursor.fetchone()
    if row is None:
        return None
    listed = Quarantined(
        id=row[0],
        channel_id=row[1],
        channel_name=row[2],
        provider=row[3],
        reason=row[4],
        method=row[5],
        kept_bytes=row[6],
        body_bytes=row[7],
        received_at=row[8],
        released_at=row[9],
    )
    return WholeQuarantined(listed=listed, url=row[10], headers=row[11], body=row[12])


async def hold_quarantined(conn: Connection, customer_id: int, delivery_id: str) -> None:
    """Let nobody else release it until the transaction ends."""
    await conn.execute(_HOLD, {"customer_id": customer_id, "id": delivery_id})


async def mark_released(conn: Connection, customer_id: int, delivery_id: str) -> None:
    """Note that somebody let it through after all."""
    await conn.execute(_MARK_RELEASED, {"customer_id": customer_id, "id": delivery_id})
