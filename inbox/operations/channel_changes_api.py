"""Channels switched off and on, and given another webhook URL, over HTTP."""

from collections.abc import Callable

import msgspec
from starlette.routing import BaseRoute

from domain.channel import Channel
from domain.webhook_url import webhook_url
from inbox.http.call import Answer, Endpoint, PlainCall, resource
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time
from inbox.settings.channel_access import (
    disable_channel,
    enable_channel,
    named_channel,
    rotate_token,
)
from store.database import Connection


class ChannelState(msgspec.Struct, frozen=True):
    """`disabled_at` is null while the channel receives and sends."""

    id: str
    name: str
    disabled_at: str | None


class NewWebhookUrl(msgspec.Struct, frozen=True):
    """`webhook_url` is null where an answer is repeated for an Idempotency-Key."""

    id: str
    name: str
    webhook_url: str | None


def channel_change_routes(shared: Shared, new_token: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes; `new_token` makes the last part of a webhook URL."""

    async def rotate(conn: Connection, call: PlainCall) -> Answer:
        return await _rotate(conn, call, new_token())

    disabling = Endpoint(
        "disable_channel", "operator", _disable, noun="channel", response=ChannelState,
        takes_idempotency_key=True, changes_channels=True,
    )  # fmt: skip
    enabling = Endpoint(
        "enable_channel", "operator", _enable, noun="channel", response=ChannelState,
        takes_idempotency_key=True, changes_channels=True,
    )  # fmt: skip
    rotating = Endpoint(
        "rotate_channel_token", "operator", rotate, noun="channel", response=NewWebhookUrl,
        takes_idempotency_key=True, changes_channels=True,
    )  # fmt: skip
    return [
        resource(shared, "/ops/channels/{id}/disable", {"POST": disabling}),
        resource(shared, "/ops/channels/{id}/enable", {"POST": enabling}),
        resource(shared, "/ops/channels/{id}/rotate-token", {"POST": rotating}),
    ]


async def _disable(conn: Connection, call: PlainCall) -> Answer:
    channel = await named_channel(conn, call.key.customer_id, call.id)
    now, entry_id = call.shared.clock(), call.shared.new_id()
    return _state(await disable_channel(conn, call.actor, channel, now=now, entry_id=entry_id))


async def _enable(conn: Connection, call: PlainCall) -> Answer:
    channel = await named_channel(conn, call.key.customer_id, call.id)
    return _state(await enable_channel(conn, call.actor, channel, entry_id=call.shared.new_id()))


async def _rotate(conn: Connection, call: PlainCall, token: str) -> Answer:
    channel = await named_channel(conn, call.key.customer_id, call.id)
    changed = await rotate_token(
        conn, call.actor, channel, token=token, entry_id=call.shared.new_id()
    )
    shown = NewWebhookUrl(
        id=changed.id,
        name=changed.name,
        webhook_url=webhook_url(call.shared.public_url, changed),
    )
    return Answer(value=shown, kept=msgspec.structs.replace(shown, webhook_url=None))


def _state(channel: Channel) -> Answer:
    disabled_at = present_optional_time(channel.disabled_at)
    return Answer(value=ChannelState(id=channel.id, name=channel.name, disabled_at=disabled_at))
