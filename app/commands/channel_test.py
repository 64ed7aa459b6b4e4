"""`inlet channel test`: one signed sample through the real path, timed until it is a message."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
import typer

from app.clock import monotonic, utc_now
from app.ids import new_id, new_token
from app.operator_session import OperatorSession, get_channel, operator_session
from app.terminal_output import show_facts, show_json
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery
from domain.errors import OperatorError
from domain.message import DeliveryReceipt, InboundMessage, Recipient, ThreadHeaders
from domain.provider import Provider
from domain.signature import verify
from providers import find_provider
from simulation import PLAYED, PLAYED_GREETERS, PLAYED_SENDERS, keeps_mails
from simulation.delivering import (
    compose_delivery,
    compose_greeting_delivery,
    compose_receipt_delivery,
    post,
)
from store.event_listing import EventStatus, event_status

_SENDERS: dict[ChannelKind, str] = {
    "sms": "+12025550123",
    "email": "Inlet test <inlet-test@example.com>",
}
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.005
_ANSWER_SECONDS = 15.0
_REFUSED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """What the sample met; `tampered_status` is None where signatures are not enforced.

    `holds_event` is false where the provider's events can be checked with the provider alone.
    """

    channel: str
    http_status: int
    holds_event: bool
    event_id: str | None
    event_status: EventStatus | None
    total_ms: float
    tampered_status: int | None

    @property
    def fault(self) -> str | None:
        """Say in one line what is wrong, or None."""
        if not 200 <= self.http_status < 300:
            return f"the server answered {self.http_status}{_HINTS.get(self.http_status, '')}"
        if self.event_id is None and self.holds_event:
            return "the server accepted the sample, but this database does not have it"
        if self.event_status != "processed" and self.holds_event:
            return f"the event is not processed but {self.event_status}: is a worker running?"
        if self.tampered_status not in (None, _REFUSED):
            return f"a tampered copy was answered {self.tampered_status}, not {_REFUSED}"
        return None


_HINTS = {
    401: ": is its PUBLIC_URL or SECRET_KEY another one than here?",
    404: ": does it use another database?",
}


async def test_channel(name_or_id: str, url: str | None, customer: str, as_json: bool) -> None:
    """Send the sample and report.

    Raises: OperatorError when anything was not as it should be.
    """
    async with operator_session(customer) as session:
        report = await _try_out(session, name_or_id, url)
    if as_json:
        show_json(report)
    else:
        show_facts(
            {
                "channel": report.channel,
                "http status": report.http_status,
                "event": report.event_id,
                "event status": report.event_status,
                "total": f"{report.total_ms:.1f} ms",
                "tampered copy": report.tampered_status,
            }
        )
    if report.fault:
        raise OperatorError(report.fault)
    if not as_json:
        typer.echo("The channel works.")


async def _try_out(session: OperatorSession, name_or_id: str, url: str | None) -> TestReport:
    stored = await get_channel(session, name_or_id)
    provider = find_provider(stored.channel.provider)
    if provider is None or stored.channel.provider not in PLAYED:
        raise OperatorError("this version does not know the provider of the channel")
    channel, now = stored.open(session.sealer), utc_now()
    server_url = url or session.settings.web_url
    composed = _composer(channel, session.settings.web_url, server_url, now)

    delivery = composed(channel)
    reason = verify(provider.signed(delivery, channel.secrets, now)).reason
    if reason == "no_secret" or (channel.secrets and reason == "missing_signature"):
        raise OperatorError("only its provider can sign for this channel: it has a public key")
    tampered = replace(delivery, body=delivery.body + b" ")
    if verify(provider.signed(tampered, channel.secrets, now)).is_authentic:
        # What is not signed may be anything; what must be refused is another secret.
        tampered = composed(replace(channel, secrets=(new_token(),)))
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
        return await _send_and_watch(session, client, provider, channel, delivery, tampered)


def _composer(
    channel: Channel, public_url: str, server_url: str, now: datetime
) -> Callable[[Channel], Delivery]:
    """Write a mail, or a receipt where nobody has what a mail of nobody says, or a greeting."""
    if greeter := PLAYED_GREETERS.get(channel.provider):
        return lambda signer: compose_greeting_delivery(
            greeter, signer, public_url=public_url, server_url=server_url, now=now
        )
    if keeps_mails(channel.provider):
        receipt = DeliveryReceipt(
            provider_message_id=f"inlet-test-{new_id()}",
            status="delivered",
            provider_status=PLAYED_SENDERS[channel.provider].RECEIPT_WORDS["delivered"],
        )
        return lambda signer: compose_receipt_delivery(
            PLAYED_SENDERS[channel.provider],
            receipt,
            channel.own_address,
            signer,
            public_url=public_url,
            server_url=server_url,
            now=now,
        )
    sample = _sample(channel)
    return lambda signer: compose_delivery(
        PLAYED[channel.provider],
        sample,
        signer,
        public_url=public_url,
        server_url=server_url,
        now=now,
    )


async def _send_and_watch(
    session: OperatorSession,
    client: httpx.AsyncClient,
    provider: Provider,
    channel: Channel,
    delivery: Delivery,
    tampered: Delivery,
) -> TestReport:
    began = monotonic()
    http_status = await _answered(client, delivery)
    is_accepted = 200 <= http_status < 300
    found = await _settled(session, provider, channel, delivery) if is_accepted else None
    total_ms = (monotonic() - began) * 1000
    tampered_status = None
    if channel.signature_mode == "enforce":
        tampered_status = await _answered(client, tampered)
    return TestReport(
        channel=channel.name,
        http_status=http_status,
        holds_event=bool(provider.split(delivery, channel.kind)),
        event_id=found[0] if found else None,
        event_status=found[1] if found else None,
        total_ms=round(total_ms, 3),
        tampered_status=tampered_status,
    )


async def _answered(client: httpx.AsyncClient, delivery: Delivery) -> int:
    status = await post(client, delivery)
    if status is None:
        raise OperatorError("no server answers there: start `inlet up`, or say --url")
    return status


async def _settled(
    session: OperatorSession, provider: Provider, channel: Channel, delivery: Delivery
) -> tuple[str, EventStatus] | None:
    """Watch the sample's event until it is processed or given up, or patience ends."""
    events = provider.split(delivery, channel.kind)
    if not events:
        return None
    give_up_at = monotonic() + _PATIENCE_SECONDS
    while True:
        found = await event_status(
            session.conn, channel.customer_id, channel.id, events[0].dedup_key
        )
        is_settled = found is None or found[1] in ("processed", "dead_letter")
        if is_settled or monotonic() > give_up_at:
            return found
        await asyncio.sleep(_POLL_SECONDS)


def _sample(channel: Channel) -> InboundMessage:
    identity = f"inlet-test-{new_id()}"
    is_email = channel.kind == "email"
    return InboundMessage(
        kind="email" if is_email else "sms",
        provider_message_id=identity,
        sender=_SENDERS[channel.kind],
        recipients=(Recipient(role="to", address=channel.own_address),),
        body="This is a test of the channel. 👋",
        subject="Test of the channel" if is_email else None,
        sent_at=utc_now(),
        thread=ThreadHeaders(message_id=f"{identity}@example.com", in_reply_to=(), references=())
        if is_email
        else None,
    )
