"""What the provider tests share: a moment, a channel, a claimed event. Knows no provider."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery
from domain.event import ClaimedEvent, FetchedContent, InboundEvent
from domain.fetching_provider import FetchAnswer, FetchingProvider, FetchRequest
from domain.message import InboundMessage, Reading, Recipient, ThreadHeaders
from domain.outbound import OutboundMessage
from domain.provider import Provider, ReadingContext

NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
OWN_PHONE = "+14155550199"
OWN_EMAIL = "help@example.com"
INBOUND_TEXT = InboundMessage(
    kind="sms",
    provider_message_id="SM" + "1" * 32,
    sender="+14155550100",
    recipients=(Recipient(role="to", address=OWN_PHONE),),
    body="Hello",
    sent_at=NOW,
)


def own_address(kind: ChannelKind) -> str:
    return OWN_PHONE if kind == "sms" else OWN_EMAIL


def channel(
    provider: str, kind: ChannelKind, secrets: tuple[str, ...] = (), credential: str | None = None
) -> Channel:
    return Channel(
        customer_id=1,
        id="01930000-0000-7000-8000-000000000001",
        token="tok",
        kind=kind,
        provider=provider,
        name="sample",
        own_address=own_address(kind),
        region="US",
        signature_mode="enforce",
        secrets=secrets,
        credential=credential,
    )


def outbound_mail(provider: str) -> OutboundMessage:
    """Make an answer to two people, with a copy to a third."""
    return OutboundMessage(
        id="01930000-0000-7000-8000-00000000aaaa",
        kind="email",
        own_address=OWN_EMAIL,
        to=("ann@example.org", "cat@example.org"),
        cc=("ben@example.org",),
        body="Grüße 👍",
        subject="Re: Order",
        thread=ThreadHeaders(
            message_id="aaaa@example.com", in_reply_to=("2@mail",), references=("1@mail", "2@mail")
        ),
        written_at=NOW,
        status_callback=f"https://inlet.test/webhooks/{provider}/tok",
    )


def posted(
    body: bytes,
    headers: Mapping[str, str] | None = None,
    url: str = "https://inlet.example/webhooks/any/tok",
    method: str = "POST",
) -> Delivery:
    return Delivery(method=method, url=url, headers=headers or {}, body=body, received_at=NOW)


def claimed(event: InboundEvent, provider: str, content_type: str = "") -> ClaimedEvent:
    return ClaimedEvent(
        customer_id=1,
        id="01930000-0000-7000-8000-000000000002",
        channel_id="01930000-0000-7000-8000-000000000001",
        provider=provider,
        kind=event.kind,
        dedup_key=event.dedup_key,
        body=event.body,
        content_type=content_type,
        received_at=NOW,
        attempt=1,
        is_settled=False,
    )


def read_back(provider: Provider, delivery: Delivery, kind: ChannelKind) -> Reading:
    """Take a delivery the whole way: one event, one reading."""
    (event,) = provider.split(delivery, kind)
    context = ReadingContext(kind=kind, own_address=own_address(kind))
    return provider.read(claimed(event, provider.NAME, delivery.content_type), context)


def fetched(
    fetcher: FetchingProvider,
    event: ClaimedEvent,
    channel: Channel,
    kept: Mapping[str, FetchAnswer],
) -> FetchedContent:
    """Ask for what a provider keeps, until all of it is there; `kept` are its answers by URL."""
    answers: list[FetchAnswer] = []
    while isinstance(step := fetcher.next_fetch(event, channel, answers, NOW), FetchRequest):
        assert fetcher.FETCH_HOSTS.fullmatch(urlsplit(step.url).hostname or "")
        answers.append(kept[step.url])
    assert isinstance(step, FetchedContent)
    return step
