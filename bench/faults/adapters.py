"""Feeds bytes to every adapter as intake and worker would; only `Unreadable` may come of it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Reading, Recipient
from domain.provider import Provider, ReadingContext
from domain.signature import verify
from providers import REGISTRY
from simulation import PLAYED, PLAYED_SENDERS
from worker.reading.normalise import normalise

_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_ID = "0197a1b2-0000-7000-8000-000000000001"
_URL = "https://inlet.example/webhooks/x/0123456789abcdef"
_RECEIPT = DeliveryReceipt(
    provider_message_id="m-2", status="failed", provider_status="undelivered", error_code="30003"
)
_SECRETS = ("whsec_bmV3IHNlY3JldA==",)
_CONTENT_TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=xYzZY",
    "",
)
_CASES: list[tuple[Provider, ChannelKind, str]] = [
    (provider, kind, content_type)
    for provider in REGISTRY.values()
    for kind in sorted(provider.CHANNEL_KINDS)
    for content_type in _CONTENT_TYPES
]


def feed(data: bytes) -> list[Reading]:
    """Read one input; its first byte chooses who has to. Returns what was readable."""
    readings: list[Reading] = []
    if not data:
        return readings
    provider, kind, content_type = _CASES[data[0] % len(_CASES)]
    channel = _channel(provider, kind)
    delivery = Delivery(
        method="POST",
        url=_URL,
        headers={"content-type": content_type},
        body=data[1:],
        received_at=_NOW,
    )
    verify(provider.signed(delivery, _SECRETS, _NOW))
    for event in _split(provider, delivery, kind):
        with suppress(Unreadable):
            readings.append(_read(provider, event, channel, content_type))
    return readings


def samples() -> list[bytes]:
    """Write valid inputs of `feed`, to begin a search with."""
    found: list[bytes] = []
    for number, (provider, kind, content_type) in enumerate(_CASES):
        channel = _channel(provider, kind)
        written = [PLAYED[provider.NAME].compose(_message(channel), channel, _URL, _NOW)]
        if sender := PLAYED_SENDERS.get(provider.NAME):
            own_address = channel.own_address
            written.append(sender.compose_receipt(_RECEIPT, own_address, channel, _URL, _NOW))
        for composed in written:
            if content_type and composed.content_type.startswith(content_type):
                found.append(bytes([number]) + composed.body)
    return found


def _channel(provider: Provider, kind: ChannelKind) -> Channel:
    return Channel(
        customer_id=1,
        id=_ID,
        token="0123456789abcdef",  # noqa: S106  # of no channel
        kind=kind,
        provider=provider.NAME,
        name="fed",
        own_address="desk@example.com" if kind == "email" else "+15005550006",
        region="US",
        signature_mode="off",
    )


def _message(channel: Channel) -> InboundMessage:
    is_mail = channel.kind == "email"
    return InboundMessage(
        kind=channel.kind,
        provider_message_id="m-1",
        sender="Ann <ann@example.org>" if is_mail else "+14155550123",
        recipients=(Recipient(role="to", address=channel.own_address),),
        body="Where is my parcel?",
        subject="A parcel" if is_mail else None,
        attachments=(Attachment(url="https://files.example/1", content_type="image/png"),),
        sent_at=_NOW,
    )


def _split(provider: Provider, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    with suppress(Unreadable):
        return provider.split(delivery, kind)
    return ()


def _read(provider: Provider, event: InboundEvent, channel: Channel, content_type: str) -> Reading:
    claimed = ClaimedEvent(
        customer_id=1,
        id=_ID,
        channel_id=_ID,
        provider=provider.NAME,
        kind=event.kind,
        dedup_key=event.dedup_key,
        body=event.body,
        content_type=content_type,
        received_at=_NOW,
        attempt=1,
        is_settled=False,
    )
    context = ReadingContext(kind=channel.kind, own_address=channel.own_address)
    reading = provider.read(claimed, context)
    if isinstance(reading, InboundMessage):
        normalise(claimed, reading, channel)
    return reading
