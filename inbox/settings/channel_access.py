"""Switches channels off and on, and gives them another webhook URL.

Used by the API, the page and the command line, and knows none of them. The token is given by the
caller.
"""

from dataclasses import replace
from datetime import datetime

from domain.actor import Actor
from domain.channel import Channel
from domain.errors import NotFound
from store.audit import AuditEntry, record_audit
from store.channels import find_channel, set_channel_disabled, set_channel_token
from store.database import Connection
from store.notifications import notify_channels


async def named_channel(conn: Connection, customer_id: int, channel_id: str) -> Channel:
    """Find a channel by its id.

    Raises: NotFound.
    """
    stored = await find_channel(conn, customer_id, channel_id)
    if stored is None or stored.channel.id != channel_id:
        raise NotFound("there is no such channel")
    return stored.channel


async def disable_channel(
    conn: Connection, actor: Actor, channel: Channel, *, now: datetime, entry_id: str
) -> Channel:
    """Let a channel take no webhook and send nothing from now on; again changes nothing.

    Call it in a transaction, as those below.
    """
    if not await set_channel_disabled(conn, channel.customer_id, channel.id, now):
        return channel
    await _record(conn, actor, channel, "channel.disabled", entry_id)
    return replace(channel, disabled_at=now)


async def enable_channel(
    conn: Connection, actor: Actor, channel: Channel, *, entry_id: str
) -> Channel:
    """Let a channel receive and send again; again changes nothing."""
    if await set_channel_disabled(conn, channel.customer_id, channel.id, None):
        await _record(conn, actor, channel, "channel.enabled", entry_id)
    return replace(channel, disabled_at=None)


async def rotate_token(
    conn: Connection, actor: Actor, channel: Channel, *, token: str, entry_id: str
) -> Channel:
    """Give a channel another webhook URL; that of before is nobody's from now on."""
    await set_channel_token(conn, channel.customer_id, channel.id, token)
    await _record(conn, actor, channel, "channel.token_rotated", entry_id)
    return replace(channel, token=token)


async def _record(
    conn: Connection, actor: Actor, channel: Channel, action: str, entry_id: str
) -> None:
    entry = AuditEntry(id=entry_id, action=action, object_id=channel.id)
    await record_audit(conn, actor, [entry])
    await notify_channels(conn)
