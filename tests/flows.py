"""What the tests of the flow share: channels, messages on their way in, a worker, and what it left.

Messages go in as a provider would write them, so a test sees the whole path but HTTP.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from emptying import empty as delete_rows
from psycopg import sql
from psycopg.conninfo import make_conninfo

from app.ids import new_id
from app.postgres_server import USER
from domain.channel import Channel, ChannelKind
from domain.closing import CONTINUE, ClosedPolicy
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.event import unreadable_event
from domain.identity import derived_uuid
from domain.message import Attachment, InboundMessage, MessageKind, Recipient, ThreadHeaders
from domain.provider import Provider
from domain.retry import RetryPolicy
from providers import REGISTRY
from simulation import PLAYED
from store.channels import StoredChannel, insert_channel
from store.database import Connection, connect
from store.events import NewEvent, record_events
from worker.config import WorkerConfig
from worker.loop import drain

NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
OWN_PHONE = "+14155550199"
OWN_EMAIL = "help@example.com"
ANN = "+14155550101"
BEN = "+14155550102"
CAT = "+14155550103"
_URL = "https://inlet.test/webhooks/generic/token"
_PATIENCE_SECONDS = 120.0  # a machine may be busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A conversation as it lies in the tables, its messages by provider message id."""

    id: str
    channel: str
    status: str
    subject: str | None
    preview: str
    first: str
    last: str
    messages: tuple[str, ...]
    participants: frozenset[tuple[str, str, str]]


def a_channel(
    name: str, kind: ChannelKind = "sms", *, own_address: str | None = None, region: str = "US"
) -> Channel:
    return Channel(
        customer_id=1,
        id=derived_uuid("channel", name),
        token=f"token-of-{name}-{'x' * 16}",
        kind=kind,
        provider="generic",
        name=name,
        own_address=own_address or (OWN_PHONE if kind == "sms" else OWN_EMAIL),
        region=region,
        signature_mode="off",
    )


async def make_channel(
    conn: Connection,
    name: str,
    kind: ChannelKind = "sms",
    *,
    own_address: str | None = None,
    further_addresses: tuple[str, ...] = (),
    region: str = "US",
    closed_policy: ClosedPolicy = CONTINUE,
) -> Channel:
    channel = replace(
        a_channel(name, kind, own_address=own_address, region=region),
        further_addresses=further_addresses,
        closed_policy=closed_policy,
    )
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
    return channel


def an_sms(
    name: str,
    sender: str = ANN,
    *to: str,
    body: str = "Hello",
    kind: MessageKind = "sms",
    attachments: Sequence[str] = (),
    minute: int | None = 0,
) -> InboundMessage:
    """Write an SMS to the channel, or to everybody in `to`; `minute` None makes no claim."""
    return InboundMessage(
        kind=kind,
        provider_message_id=name,
        sender=sender,
        recipients=tuple(Recipient(role="to", address=address) for address in to or (OWN_PHONE,)),
        body=body,
        attachments=tuple(Attachment(url=url) for url in attachments),
        sent_at=None if minute is None else NOW - timedelta(days=1) + timedelta(minutes=minute),
    )


def a_mail(
    name: str,
    sender: str = "ann@example.org",
    *,
    answers: str | None = None,
    references: Sequence[str] = (),
    message_id: str | None = "",
    to: Sequence[str] = (OWN_EMAIL,),
    cc: Sequence[str] = (),
    subject: str | None = None,
    body: str = "Hello",
    minute: int = 0,
) -> InboundMessage:
    """Write an e-mail. Its Message-ID is `NAME@mail` unless said; None bears none.

    `answers` and `references` name other mails, or are Message-IDs if they have an at sign.
    """
    own_id = id_of(name) if message_id == "" else message_id
    in_reply_to = (id_of(answers),) if answers else ()
    thread = ThreadHeaders(
        message_id=own_id, in_reply_to=in_reply_to, references=tuple(map(id_of, references))
    )
    recipients = [Recipient(role="to", address=address) for address in to]
    recipients += [Recipient(role="cc", address=address) for address in cc]
    return InboundMessage(
        kind="email",
        provider_message_id=name,
        sender=sender,
        recipients=tuple(recipients),
        body=body,
        body_format="text",
        subject=f"About {name}" if subject is None else subject or None,
        sent_at=NOW - timedelta(days=1) + timedelta(minutes=minute),
        thread=thread if own_id or in_reply_to or references else None,
    )


