"""What the operators' tests share: a channel in the table, events, and ways to settle them."""

from datetime import UTC, datetime, timedelta

from domain.channel import Channel, ChannelKind
from domain.event import ClaimedEvent, EventKind
from domain.identity import derived_uuid
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from store.events import NewEvent, record_events
from store.queue import ISOLATED, LIVE, REPEATED, Failure, claim, record_failures, settle

NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)


def a_channel(name: str, kind: ChannelKind = "sms", customer_id: int = 1) -> Channel:
    return Channel(
        customer_id=customer_id,
        id=derived_uuid("channel", customer_id, name),
        token=f"token-of-{customer_id}-{name}-{'x' * 8}",
        kind=kind,
        provider="generic",
        name=name,
        own_address="+14155550199" if kind == "sms" else "help@example.com",
        region="US",
        signature_mode="off",
    )


async def store_channel(
    conn: Connection, name: str, kind: ChannelKind = "sms", customer_id: int = 1
) -> Channel:
    channel = a_channel(name, kind, customer_id)
    assert await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
    return channel


async def second_customer(conn: Connection) -> int:
    await conn.execute("INSERT INTO customers (id, name) VALUES (2, 'other')")
    return 2


async def store_event(
    conn: Connection, channel: Channel, number: int, kind: EventKind = "message"
) -> str:
    """Record event `number` of a channel; later numbers have greater ids and times."""
    event_id = f"0193000{channel.customer_id}-0000-7000-8000-{number:012d}"
    body = f'{{"number": {number}}}'.encode()
    recorded = await record_events(
        conn,
        [
            NewEvent(
                channel.customer_id,
                event_id,
                channel.id,
                channel.provider,
                kind,
                f"m-{number}" if kind != "unreadable" else None,
                f"{kind}:m-{number}",
                "unchecked",
                '{"user-agent": "test"}',
                "application/json",
                body,
                NOW + timedelta(seconds=number),
            )
        ],
    )
    assert recorded == 1
    return event_id


async def settle_all(conn: Connection) -> None:
    """Take everything that is due out of the queue, as processed."""
    async with conn.transaction():
        await settle(conn, await _claim_all(conn))


async def fail_all(
    conn: Connection, error_class: str = "unreadable", wait_seconds: float | None = None
) -> None:
    """Fail everything that is due: for good, or until `wait_seconds` from now."""
    async with conn.transaction():
        failures = [
            Failure(
                event=event,
                error_class=error_class,
                detail="from must say who sent the message",
                wait_seconds=wait_seconds,
            )
            for event in await _claim_all(conn)
        ]
        await record_failures(conn, failures)


async def _claim_all(conn: Connection) -> list[ClaimedEvent]:
    return [
        event for lane in (LIVE, REPEATED, ISOLATED) for event in await claim(conn, 100, 60, lane)
    ]


async def queued(conn: Connection) -> dict[str, int]:
    """Read the queue: attempts that failed so far, by event."""
    cursor = await conn.execute("SELECT event_id, attempt_count FROM inbound_queue")
    return {event_id: attempt_count for event_id, attempt_count in await cursor.fetchall()}
