"""Queues on loopback that hooks lead to: moto's server in the part of SQS, and a server of NATS."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hook_receiver import make_hook

from app.clock import monotonic
from app.ids import new_id
from store.database import Connection
from store.hooks import StoredHook

REGION = "eu-central-1"
ACCESS_KEY = "AKIAEXAMPLEOFTESTS:the secret of the tests"
_BESIDE_PYTHON = Path(sys.executable).parent
_PATIENCE_SECONDS = 90


async def make_queue_hook(
    conn: Connection, url: str, *types: str, credential: str = ACCESS_KEY
) -> StoredHook:
    """Make a hook of customer 1 that leads to a queue and is told these events, or all."""
    return await make_hook(conn, url, *types, secret=credential)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsServer:
    """Plays SQS, as moto does."""

    endpoint: str

    def make_queue(self, **attributes: str) -> str:
        """Make a queue; return its URL as a hook has it."""
        name = f"inlet-{new_id()}" + (".fifo" if "FifoQueue" in attributes else "")
        made = self._ask("CreateQueue", QueueName=name, Attributes=attributes)
        return f"sqs+{made['QueueUrl']}?region={REGION}"

    def take_all(self, url: str) -> list[dict[str, Any]]:
        """Take all messages, oldest first, and delete them."""
        queue, taken = url.removeprefix("sqs+").partition("?")[0], list[dict[str, Any]]()
        while messages := self._ask(
            "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                handle = message["ReceiptHandle"]
                self._ask("DeleteMessage", QueueUrl=queue, ReceiptHandle=handle)
            taken += messages
        return taken

    def _ask(self, action: str, **fields: Any) -> Any:
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AmazonSQS.{action}",
            "authorization": f"AWS4-HMAC-SHA256 Credential=A/20261201/{REGION}/sqs/aws4_request",
        }
        answer = httpx.post(
            self.endpoint, content=msgspec.json.encode(fields), headers=headers, timeout=60
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}


@contextmanager
def sqs_server(log: Path) -> Generator[SqsServer]:
    """Run moto's server on a port of its own."""
    port = _free_port()
    command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    with (
        log.open("ab") as output,
        subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent) as process,
    ):
        try:
            _await_port(port)
            yield SqsServer(endpoint=f"http://127.0.0.1:{port}/")
        finally:
            process.kill()


@dataclass(slots=True, kw_only=True)
class NatsServer:
    """A server of NATS whose streams outlive it; `options` are those of its command line."""

    program: str
    folder: Path
    port: int
    options: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        """Where hooks lead."""
        return f"nats://127.0.0.1:{self.port}/inlet"

    @contextmanager
    def running(self) -> Generator[None]:
        """Run it; at the end it is killed."""
        place = ("-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder))
        command = (self.program, *place, *self.options)
        with (
            (self.folder / "log").open("ab") as log,
            subprocess.Popen(command, stdout=log, stderr=log) as process,
        ):
            try:
                _await_port(self.port)
                yield
            finally:
                process.kill()

    @asynccontextmanager
    async def streams(self, **shown: Any) -> AsyncGenerator[Any]:
        """Connect to its streams."""
        from nats.aio.client import Client
        from nats.js import JetStreamContext

        client = Client()
        await client.connect(f"nats://127.0.0.1:{self.port}", **shown)
        try:
            yield JetStreamContext(client)
        finally:
            await client.close()


def nats_server(folder: Path) -> NatsServer:
    """Prepare a server; it runs by itself nowhere. Without its program the test is skipped."""
    program = shutil.which("nats-server", path=_BESIDE_PYTHON) or shutil.which("nats-server")
    if program is None:
        pytest.skip("nats-server is not installed")
    return NatsServer(program=program, folder=folder, port=_free_port())


async def told_to(streams: Any) -> list[tuple[str, dict[str, Any]]]:
    """Read the whole stream `EVENTS`: the id that each message was given, and its event."""
    state = (await streams.stream_info("EVENTS")).state
    found = [await streams.get_msg("EVENTS", seq) for seq in range(1, state.last_seq + 1)]
    return [(each.headers["Nats-Msg-Id"], msgspec.json.decode(each.data)) for each in found]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _await_port(port: int) -> None:
    """Wait until somebody listens."""
    until = monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert monotonic() < until, "it does not start"
            time.sleep(0.05)