def id_of(name: str) -> str:
    return name if "@" in name else f"{name}@mail"


def event_of(
    channel: Channel,
    message: InboundMessage | bytes,
    *,
    event_id: str | None = None,
    received_at: datetime = NOW,
) -> NewEvent:
    """Make the row that a delivery of `message` becomes; bytes are posted as they are."""
    provider = REGISTRY[channel.provider]
    if isinstance(message, bytes):
        delivery = Delivery(
            method="POST", url=_URL, headers={}, body=message, received_at=received_at
        )
    else:
        delivery = PLAYED[channel.provider].compose(message, channel, _URL, received_at)
    try:
        (event,) = provider.split(delivery, channel.kind)
    except Unreadable:
        event = unreadable_event(delivery.body)
    return NewEvent(
        channel.customer_id,
        event_id or new_id(),
        channel.id,
        channel.provider,
        event.kind,
        event.provider_message_id,
        event.dedup_key,
        "unchecked",
        "{}",
        delivery.content_type,
        event.body,
        received_at,
    )


async def record(
    conn: Connection,
    channel: Channel,
    *messages: InboundMessage | bytes,
    received_at: datetime = NOW,
) -> list[str]:
    """Record messages as one delivery batch each in its own event; return the event ids."""
    events = [event_of(channel, message, received_at=received_at) for message in messages]
    await record_events(conn, events)
    return [event.id for event in events]


def worker_config(
    database_url: str,
    *,
    batch_size: int = 100,
    max_retries: int = 2,
    backoff_base_ms: int = 3_600_000,
    claim_timeout_seconds: float = 30,
    providers: Mapping[str, Provider] = REGISTRY,
) -> WorkerConfig:
    """Configure a worker whose failures wait for half an hour, which is the end of a test."""
    return WorkerConfig(
        database_url=database_url,
        batch_size=batch_size,
        claim_timeout_seconds=claim_timeout_seconds,
        retry=RetryPolicy(max_retries=max_retries, backoff_base_ms=backoff_base_ms),
        clock=lambda: NOW + timedelta(seconds=1),
        random=lambda: 0.0,
        poll_seconds=0.05,
        identity=(new_id(), "tests", 1),
        providers=providers,
    )


async def work(database_url: str, batch_size: int = 100) -> int:
    """Let a new worker process whatever is due."""
    return await drain(worker_config(database_url, batch_size=batch_size))


async def make_due(conn: Connection) -> None:
    """Let time pass until every queued event is due."""
    await conn.execute("UPDATE inbound_queue SET next_attempt_at = now()")


async def count_of(conn: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    row = await (await conn.execute(query)).fetchone()
    assert row is not None
    return row[0]


async def values(conn: Connection, query: bytes, *parameters: object) -> list[object]:
    """Read one column."""
    return [row[0] for row in await (await conn.execute(query, parameters)).fetchall()]


async def dump(conn: Connection) -> dict[str, list[str]]:
    """Read every row of every table that web and workers write to, as text."""
    tables = [str(name) for name in await values(conn, _TABLES)]
    rows: dict[str, list[str]] = {}
    for table in tables:
        query = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table))
        rows[table] = sorted(row[0] for row in await (await conn.execute(query)).fetchall())
    return rows


async def empty(conn: Connection) -> None:
    """Forget all but customers and channels, as the owner of the tables."""
    async with await connect(make_conninfo(conn.info.dsn, user=USER), "tests") as owner:
        await delete_rows(owner, ("customers", "channels", "api_keys", "agents"))


