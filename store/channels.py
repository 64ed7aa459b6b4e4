"""Reads and writes channels. What is secret of them lies sealed; only a sealer opens it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.channel import Channel, SignatureMode
from domain.closing import ClosedPolicy
from domain.sealing import Sealer
from store.database import Connection
from store.sql import statements

_SQL = statements("channels")
_INSERT = _SQL["insert_channel"]
_BY_TOKEN = _SQL["find_channel_by_token"]
_FIND = _SQL["find_channel"]
_LIST = _SQL["list_channels"]
_OF = _SQL["channels_of"]
_IS_OWN = _SQL["is_own_address"]
_SET = _SQL["set_channel"]
_SET_SECRETS = _SQL["set_channel_secrets"]
_SET_CREDENTIAL = _SQL["set_channel_credential"]
_SET_WATCH = _SQL["set_channel_watch"]
_EVERY = _SQL["every_channel"]
_FINGERPRINT = _SQL["channels_fingerprint"]
_SET_DISABLED = _SQL["set_channel_disabled"]
_SET_TOKEN = _SQL["set_channel_token"]
_HOLD_SEALED = _SQL["hold_sealed_channels"]
_ADD_ADDRESSES = _SQL["add_addresses"]
_REMOVE_ADDRESS = _SQL["remove_address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChannel:
    """A channel as it lies in the table: without secrets and credential, the sealed ones beside it.

    Where the webhook side asks, there is no credential and of the own addresses only the first:
    it has no use for the others.
    """

    channel: Channel
    sealed_secrets: bytes | None
    sealed_credential: bytes | None = None

    def open(self, sealer: Sealer) -> Channel:
        """Return the channel with what was sealed. Raises: OperatorError."""
        return replace(
            self.channel,
            secrets=sealer.open(self.sealed_secrets, self.channel.secrets_place),
            credential=next(iter(self._opened_credential(sealer)), None),
        )

    def _opened_credential(self, sealer: Sealer) -> tuple[str, ...]:
        return sealer.open(self.sealed_credential, self.channel.credential_place)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWatch:
    """How a channel is watched over; `silence_minutes` None goes by the usual gap."""

    signature_mode: SignatureMode
    silence_minutes: int | None


async def insert_channel(conn: Connection, stored: StoredChannel) -> bool:
    """Store a channel with its own addresses; False where the customer has one of that name."""
    channel = stored.channel
    cursor = await conn.execute(
        _INSERT,
        {
            "customer_id": channel.customer_id,
            "id": channel.id,
            "token": channel.token,
            "kind": channel.kind,
            "provider": channel.provider,
            "name": channel.name,
            "own_address": channel.own_address,
            "region": channel.region,
            "signature_mode": channel.signature_mode,
            "account": channel.account,
            "send_url": channel.send_url,
            "sends_per_second": channel.sends_per_second,
            "closed_policy": channel.closed_policy.rule,
            "idle_hours": channel.closed_policy.idle_hours,
            "reply_key": channel.reply_key,
            "secrets": stored.sealed_secrets,
            "credential": stored.sealed_credential,
        },
    )
    if await cursor.fetchone() is None:
        return False
    await add_addresses(conn, channel, channel.further_addresses)
    return True


async def add_addresses(
    conn: Connection, channel: Channel, addresses: Sequence[str]
) -> frozenset[str]:
    """Give a channel further own addresses, canonical; return those that it did not have."""
    ids = {"customer_id": channel.customer_id, "id": channel.id}
    cursor = await conn.execute(_ADD_ADDRESSES, ids | {"addresses": list(addresses)})
    return frozenset([address for (address,) in await cursor.fetchall()])


async def remove_address(conn: Connection, channel: Channel, address: str) -> bool:
    """Take a further own address from a channel; False where it is none of them."""
    ids = {"customer_id": channel.customer_id, "id": channel.id}
    cursor = await conn.execute(_REMOVE_ADDRESS, ids | {"address": address})
    return await cursor.fetchone() is not None


async def set_channel(conn: Connection, channel: Channel) -> None:
    """Store how the channel sends, and where answers to that go; nothing else of it."""
    await conn.execute(
        _SET,
        {
            "customer_id": channel.customer_id,
            "id": channel.id,
            "account": channel.account,
            "send_url": channel.send_url,
            "sends_per_second": channel.sends_per_second,
            "closed_policy": channel.closed_policy.rule,
            "idle_hours": channel.closed_policy.idle_hours,
            "reply_key": channel.reply_key,
        },
    )


async def set_channel_secrets(
    conn: Connection, customer_id: int, channel_id: str, sealed: bytes | None
) -> None:
    """Store the channel's sealed secrets instead of those that it has."""
    await conn.execute(
        _SET_SECRETS, {"customer_id": customer_id, "id": channel_id, "secrets": sealed}
    )


async def set_channel_credential(
    conn: Connection, customer_id: int, channel_id: str, sealed: bytes | None
) -> None:
    """Store the channel's sealed credential instead of the one that it has."""
    await conn.execute(
        _SET_CREDENTIAL, {"customer_id": customer_id, "id": channel_id, "credential": sealed}
    )


