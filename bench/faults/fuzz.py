"""Malformed requests over the webhook endpoint: no 5xx, no unhandled error, nothing lost.

What was answered with success must be there as an event, whatever it was; what the worker cannot
read must be a dead letter with a class of its own.
"""

import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

from app.clock import utc_now
from app.embedded_postgres import embedded_postgres
from app.ids import new_id, new_token
from bench.databases import CUSTOMER_ID, SECRET_KEY, fresh_database, read_one, run
from bench.faults.count import wait_until_processed
from bench.faults.installation import HOST, installation
from bench.faults.malformed import Odd, malformed
from bench.faults.plan import FaultPlan
from bench.figures import Figure, Target, figure
from bench.http_client import is_complete
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.event import unreadable_event
from domain.message import DeliveryReceipt, InboundMessage, Recipient
from domain.sealing import Sealer
from providers import REGISTRY
from simulation import PLAYED, PLAYED_SENDERS
from store.channels import StoredChannel, insert_channel
from store.database import connect

SECTION = "fuzz"

_SETTLE_SECONDS = 300.0
_NOISE_SECONDS = 0.02
_NONE = Target(most=0)
_KEYS = b"SELECT channel_id::text, dedup_key FROM inbound_events"
_STATES = b"SELECT status, count(*) FROM inbound_event_status GROUP BY 1"
# Classes of ours are words in lower case; the name of a Python error is one that nobody expected.
_UNHANDLED = b"SELECT count(*) FROM inbound_failures WHERE error_class ~ '^[A-Z]'"
# Every provider on every kind of channel; what is signed is tried with and without a check.
_PLACES: Sequence[tuple[str, ChannelKind, bool]] = [
    (name, kind, is_enforced)
    for name, provider in REGISTRY.items()
    for kind in sorted(provider.CHANNEL_KINDS)
    for is_enforced in (False, True)
]


def break_it(plan: FaultPlan) -> list[Figure]:
    """Send them all and look at what became of them."""
    with (
        embedded_postgres(plan.folder / "fuzz_database") as server_url,
        fresh_database(server_url) as url,
        installation(plan.folder / "fuzz", url, MAX_RETRIES="1", BACKOFF_BASE_MS="100") as running,
    ):
        channels = run(_channels(url))
        caller = _Caller(running.port)
        seeds = [seed for channel in channels for seed in _seeds(channel)]
        expected: set[tuple[str, str]] = set()
        for odd in malformed(seeds, plan.lengths.fuzz_requests, Random(6)):
            status = caller.send(odd)
            if status and status < 300 and odd.channel and odd.delivery:
                expected |= _keys_of(odd.channel, odd.delivery)
        plan.say(f"answers: {dict(sorted(caller.answers.items()))}")
        running.wait_until_spool_is_empty(_SETTLE_SECONDS)
        wait_until_processed(url, _SETTLE_SECONDS)
        lost, states, unhandled = run(_outcome(url, expected))
        failed = running.log.read_text().count('"request_failed"')
    server_errors = sum(many for status, many in caller.answers.items() if status >= 500)
    return [
        figure(SECTION, "requests", sum(caller.answers.values()), ""),
        *(
            figure(SECTION, f"answered {status or 'by hanging up'}", many, "")
            for status, many in sorted(caller.answers.items())
        ),
        figure(SECTION, "answered 5xx", server_errors, "", _NONE),
        figure(SECTION, "failures in the log", failed, "", _NONE),
        figure(SECTION, "events accepted and lost", lost, "", _NONE),
        figure(SECTION, "errors that nobody expected", unhandled, "", _NONE),
        *(figure(SECTION, f"events {state}", many, "") for state, many in states.items()),
    ]


class _Caller:
    """Sends raw requests over one connection, or a new one where it was closed."""

    def __init__(self, port: int) -> None:
        self._address = (HOST, port)
        self._socket: socket.socket | None = None
        self.answers: Counter[int] = Counter()

    def send(self, odd: Odd) -> int:
        """Send one and return the status of its answer; 0 where there is none."""
        status = self._ask(odd.raw, None if odd.channel else _NOISE_SECONDS)
        self.answers[status] += 1
        if not odd.channel:
            self._hang_up()
        return status

    def _ask(self, raw: bytes, seconds: float | None) -> int:
        reply = b""
        with suppress(OSError):
            connection = self._connection()
            connection.settimeout(seconds or 20.0)
            connection.sendall(raw)
            while not _is_whole(reply):
                chunk = connection.recv(65536)
                if not chunk:
                    break
                reply += chunk
        if not reply or b"connection: close" in reply.lower():
            self._hang_up()
        return int(reply[9:12]) if reply[9:12].isdigit() else 0

    def _connection(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=20)
        return self._socket

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _is_whole(reply: bytes) -> bool:
    return b"content-length:" in reply.lower() and is_complete(reply)


def _keys_of(channel: Channel, delivery: Delivery) -> set[tuple[str, str]]:
    """Say which events a delivery holds, as the intake takes it apart."""
    try:
        events = REGISTRY[channel.provider].split(delivery, channel.kind)
    except Unreadable:
        events = [unreadable_event(delivery.body)]
    return {(channel.id, event.dedup_key) for event in events}


def _seeds(channel: Channel) -> Iterable[tuple[Channel, Delivery]]:
    played, now = PLAYED[channel.provider], utc_now()
    url = f"http://localhost/webhooks/{channel.provider}/{channel.token}"
    is_mail = channel.kind == "email"
    message = InboundMessage(
        kind=channel.kind,
        provider_message_id="seed-message",
        sender="Ann <ann@example.org>" if is_mail else "+14155550123",
        recipients=(Recipient(role="to", address=channel.own_address),),
        body="Where is my parcel?",
        subject="A parcel" if is_mail else None,
        sent_at=now,
    )
    receipt = DeliveryReceipt(
        provider_message_id="seed-sent", status="delivered", provider_status="delivered"
    )
    seeds = [(channel, played.compose(message, channel, url, now))]
    if sender := PLAYED_SENDERS.get(channel.provider):
        own_address = channel.own_address
        seeds.append((channel, sender.compose_receipt(receipt, own_address, channel, url, now)))
    return seeds


async def _channels(url: str) -> list[Channel]:
    made: list[Channel] = []
    async with await connect(url, "bench") as conn:
        for number, (provider, kind, is_enforced) in enumerate(_PLACES):
            secret = REGISTRY[provider].new_secret() or "whsec_the-token-of-an-account"
            secrets = (secret,) if is_enforced else ()
            channel = Channel(
                customer_id=CUSTOMER_ID,
                id=new_id(),
                token=new_token(),
                kind=kind,
                provider=provider,
                name=f"fuzz {number}",
                own_address=_own_address(kind, number),
                region="US",
                signature_mode="enforce" if is_enforced else "off",
            )
            sealed = Sealer(SECRET_KEY).seal(secrets, channel.secrets_place) if secrets else None
            await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
            made.append(replace(channel, secrets=secrets))
    return made


def _own_address(kind: ChannelKind, number: int) -> str:
    return f"desk{number}@example.com" if kind == "email" else f"+1500555{number:04d}"


async def _outcome(url: str, expected: set[tuple[str, str]]) -> tuple[int, dict[str, int], int]:
    async with await connect(url, "bench") as conn:
        kept = set(await (await conn.execute(_KEYS)).fetchall())
        states = dict(await (await conn.execute(_STATES)).fetchall())
        return len(expected - kept), states, await read_one(conn, _UNHANDLED)
