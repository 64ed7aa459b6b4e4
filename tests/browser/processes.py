"""The web process and the worker, as they really run, and a provider for what they send and fetch.

The listening socket stays ours, so a web process can be stopped and another one takes its place.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Thread

import httpx
import uvicorn

from app.clock import utc_now
from app.ids import new_id
from app.listener import listening_socket
from domain.channel import Channel
from simulation.counterpart import Counterpart, Manners
from simulation.played import TakenMessage
from simulation.send_endpoint import send_endpoint

_PROGRAM = (sys.executable, "-P", "-m", "app.cli")
_SECRET_KEY = "a secret key of the tests"
_PATIENCE_SECONDS = 120.0


class Processes:
    """`inlet serve` and `inlet work` on one database, until the block ends."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database_url = database_url
        self._folder = folder
        self._listener = listening_socket("127.0.0.1", 0)
        self.provider_listener = listening_socket("127.0.0.1", 0)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Generator["Processes"]:
        try:
            self.start_worker()
            self.start_web()
            yield self
        finally:
            for name in list(self._running):
                self._stop(name)
            self._listener.close()

    def start_web(self) -> None:
        """Start the web process, and wait until it answers."""
        number = self._listener.fileno()
        self._start("web", ("serve", "--fd", str(number)), [number])
        ready = httpx.get(f"{self.url}/readyz", timeout=_PATIENCE_SECONDS, trust_env=False)
        assert ready.is_success, (self._folder / "web.log").read_text()

    def stop_web(self) -> None:
        """Stop the web process; whoever calls waits in the queue of the socket."""
        self._stop("web")

    def start_worker(self) -> None:
        self._start("worker", ("work",), [])

    def _start(self, name: str, command: Sequence[str], descriptors: Sequence[int]) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": _SECRET_KEY,
            "PORT": self.url.rsplit(":", 1)[1],
            "POLL_SECONDS": "0.2",
            "LOG_FORMAT": "json",
            "API_REQUESTS_PER_MINUTE": "0",
            "SEARCH_REQUESTS_PER_MINUTE": "0",
            "SEARCH_TIMEOUT_MS": "5000",
            "MEDIA_PRIVATE_HOSTS": f"127.0.0.1:{self.provider_listener.getsockname()[1]}",
            "HOOK_PRIVATE_HOSTS": f"127.0.0.1:{self.provider_listener.getsockname()[1]}",
        }
        with (self._folder / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [*_PROGRAM, *command],
                cwd=self._folder,
                env=environment,
                stdout=output,
                stderr=output,
                pass_fds=descriptors,
            )

    def _stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


class PlayedProvider:
    """Takes what the channels send, reports it delivered, and remembers every message."""

    def __init__(self, server_url: str, listener: socket.socket) -> None:
        self._server_url = server_url
        self._listener = listener
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.channels: dict[str, Channel] = {}
        self.taken: list[TakenMessage] = []

    @contextmanager
    def running(self) -> Generator["PlayedProvider"]:
        servers: list[uvicorn.Server] = []
        thread = Thread(target=lambda: asyncio.run(self._serve(servers, self._listener)))
        thread.start()
        try:
            yield self
        finally:
            for server in servers:
                server.should_exit = True
            thread.join(_PATIENCE_SECONDS)

    def taken_of(self, channel: Channel) -> int:
        """Count the messages that came from a channel."""
        return sum(message.channel.id == channel.id for message in self.taken)

    async def _serve(self, servers: list[uvicorn.Server], listener: socket.socket) -> None:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
            other_side = Counterpart(
                client=client,
                public_url=self._server_url,
                server_url=self._server_url,
                clock=utc_now,
                new_id=new_id,
                rng=Random(1),  # noqa: S311 - nothing secret
                manners=Manners(step_seconds=0.2),
            )

            def take(taken: TakenMessage) -> None:
                self.taken.append(taken)
                other_side.take(taken)

            app = send_endpoint(self.channels, take, utc_now)
            config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)
            servers.append(uvicorn.Server(config))
            await servers[0].serve(sockets=[listener])
            await other_side.close()
