"""One channel for each provider that can be played, and whether all that was posted there arrived.

They are made for `inlet simulate --provider all` alone, so that no real one gets its traffic.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.ids import new_id, new_token
from app.operator_session import OperatorSession, record_channel_change
from domain.channel import Channel, ChannelKind
from providers import REGISTRY
from simulation import PLAYED, keeps_mails
from simulation.channel_counts import ChannelCounts
from store.arrivals import Arrivals, count_arrivals, count_waiting
from store.channels import StoredChannel, find_channel, insert_channel

_POLL_SECONDS = 0.5
_NUMBERS_FROM = 15_005_551_000  # of nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What became of the deliveries of one channel, beside what was accepted of them."""

    lost: int
    doubled: int
    failed: int


async def ensure_simulated_channels(session: OperatorSession) -> Sequence[Channel]:
    """Return a channel for each provider and kind that can be played, made where it is missing.

    All of them enforce signatures.
    """
    channels: list[Channel] = []
    async with session.conn.transaction():
        for number, (provider, kind) in enumerate(_playable()):
            name = f"simulated-{provider}-{kind}"
            stored = await find_channel(session.conn, session.customer_id, name)
            if stored is None:
                await _make(session, provider, kind, name, number)
                stored = await find_channel(session.conn, session.customer_id, name)
            if stored is not None:
                channels.append(stored.open(session.sealer))
    return channels


async def await_settled(
    session: OperatorSession,
    channels: Sequence[Channel],
    *,
    patience_seconds: float,
    clock: Callable[[], float],
) -> None:
    """Wait until workers have settled all that came, or until they have got nowhere for so long."""
    ids = [channel.id for channel in channels]
    least, since = None, clock()
    while waiting := await count_waiting(session.conn, session.customer_id, ids):
        if least is None or waiting < least:
            least, since = waiting, clock()
        elif clock() - since > patience_seconds:
            return
        await asyncio.sleep(_POLL_SECONDS)


async def arrivals_of(
    session: OperatorSession, channels: Sequence[Channel]
) -> Mapping[str, Arrivals]:
    """Count what came to these channels so far."""
    found = await count_arrivals(
        session.conn, session.customer_id, [channel.id for channel in channels]
    )
    return {each.id: found.get(each.id, Arrivals(channel_id=each.id)) for each in channels}


def compare(accepted: ChannelCounts, before: Arrivals, after: Arrivals) -> Comparison:
    """Compare what was accepted with what is there now and was not before.

    What still waits is lost so far.
    """
    messages = len(accepted.messages) - (after.messages - before.messages)
    receipts = len(accepted.receipts) - (after.receipts - before.receipts)
    return Comparison(
        lost=max(messages, 0) + max(receipts, 0),
        doubled=max(-messages, 0) + max(-receipts, 0),
        failed=after.failed - before.failed,
    )


def _playable() -> Sequence[tuple[str, ChannelKind]]:
    """List providers with their kinds; of mails that are kept nobody has what they say."""
    return [
        (name, kind)
        for name in sorted(PLAYED)
        if not keeps_mails(name)
        for kind in sorted(REGISTRY[name].CHANNEL_KINDS)
    ]


async def _make(
    session: OperatorSession, provider: str, kind: ChannelKind, name: str, number: int
) -> None:
    address = f"+{_NUMBERS_FROM + number}" if kind == "sms" else f"{name}@example.com"
    channel = Channel(
        customer_id=session.customer_id,
        id=new_id(),
        token=new_token(),
        kind=kind,
        provider=provider,
        name=name,
        own_address=address,
        region="US",
        signature_mode="enforce",
    )
    secret = REGISTRY[provider].new_secret() or f"whsec_{new_token()}"
    sealed = session.sealer.seal([secret], channel.secrets_place)
    if await insert_channel(session.conn, StoredChannel(channel=channel, sealed_secrets=sealed)):
        detail = {"provider": provider, "kind": kind, "signature_mode": "enforce"}
        await record_channel_change(session, channel, "channel.added", detail)
