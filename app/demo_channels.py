"""The channels to try things out with: made at the start, and connected to the played provider."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from app.ids import new_id, new_token
from domain.channel import Channel, ChannelKind
from simulation.send_url import send_url
from store.channels import StoredChannel, find_channel, insert_channel, set_channel
from store.database import Connection

_DEFAULT_CUSTOMER = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A channel to try things out with; +1 500 555 0006 is a number that belongs to nobody."""

    name: str
    kind: ChannelKind
    own_address: str


DEMOS = (
    Demo(name="demo-sms", kind="sms", own_address="+15005550006"),
    Demo(name="demo-email", kind="email", own_address="support@example.com"),
)


async def ensure_demo_channels(conn: Connection, sends_to: str | None) -> list[Channel]:
    """Return the demo channels, made where they are missing. They check no signatures.

    They send to the played provider at `sends_to`; while there is none, they do not send.
    """
    channels: list[Channel] = []
    for demo in DEMOS:
        stored = await find_channel(conn, _DEFAULT_CUSTOMER, demo.name)
        if stored is None:
            await insert_channel(conn, StoredChannel(channel=_channel(demo), sealed_secrets=None))
            stored = await find_channel(conn, _DEFAULT_CUSTOMER, demo.name)
        if stored is not None:
            channels.append(await _connect(conn, stored.channel, sends_to))
    return channels


async def _connect(conn: Connection, channel: Channel, sends_to: str | None) -> Channel:
    """Let a demo channel send to the played provider; what an operator has set is kept."""
    path = urlsplit(send_url("", channel)).path
    if channel.send_url is not None and not channel.send_url.endswith(path):
        return channel
    connected = replace(channel, send_url=send_url(sends_to, channel) if sends_to else None)
    if connected != channel:
        await set_channel(conn, connected)
    return connected


def _channel(demo: Demo) -> Channel:
    return Channel(
        customer_id=_DEFAULT_CUSTOMER,
        id=new_id(),
        token=new_token(),
        kind=demo.kind,
        provider="generic",
        name=demo.name,
        own_address=demo.own_address,
        region="US",
        signature_mode="off",
    )
