"""Plays the provider: writes a delivery as it would, and posts it.

A signature covers the public URL, so that is what is signed, wherever the request is sent.
"""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, InboundMessage
from domain.webhook_url import webhook_url
from simulation import PLAYED_DIVIDERS, PLAYED_KEEPERS
from simulation.played import PartPlace, PlayedGreeter, PlayedProvider, PlayedSender


def compose_delivery(
    provider: PlayedProvider,
    message: InboundMessage,
    channel: Channel,
    *,
    public_url: str,
    server_url: str,
    now: datetime,
    part: PartPlace | None = None,
) -> Delivery:
    """Write the delivery of a message, or of a part, addressed to the server at `server_url`.

    Without files where these are kept: nobody would have them.
    """
    if provider.NAME in PLAYED_KEEPERS:
        message = replace(message, attachments=())
    url = webhook_url(public_url, channel)
    if part is None:
        delivery = provider.compose(message, channel, url, now)
    else:
        delivery = PLAYED_DIVIDERS[provider.NAME].compose_part(message, part, channel, url, now)
    return _addressed(delivery, channel, server_url)


def compose_receipt_delivery(
    provider: PlayedSender,
    receipt: DeliveryReceipt,
    own_address: str,
    channel: Channel,
    *,
    public_url: str,
    server_url: str,
    now: datetime,
) -> Delivery:
    """Write the delivery of a receipt likewise; `own_address` is what the message left from."""
    url = webhook_url(public_url, channel)
    delivery = provider.compose_receipt(receipt, own_address, channel, url, now)
    return _addressed(delivery, channel, server_url)


def compose_greeting_delivery(
    provider: PlayedGreeter, channel: Channel, *, public_url: str, server_url: str, now: datetime
) -> Delivery:
    """Write the delivery by which a provider tries a webhook URL out."""
    delivery = provider.compose_greeting(channel, webhook_url(public_url, channel), now)
    return _addressed(delivery, channel, server_url)


async def post(client: httpx.AsyncClient, delivery: Delivery) -> int | None:
    """Post a delivery and return the status of the answer; None where there was none."""
    try:
        response = await client.request(
            delivery.method, delivery.url, headers=dict(delivery.headers), content=delivery.body
        )
    except httpx.TransportError:
        return None
    return response.status_code


def _addressed(delivery: Delivery, channel: Channel, server_url: str) -> Delivery:
    query = urlsplit(delivery.url).query
    target = webhook_url(server_url, channel)
    return replace(delivery, url=f"{target}?{query}" if query else target)