async def conversations(conn: Connection) -> list[Seen]:
    """Read all conversations by their first message; whatever must hold of each is checked."""
    assert await values(conn, _BROKEN) == []
    cursor = await conn.execute(_CONVERSATIONS)
    rows = await cursor.fetchall()
    seen = [
        Seen(
            id=row[0],
            channel=row[1],
            status=row[2],
            subject=row[3],
            preview=row[4],
            first=row[5],
            last=row[6],
            messages=tuple(row[7]),
            participants=frozenset((kind, value, role) for kind, value, role in row[8]),
        )
        for row in rows
    ]
    return sorted(seen, key=lambda conversation: (conversation.channel, conversation.first))


async def groups(conn: Connection) -> list[tuple[str, ...]]:
    """Read which messages are together, each group in the order in which they were sent."""
    return [conversation.messages for conversation in await conversations(conn)]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for another process or task to get somewhere."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline, "it never came to that"
        await asyncio.sleep(0.01)


async def until_blocked(watcher: Connection, connections: int = 1) -> None:
    """Wait until so many connections of this database wait for a lock."""

    async def are_blocked() -> bool:
        return await values(watcher, _BLOCKED) == [connections]

    await until(are_blocked)


_BLOCKED = b"""
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""

_TABLES = b"""
    SELECT tablename::text FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT LIKE '%%yoyo%%' AND tablename <> 'analysts'
    ORDER BY 1
"""

_CONVERSATIONS = b"""
    SELECT
        c.id, ch.name, c.status, c.subject, c.last_message_preview,
        f.provider_message_id, l.provider_message_id,
        (
            SELECT array_agg(m.provider_message_id ORDER BY m.sent_at, m.id) FROM messages AS m
            WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
        ),
        (
            SELECT array_agg(ARRAY[a.kind, a.value, p.role])
            FROM conversation_participants AS p
            JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
            WHERE p.customer_id = c.customer_id AND p.conversation_id = c.id
        )
    FROM conversations AS c
    JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
    JOIN messages AS f ON f.customer_id = c.customer_id AND f.id = c.first_message_id
    JOIN messages AS l ON l.customer_id = c.customer_id AND l.id = c.last_message_id
"""

# Names of conversations whose own columns disagree with their messages, or whose seq has a gap.
_BROKEN = b"""
    SELECT c.id::text
    FROM conversations AS c
    LEFT JOIN LATERAL (
        SELECT
            count(*) AS messages,
            count(*) FILTER (WHERE m.direction = 'inbound') AS inbound,
            array_agg(m.seq ORDER BY m.seq) AS seqs,
            (array_agg(m.id ORDER BY m.sent_at, m.id))[1] AS first_id,
            (array_agg(m.id ORDER BY m.received_at DESC, m.id DESC))[1] AS last_id,
            min(m.sent_at) AS first_at,
            max(m.received_at) AS last_at,
            (array_agg(m.subject ORDER BY m.sent_at, m.id))[1] AS subject,
            bool_and(m.channel_id = c.channel_id) AS has_one_channel,
            coalesce(max(m.seq) FILTER (WHERE m.direction = 'inbound'), 0) AS last_inbound_seq,
            max(m.received_at) FILTER (
                WHERE m.direction = 'outbound' AND m.status <> 'canceled'
            ) AS last_outbound_at
        FROM messages AS m
        WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
    ) AS r ON true
    LEFT JOIN LATERAL (
        SELECT min(m.received_at) AS waiting_since
        FROM messages AS m
        WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
            AND m.direction = 'inbound'
            AND m.received_at > coalesce(r.last_outbound_at, '-infinity')
    ) AS w ON true
    WHERE (c.message_count, c.inbound_count, c.last_seq) <> (r.messages, r.inbound, r.messages)
        OR r.seqs <> ARRAY(SELECT generate_series(1, c.last_seq))
        OR (c.first_message_id, c.last_message_id) <> (r.first_id, r.last_id)
        OR (c.first_message_at, c.last_activity_at) <> (r.first_at, r.last_at)
        OR c.subject IS DISTINCT FROM r.subject
        OR c.last_inbound_seq <> r.last_inbound_seq
        OR c.last_outbound_at IS DISTINCT FROM r.last_outbound_at
        OR c.waiting_since IS DISTINCT FROM w.waiting_since
        OR r.has_one_channel IS DISTINCT FROM true
"""
