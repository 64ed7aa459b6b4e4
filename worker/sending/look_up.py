"""Asks providers for messages whose answer was lost, and records what they say.

Nothing is ever sent here. What the provider has is settled as sent, with the receipts that came
meanwhile; what it does not list after hours stays unknown, and says so. A provider that is away is
asked again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog

from domain.channel import Channel
from domain.errors import OperatorError
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.look_up_provider import (
    AWAY_WAIT,
    AWAY_WITHIN,
    LOOK_WAITS,
    NO_LOOK_UP,
    Found,
    LookUpProvider,
    NotFound,
    UnknownSend,
    cannot_tell,
)
from domain.sealing import Sealer
from domain.sending_provider import SendingProvider
from store.channels import find_channel
from store.database import Connection
from store.look_ups import (
    LookUp,
    drop_look_up,
    lease_look_up,
    put_off_look_up,
    settle_found,
    settle_not_found,
)
from store.sending import read_outbound
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps
from worker.fetching.http import TOO_SLOW, ask
from worker.fetching.opened_channel import SEALED

_LOG = structlog.get_logger(__name__)

_MOST_REQUESTS = 60
_NOT_THERE = "not_at_provider"
_NOT_LISTED = (
    "the provider does not list it, hours after it was handed over: it was most likely not sent"
)
_ENDLESS = cannot_tell("the provider lists too much to look through")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpConfig:
    """How providers are asked for what may have been sent."""

    client: httpx.AsyncClient
    providers: Mapping[str, LookUpProvider]
    senders: Mapping[str, SendingProvider]
    sealer: Sealer
    clock: Callable[[], datetime]
    on_commit: Callable[[], None]
    lease_seconds: float = 120.0
    answer_seconds: float = 60.0


async def look_up_due(
    conn: Connection, _now: datetime, _background: BackgroundConfig, *, config: LookUpConfig
) -> Steps:
    """Ask for each message that is due."""
    while look_up := await lease_look_up(conn, config.lease_seconds):
        yield await _look(conn, config, look_up)


async def _look(conn: Connection, config: LookUpConfig, look_up: LookUp) -> int:
    """Ask for one message; return 1 where something of it is known now."""
    step = await _ask(conn, config, look_up)
    if step is NO_LOOK_UP:
        await drop_look_up(conn, look_up)
        return 0
    if isinstance(step, NotFetched):
        await _ask_later(conn, config, look_up, step)
        return 0
    if isinstance(step, Found):
        known_as = await _settle(conn, config, look_up, step)
        if known_as is not None:
            config.on_commit()
            _LOG.info("unknown_send_found", message_id=look_up.message_id)
            return 1
    return await _not_there(conn, config, look_up)


async def _ask(
    conn: Connection, config: LookUpConfig, look_up: LookUp
) -> Found | NotFound | NotFetched:
    stored = await find_channel(conn, look_up.customer_id, look_up.channel_id)
    message = await read_outbound(conn, look_up.key)
    provider = config.providers.get(stored.channel.provider) if stored else None
    if stored is None or message is None or provider is None:
        return NO_LOOK_UP
    send = UnknownSend(
        id=look_up.message_id,
        own_address=message.own_address,
        to=message.to,
        body=message.body,
        attempted_at=look_up.attempted_at,
    )
    try:
        channel = stored.open(config.sealer)
        async with asyncio.timeout(config.answer_seconds):
            return await _ask_on(config, provider, send, channel)
    except OperatorError:
        return SEALED
    except TimeoutError:
        return TOO_SLOW


async def _ask_on(
    config: LookUpConfig, provider: LookUpProvider, send: UnknownSend, channel: Channel
) -> Found | NotFound | NotFetched:
    """Make one request after the other, as the provider says."""
    answers: list[FetchAnswer] = []
    while len(answers) <= _MOST_REQUESTS:
        step = provider.look_up(send, channel, answers)
        if not isinstance(step, FetchRequest):
            return step
        answer = await ask(config.client, step, provider.LOOK_UP_HOSTS)
        if isinstance(answer, NotFetched):
            return answer
        answers.append(answer)
    return _ENDLESS


async def _settle(
    conn: Connection, config: LookUpConfig, look_up: LookUp, found: Found
) -> str | None:
    stored = await find_channel(conn, look_up.customer_id, look_up.channel_id)
    sender = config.senders.get(stored.channel.provider) if stored else None
    async with conn.transaction():
        return await settle_found(
            conn,
            look_up,
            found.provider_message_ids,
            lambda _key, code: sender.explain(code) if sender else code or "",
        )


async def _not_there(conn: Connection, config: LookUpConfig, look_up: LookUp) -> int:
    """Ask again, or say that the provider does not know it."""
    count = look_up.look_count + 1
    if count < len(LOOK_WAITS):
        await put_off_look_up(conn, look_up, LOOK_WAITS[count].total_seconds(), count)
        return 0
    async with conn.transaction():
        is_noted = await settle_not_found(conn, look_up, _NOT_THERE, _NOT_LISTED)
    if is_noted:
        config.on_commit()
        _LOG.warning("unknown_send_not_found", message_id=look_up.message_id)
    return int(is_noted)


async def _ask_later(
    conn: Connection, config: LookUpConfig, look_up: LookUp, failed: NotFetched
) -> None:
    """Ask again soon; a provider that was away for a day is asked no more."""
    _LOG.warning("look_up_failed", message_id=look_up.message_id, error_class=failed.error_class)
    if config.clock() - look_up.attempted_at > AWAY_WITHIN:
        await drop_look_up(conn, look_up)
        return
    seconds = max(failed.after_seconds or 0.0, AWAY_WAIT.total_seconds())
    await put_off_look_up(conn, look_up, seconds, look_up.look_count)
