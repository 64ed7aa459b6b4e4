"""The two keys every installation needs, kept in the data folder, and the demo channels.

Knows how they are kept, not what is done with them.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit

from app.ids import new_id, new_key, new_token
from app.settings import Settings
from domain.api_key import hash_key
from domain.channel import Channel, ChannelKind
from domain.errors import OperatorError
from simulation.send_endpoint import send_url
from store.agents import find_agent_by_name, insert_agent
from store.api_keys import find_key, give_key, insert_key
from store.channels import StoredChannel, find_channel, insert_channel, set_channel
from store.database import Connection

_DEFAULT_CUSTOMER = 1
_FIRST_AGENT = "Admin"


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


def secret_key(settings: Settings) -> str:
    """Return what encrypts channel secrets: SECRET_KEY, else the one kept in the data folder."""
    return settings.secret_key or _kept(settings.data_dir / "secret_key", token_urlsafe)


def admin_key(settings: Settings) -> str:
    """Return the admin's API key: INLET_ADMIN_KEY, else the one kept in the data folder."""
    return settings.inlet_admin_key or _kept(admin_key_path(settings), new_key)


def admin_key_path(settings: Settings) -> Path:
    """Return where the admin's key is kept, unless INLET_ADMIN_KEY sets it."""
    return settings.data_dir.expanduser().absolute() / "admin_key"


async def ensure_admin_key(conn: Connection, key: str) -> None:
    """Let the key in, with every scope, for the default customer and its first agent.

    Raises: OperatorError when it was revoked.
    """
    key_hash = hash_key(key)
    await insert_key(
        conn,
        customer_id=_DEFAULT_CUSTOMER,
        key_id=new_id(),
        name="admin",
        key_hash=key_hash,
        scopes=["admin"],
    )
    known = await find_key(conn, key_hash)
    if known is not None and known.agent_id is None:
        await give_key(conn, known, await _first_agent(conn))
    if known is None:
        raise OperatorError(
            "the admin key was revoked: set another INLET_ADMIN_KEY, or remove admin_key "
            "from the data folder for a new one"
        )


async def _first_agent(conn: Connection) -> str:
    """Return the agent that the admin key speaks for, made where it is missing."""
    agent = await insert_agent(
        conn, _DEFAULT_CUSTOMER, agent_id=new_id(), name=_FIRST_AGENT, role="admin"
    ) or await find_agent_by_name(conn, _DEFAULT_CUSTOMER, _FIRST_AGENT)
    if agent is None:
        raise OperatorError("the first agent vanished while it was made: start again")
    return agent.id


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


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Read a key from its file, made first where it is missing.

    The file appears whole or not at all; of two processes that make it at once, one wins.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, make())
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from None
    if not key:
        raise OperatorError(f"{path} is empty: restore it, or remove it for a new key")
    return key


def _write_once(path: Path, key: str) -> None:
    unfinished = path.with_name(f"{path.name}.{new_id()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
