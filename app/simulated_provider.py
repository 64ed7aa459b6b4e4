"""Serves the played provider on a listening socket until told to stop."""

import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from random import Random

import httpx
import uvicorn

from app.clock import utc_now
from app.ids import new_id
from domain.channel import Channel
from simulation.counterpart import Counterpart, Manners
from simulation.send_endpoint import send_endpoint

_ANSWER_SECONDS = 15.0


@asynccontextmanager
async def simulated_provider(
    channels: Mapping[str, Channel], public_url: str, server_url: str, manners: Manners, seed: int
) -> AsyncGenerator[uvicorn.Server]:
    """Yield the server that takes what these channels send; receipts go to `server_url`."""
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
        counterpart = Counterpart(
            client=client,
            public_url=public_url,
            server_url=server_url,
            clock=utc_now,
            new_id=new_id,
            rng=Random(seed),  # noqa: S311 - nothing secret
            manners=manners,
        )
        app = send_endpoint(channels, counterpart.take, utc_now)
        config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        try:
            yield uvicorn.Server(config)
        finally:
            await counterpart.close()


async def serve_until_stopped(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    await server.serve(sockets=[listener])
