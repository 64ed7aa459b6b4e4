"""The demo's other side: people who write now and then, and a provider for what is answered.

Runs as a child of `inlet up --demo`; knows nothing of its parent.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import httpx

from app.clean_exit import clean_exit_on_signal
from app.clock import utc_now
from app.simulated_provider import serve_until_stopped, simulated_provider
from domain.channel import Channel
from simulation import PLAYED
from simulation.counterpart import Manners
from simulation.delivering import compose_delivery, post
from simulation.pictures import with_pictures
from simulation.stories import Storyteller
from simulation.traffic import ChannelMessage, traffic

# Everything arrives: a first reply that failed would be a poor welcome.
_MANNERS = Manners(answering=0.75, step_seconds=1.2)
_FIRST_MESSAGES = 18
_FIRST_SEED = 3
_FIRST_APART = timedelta(minutes=9)
_QUIETEST_SECONDS, _BUSIEST_SECONDS = 3.0, 1.0
_CAST_SHARE = 0.35
_CROWD = 60
_STEP = timedelta(seconds=1)
_PAUSE_SECONDS = 0.5
_ANSWER_SECONDS = 15.0


def play_demo(
    channels: Sequence[Channel], public_url: str, server_url: str, listener: socket.socket
) -> None:
    """Play until SIGTERM or SIGINT."""
    with clean_exit_on_signal():
        asyncio.run(_play(channels, public_url, server_url, listener))


async def _play(
    channels: Sequence[Channel], public_url: str, server_url: str, listener: socket.socket
) -> None:
    seed = int(utc_now().timestamp() * 1_000_000)
    by_id = {channel.id: channel for channel in channels}
    async with simulated_provider(by_id, public_url, server_url, _MANNERS, seed) as server:
        media_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        writing = asyncio.create_task(_write(channels, public_url, server_url, media_url, seed))
        try:
            await serve_until_stopped(server, listener)
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing


async def _write(
    channels: Sequence[Channel], public_url: str, server_url: str, media_url: str, seed: int
) -> None:
    """Write what was written before somebody came to look, then go on slowly.

    The beginning has the same ids in every run: where it is there already, it stays as it is.
    """
    rng = Random(seed)  # noqa: S311 - nothing secret
    before = Storyteller(channels, "demo-first", Random(_FIRST_SEED))  # noqa: S311
    cast = Storyteller(channels, f"demo-cast-{seed:x}", rng)
    # What the crowd is about changes with every line, which only a text can bear.
    texted = [channel for channel in channels if channel.kind == "sms"] or channels
    others = traffic(
        texted, seed=seed, prefix=f"demo-{seed:x}", start=utc_now(), step=_STEP, crowd=_CROWD
    )
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:

        async def deliver(what: ChannelMessage) -> None:
            delivery = compose_delivery(
                PLAYED[what.channel.provider],
                with_pictures(what.message, media_url),
                what.channel,
                public_url=public_url,
                server_url=server_url,
                now=utc_now(),
            )
            while True:
                status = await post(client, delivery)
                if status is not None and status < 500:
                    return
                await asyncio.sleep(_PAUSE_SECONDS)

        for number in range(_FIRST_MESSAGES, 0, -1):
            await deliver(before.next(utc_now() - _FIRST_APART * number))
        while True:
            await asyncio.sleep(rng.uniform(_BUSIEST_SECONDS, _QUIETEST_SECONDS))
            now, is_cast = utc_now(), rng.random() < _CAST_SHARE
            what = cast.next(now) if is_cast else next(others)
            await deliver(replace(what, message=replace(what.message, sent_at=now)))
