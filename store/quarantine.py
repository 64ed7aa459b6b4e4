"""Deliveries whose signature failed, capped in size and number. Knows no provider."""

from domain.channel import Channel
from domain.delivery import Delivery
from store.database import Connection
from store.sql import statements

_SQL = statements("quarantine")
_QUARANTINE = _SQL["quarantine"]

_MOST_BODY_BYTES = 64 * 1024
_MOST_PER_CHANNEL = 1000


async def quarantine(
    conn: Connection,
    channel: Channel,
    delivery: Delivery,
    *,
    delivery_id: str,
    reason: str,
    headers: str,
) -> None:
    """Keep a refused delivery; `headers` is a JSON object as text, without credentials."""
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
            "body": delivery.body[:_MOST_BODY_BYTES],
            "body_bytes": len(delivery.body),
            "received_at": delivery.received_at,
            "most": _MOST_PER_CHANNEL,
        },
    )
