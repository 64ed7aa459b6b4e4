"""Serves the played provider on a listening socket until told to stop."""

import asyncio
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
    channels: Mapping[str, Channel],
    public_url: str,
    server_url: str,
    manners: Manners,
    seed: int,
    mail: socket.socket | None = None,
) -> AsyncGenerator[uvicorn.Server]:
    """Yield the server that takes what these channels send; receipts go to `server_url`.

    `mail` is where a mail server listens that takes what those of smtp send.
    """
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
        mail_server = await _serve_mail(channels, counterpart, mail) if mail else None
        try:
            yield uvicorn.Server(config)
        finally:
            if mail_server:
                mail_server.close()
            await counterpart.close()


async def _serve_mail(
    channels: Mapping[str, Channel], counterpart: Counterpart, listener: socket.socket
) -> asyncio.Server:
    # Only who plays a mail server needs the library, which takes a while to be read.
    from simulation.mail_endpoint import mail_endpoint

    endpoint = mail_endpoint(channels, counterpart.take)
    return await asyncio.get_running_loop().create_server(endpoint, sock=listener)


async def serve_until_stopped(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    await server.serve(sockets=[listener])
