"""What the tests of sending share: a channel that sends, a reply, a sender, and what it left.

The provider's side is played by respx; nothing of ours is.
"""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from flows import ANN, a_channel, an_sms, record, values, work

from app.ids import new_id
from domain.actor import Actor
from domain.channel import Channel, ChannelKind
from domain.media_link import media_url
from domain.message import InboundMessage
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from inbox.writing.reply import Desk, Queued, Written, reply
from providers import SENDERS
from store.blobs import BlobStore
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from worker.sending.config import SenderConfig

SEND_URL = "https://provider.test/sends"
TWILIO_URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
PUBLIC_URL = "https://inlet.test"
CALLBACK_URL = f"{PUBLIC_URL}/webhooks"
SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
SEALER = Sealer("a secret key of the tests")
ACTOR = Actor(customer_id=1)
_NAMES = count(1)


async def sending_channel(
    conn: Connection,
    name: str = "sms",
    kind: ChannelKind = "sms",
    *,
    provider: str = "generic",
    account: str = "AC1",
    sends_per_second: float = 1000.0,
) -> Channel:
    """Make a channel that can send, fast enough not to be waited for."""
    is_generic = provider == "generic"
    channel = replace(
        a_channel(name, kind),
        provider=provider,
        account=None if is_generic else account,
        send_url=SEND_URL if is_generic else None,
        sends_per_second=sends_per_second,
    )
    stored = StoredChannel(
        channel=channel,
        sealed_secrets=SEALER.seal([SECRET], channel.secrets_place),
        sealed_credential=SEALER.seal([SECRET], channel.credential_place),
    )
    await insert_channel(conn, stored)
    return stored.open(SEALER)


async def a_conversation(
    database_url: str, conn: Connection, channel: Channel, message: InboundMessage | None = None
) -> str:
    """Let somebody write, and return the conversation."""
    [event_id] = await record(conn, channel, message or an_sms(f"in-{next(_NAMES)}", ANN))
    await work(database_url)
    query = b"SELECT conversation_id FROM messages WHERE id = %s"
    return str((await values(conn, query, event_id))[0])


def desk() -> Desk:
    return Desk(now=datetime.now(UTC), new_id=new_id)


async def answer(
    conn: Connection, conversation: str, body: str = "Hello back", *, undo_seconds: int = 0
) -> Queued:
    """Write a reply, as the API does."""
    written = Written(body=body, undo_seconds=undo_seconds)
    async with conn.transaction():
        return await reply(conn, ACTOR, desk(), conversation, written)


def sender_config(
    database_url: str,
    *,
    max_retries: int = 2,
    backoff_base_ms: int = 3_600_000,
    most_in_flight: int = 32,
    lease_seconds: float = 30.0,
    answer_seconds: float = 20.0,
    blobs: BlobStore | None = None,
    sealer: Sealer = SEALER,
) -> SenderConfig:
    """Configure a sender whose retries wait for half an hour, which is the end of a test."""
    return SenderConfig(
        database_url=database_url,
        worker_id=new_id(),
        providers=SENDERS,
        sealer=sealer,
        callback_url=lambda channel: f"{CALLBACK_URL}/{channel.provider}/{channel.token}",
        media_url=lambda place: media_url(PUBLIC_URL, sealer, place, datetime.now(UTC)),
        retry=RetryPolicy(max_retries=max_retries, backoff_base_ms=backoff_base_ms),
        random=lambda: 0.0,
        clock=lambda: datetime.now(UTC),
        poll_seconds=0.05,
        on_commit=lambda: None,
        most_in_flight=most_in_flight,
        lease_seconds=lease_seconds,
        answer_seconds=answer_seconds,
        blobs=blobs,
    )


async def status_of(conn: Connection, queued: Queued) -> str:
    """Read a message's status, with the reason where there is one."""
    query = b"SELECT concat_ws(': ', status, failure) FROM messages WHERE id = %s"
    return str((await values(conn, query, queued.message_id))[0])


async def attempts(conn: Connection) -> list[str]:
    """Read all attempts, as outcome, HTTP status and code."""
    query = b"""
        SELECT concat_ws(' ', attempt, outcome, http_status, error_code)
        FROM outbound_attempts ORDER BY started_at, message_id, attempt
    """
    return [str(value) for value in await values(conn, query)]


async def let_retries_be_due(conn: Connection) -> None:
    """Let time pass until whatever waits may be sent."""
    await conn.execute("UPDATE outbound_queue SET send_at = now()")
    await conn.execute("UPDATE channel_pace SET free_at = now()")


async def let_leases_end(conn: Connection) -> None:
    """Let time pass until every lease has run out."""
    await conn.execute(
        "UPDATE outbound_queue SET leased_until = now() - interval '1 second'"
        " WHERE leased_by IS NOT NULL"
    )