async def set_channel_watch(
    conn: Connection,
    customer_id: int,
    channel_id: str,
    *,
    signature_mode: SignatureMode | None,
    silence_minutes: int | None,
) -> ChannelWatch:
    """Change how a channel is watched over. None leaves as it is, 0 minutes resets."""
    cursor = await conn.execute(
        _SET_WATCH,
        {
            "customer_id": customer_id,
            "id": channel_id,
            "signature_mode": signature_mode,
            "silence_minutes": silence_minutes,
        },
    )
    [(mode, minutes)] = await cursor.fetchall()
    return ChannelWatch(signature_mode=mode, silence_minutes=minutes)


async def set_channel_disabled(
    conn: Connection, customer_id: int, channel_id: str, disabled_at: datetime | None
) -> bool:
    """Switch a channel off, or on with None; False where it was so already."""
    cursor = await conn.execute(
        _SET_DISABLED, {"customer_id": customer_id, "id": channel_id, "disabled_at": disabled_at}
    )
    return await cursor.fetchone() is not None


async def set_channel_token(
    conn: Connection, customer_id: int, channel_id: str, token: str
) -> None:
    """Give a channel another webhook URL; nobody has the one of before any more."""
    await conn.execute(_SET_TOKEN, {"customer_id": customer_id, "id": channel_id, "token": token})


async def find_channel_by_token(conn: Connection, token: str) -> StoredChannel | None:
    """Find the channel whose webhook URL ends in this token."""
    cursor = await conn.execute(_BY_TOKEN, {"token": token})
    row = await cursor.fetchone()
    return _stored(row) if row else None


async def find_channel(conn: Connection, customer_id: int, name_or_id: str) -> StoredChannel | None:
    """Find one channel of a customer by its name or its id."""
    cursor = await conn.execute(_FIND, {"customer_id": customer_id, "name_or_id": name_or_id})
    row = await cursor.fetchone()
    return _stored(row) if row else None


async def list_channels(conn: Connection, customer_id: int) -> list[StoredChannel]:
    """List a customer's channels by name."""
    cursor = await conn.execute(_LIST, {"customer_id": customer_id})
    listed = [_stored(row) for row in await cursor.fetchall()]
    everything = frozenset(value for stored in listed for value in stored.channel.own_addresses)
    return [
        replace(stored, channel=replace(stored.channel, customer_addresses=everything))
        for stored in listed
    ]


async def channels_of(
    conn: Connection, keys: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], Channel]:
    """Read the channels named by (customer id, channel id); what is not there is left out."""
    distinct = sorted(set(keys))
    cursor = await conn.execute(
        _OF,
        {
            "customer_ids": [customer_id for customer_id, _ in distinct],
            "channel_ids": [channel_id for _, channel_id in distinct],
        },
    )
    channels = [_stored(row).channel for row in await cursor.fetchall()]
    return {(channel.customer_id, channel.id): channel for channel in channels}


async def is_own_address(conn: Connection, customer_id: int, address: str) -> bool:
    """Say whether a canonical address is an own address of the customer, on any channel."""
    cursor = await conn.execute(_IS_OWN, {"customer_id": customer_id, "address": address})
    return await cursor.fetchone() == (True,)


async def every_channel(conn: Connection) -> list[StoredChannel]:
    """Read all channels of all customers."""
    cursor = await conn.execute(_EVERY)
    return [_stored(row) for row in await cursor.fetchall()]


async def hold_sealed_channels(conn: Connection) -> list[StoredChannel]:
    """Read all channels with sealed values; nobody else changes them until the transaction ends."""
    cursor = await conn.execute(_HOLD_SEALED)
    return [_stored(row) for row in await cursor.fetchall()]


async def channels_fingerprint(conn: Connection) -> str:
    """Say in a few bytes what all channels are: it differs as soon as one does."""
    row = await (await conn.execute(_FINGERPRINT)).fetchone()
    return row[0] if row else ""


def _stored(row: tuple[Any, ...]) -> StoredChannel:
    customer_id, id_, token, kind, provider, name, own_address, region, mode, *rest = row
    account, send_url, sends_per_second, closed_policy, idle_hours, disabled_at, *rest = rest
    reply_key, secrets, credential, further_addresses, customer_addresses = rest
    return StoredChannel(
        channel=Channel(
            customer_id=customer_id,
            id=id_,
            token=token,
            kind=kind,
            provider=provider,
            name=name,
            own_address=own_address,
            further_addresses=tuple(further_addresses),
            customer_addresses=frozenset(customer_addresses),
            region=region,
            signature_mode=mode,
            account=account,
            send_url=send_url,
            sends_per_second=sends_per_second,
            closed_policy=ClosedPolicy(rule=closed_policy, idle_hours=idle_hours),
            reply_key=reply_key,
            disabled_at=disabled_at,
        ),
        sealed_secrets=secrets,
        sealed_credential=credential,
    )
