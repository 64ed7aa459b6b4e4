"""A house with a channel of one provider of the registry, for the family of cases.

Each delivery is what the provider's own `compose` writes; tests/unit holds those against the
providers' documentation.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from contract import check_response
from whole_house import (
    LONG_AGO,
    ChannelPlan,
    House,
    KeyPlan,
    open_house,
    url_of,
)

from app.clock import utc_now
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.event import InboundEvent, unreadable_event
from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage, Recipient
from domain.provider import Provider
from providers import REGISTRY
from simulation import PLAYED, PLAYED_KEEPERS
from simulation.sns import TOPIC

NEW, OLD, RETIRED = "whsec_bmV3IHNlY3JldA==", "whsec_b2xkIHNlY3JldA==", "whsec_cmV0aXJlZCE="
_OWN: dict[ChannelKind, str] = {"sms": "+14155550199", "email": "help@example.com"}
_SENDERS: dict[ChannelKind, str] = {"sms": "+14155550123", "email": "ann@example.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One provider on one kind of channel."""

    provider: str
    kind: ChannelKind


MEMBERS = [
    Member(provider=name, kind=kind)
    for name, provider in REGISTRY.items()
    for kind in sorted(provider.CHANNEL_KINDS)
]
# What these post is vouched for by a password, or by a signature over a part of it.
UNSIGNED_BODIES = frozenset(
    {"bandwidth", "brevo", "infobip", "mailgun", "postmark", "sendgrid", "ses", "smtp"}
)

# What a channel of these has beside its secrets.
_CREDENTIALS = {"brevo": "a key", "resend": "a key", "ses": "AKIDEXAMPLE:a secret key"}
_ACCOUNTS = {"ses": TOPIC}


def parameters(members: Sequence[Member]) -> pytest.MarkDecorator:
    named = [pytest.param(member, id=f"{member.provider}-{member.kind}") for member in members]
    return pytest.mark.parametrize("member", named)


family = parameters(MEMBERS)
signing_family = parameters(
    [member for member in MEMBERS if member.provider not in UNSIGNED_BODIES]
)


@asynccontextmanager
async def house_of(member: Member, database_url: str) -> AsyncGenerator[House]:
    """Open a house with two of its channels: `strict` checks signatures, `lax` does not."""
    strict = ChannelPlan(
        name="strict",
        provider=member.provider,
        kind=member.kind,
        own_address=_OWN[member.kind],
        signature_mode="enforce",
        secrets=(NEW, OLD),
        credential=_CREDENTIALS.get(member.provider),
        account=_ACCOUNTS.get(member.provider),
    )
    lax = replace(strict, name="lax", signature_mode="off", secrets=())
    async with open_house(database_url, [strict, lax], {"reader": KeyPlan()}) as house:
        yield house


def delivery_to(
    channel: Channel,
    body: str = "Hello",
    number: int = 1,
    secret: str = NEW,
    ago: timedelta = timedelta(),
) -> Delivery:
    message = message_to(channel, body, number)
    signer = replace(channel, secrets=(secret,) if secret and channel.secrets else ())
    return PLAYED[channel.provider].compose(message, signer, url_of(channel), utc_now() - ago)


def message_to(channel: Channel, body: str, number: int) -> InboundMessage:
    return InboundMessage(
        kind=channel.kind,
        provider_message_id=f"SM{number:032}",
        sender=_SENDERS[channel.kind],
        recipients=(Recipient(role="to", address=channel.own_address),),
        body=body,
        sent_at=LONG_AGO,
    )


async def work(house: House, *texts: str) -> int:
    """Let a worker process what is due, and fetch what is kept of mails with these texts."""
    channel = house.channels["strict"]
    kept: dict[str, FetchAnswer] = {}
    if keeper := PLAYED_KEEPERS.get(channel.provider):
        for number, text in enumerate(texts or ("Hello",), 1):
            kept |= keeper.kept(message_to(channel, text, number), utc_now())
    return await house.work(kept)


async def accept(house: House, delivery: Delivery) -> None:
    """Post what must be accepted, and hold the answer against the provider's word for success."""
    response = await house.post(delivery)
    check_response(response)
    channel = next(iter(house.channels.values()))
    provider = REGISTRY[channel.provider]
    success = provider.answer(delivery, _events(provider, delivery, channel.kind))
    assert (response.status_code, response.content) == (success.status, success.body)
    assert response.headers["content-type"] == success.content_type


def _events(provider: Provider, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    try:
        return provider.split(delivery, kind)
    except Unreadable:
        return [unreadable_event(delivery.body)]


async def refuse(house: House, delivery: Delivery, status: int, code: str) -> None:
    """Post what must be refused, and see that it leaves no event."""
    response = await house.post(delivery)
    check_response(response)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert await house.event_statuses() == []
    assert await conversations(house) == []


async def conversations(house: House) -> list[Any]:
    response = await house.get("/api/conversations")
    check_response(response)
    return response.json()["items"]


async def bodies(house: House) -> list[str]:
    """List the texts of every conversation, in the order of the alphabet."""
    texts: list[str] = []
    for conversation in await conversations(house):
        response = await house.get(f"/api/conversations/{conversation['id']}/messages")
        check_response(response)
        texts += [message["body"] for message in response.json()["items"]]
    return sorted(texts)
