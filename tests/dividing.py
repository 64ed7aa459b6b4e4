"""What the tests of divided texts share: parts as Vonage posts them, and what was made of them."""

import json
from dataclasses import replace
from datetime import datetime

from flows import NOW, OWN_PHONE, a_channel

from domain.channel import Channel
from store.channels import StoredChannel, insert_channel
from store.database import Connection

# Of each message its text, and the parts that are in it by the last digit of their ids.
_TEXTS = b"""
    SELECT b.text, (
        SELECT string_agg(e.provider_message_id, ' ' ORDER BY p.part_number)
        FROM message_parts AS p
        JOIN inbound_events AS e ON e.customer_id = p.customer_id AND e.id = p.event_id
        WHERE p.customer_id = m.customer_id AND p.message_id = m.id
    )
    FROM messages AS m
    JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
    ORDER BY m.received_at, m.id
"""


async def make_vonage(conn: Connection, name: str = "vonage") -> Channel:
    """Make a channel of the provider that divides texts."""
    channel = replace(a_channel(name), provider="vonage")
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
    return channel


def a_part(
    number: int,
    total: int,
    text: str,
    *,
    identity: str | None = None,
    reference: str = "7",
    sender: str = "14155550101",
    at: datetime = NOW,
) -> bytes:
    """Write a part as Vonage posts it: https://developer.vonage.com/messaging/sms/guides/inbound-sms"""
    fields = {
        "msisdn": sender,
        "to": OWN_PHONE.removeprefix("+"),
        "messageId": identity or f"{reference}-{number}",
        "text": text,
        "type": "text",
        "keyword": text.split(" ")[0].upper(),
        "message-timestamp": at.strftime("%Y-%m-%d %H:%M:%S"),
        "concat": "true",
        "concat-ref": reference,
        "concat-total": str(total),
        "concat-part": str(number),
    }
    return json.dumps(fields).encode()


async def texts_of(conn: Connection) -> list[tuple[str, str | None]]:
    """Read what was made: each text, and the provider's ids of the parts that are in it."""
    return await (await conn.execute(_TEXTS)).fetchall()


async def let_wait(conn: Connection) -> None:
    """Let as much time pass as parts wait for each other."""
    await conn.execute("UPDATE message_parts SET due_at = now() WHERE message_id IS NULL")
    await conn.execute("UPDATE inbound_queue SET next_attempt_at = now()")
