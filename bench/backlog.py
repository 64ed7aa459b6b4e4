"""Fills the queue of a fresh database with events, through the statement that ingest uses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from random import Random

from app.clock import utc_now
from app.ids import new_id
from bench.messages import Letter, Mailbox, generic_mail, sms
from bench.posted_mails import postmark_mail
from domain.channel import Channel
from domain.event import message_event
from store.database import Connection
from store.events import NewEvent, record_events

_SEED = 20
_MAILS: Mapping[str, Callable[[Letter], bytes]] = {
    "generic": generic_mail,
    "postmark": postmark_mail,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who writes where. With an e-mail channel, `share_of_emails` of the events go there."""

    sms_channel: Channel
    email_channel: Channel | None = None
    share_of_emails: float = 0.0
    contacts: int


def events_of(traffic: Traffic, count: int) -> Iterator[NewEvent]:
    """Make distinct events, in the order in which they were sent."""
    rng = Random(_SEED)
    mailbox = Mailbox(rng, traffic.contacts)
    received_at = utc_now()
    for number in range(count):
        message_id = rng.randbytes(16).hex()
        sent_at = received_at - timedelta(seconds=count - number)
        if traffic.email_channel and rng.random() < traffic.share_of_emails:
            channel = traffic.email_channel
            body = _MAILS[channel.provider](mailbox.write(message_id, number, sent_at))
        else:
            channel = traffic.sms_channel
            body = sms(message_id, rng.randrange(traffic.contacts), number, sent_at.isoformat())
        event = message_event(message_id, body)
        yield NewEvent(
            channel.customer_id,
            new_id(),
            channel.id,
            channel.provider,
            event.kind,
            event.provider_message_id,
            event.dedup_key,
            "unchecked",
            '{"user-agent":"bench"}',
            "application/json",
            event.body,
            received_at,
        )


async def record(conn: Connection, events: Iterator[NewEvent], batch: int) -> None:
    """Record and queue events, so many in each statement."""
    while rows := list(islice(events, batch)):
        await record_events(conn, rows)
