"""Keys are rotated and forgotten under load: no signature refused, nothing lost or sent twice."""

import asyncio
import json
import socket
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from flows import count_of, until, values
from inlet_up import (
    PATIENCE_SECONDS,
    PROGRAM,
    Running,
    a_text,
    admin_headers,
    environment,
    folder_of_its_own,
    up,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.clock import utc_now
from app.embedded_postgres import embedded_postgres
from app.listener import listening_socket
from domain.signature import verify
from domain.standard_webhooks import json_headers, standard_webhook
from store.database import connect

_SECRET, _CREDENTIAL = "whsec_aW5ib3VuZCBzZWNyZXQ=", "whsec_b3V0Ym91bmQgc2VjcmV0"
_OWN = "+14155550199"
_SENDERS, _PAUSE_SECONDS = 4, 0.02
_RECEIVED = b"SELECT provider_message_id FROM inbound_events ORDER BY 1"
_ATTEMPTS = b"SELECT DISTINCT outcome || ' ' || coalesce(error_code, '') FROM outbound_attempts"


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


@dataclass(slots=True)
class Provider:
    """Takes what is sent, and notes what it was and how each was signed."""

    taken: list[str] = field(default_factory=list[str])
    refusals: list[str | None] = field(default_factory=list[str | None])

    async def take(self, request: Request) -> Response:
        body = await request.body()
        verdict = verify(standard_webhook(request.headers, body, (_CREDENTIAL,), utc_now()))
        if not verdict.is_authentic:
            self.refusals.append(verdict.reason)
            return JSONResponse({}, 401)
        self.taken.append(json.loads(body)["id"])
        return JSONResponse({"provider_message_id": f"p-{len(self.taken)}"})

    @contextmanager
    def serving(self, listener: socket.socket) -> Generator[None]:
        app = Starlette(routes=[Route("/", self.take, methods=["POST"])])
        server = uvicorn.Server(
            uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False)
        )
        thread = Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Signed texts to some channels, and an answer to each conversation that they make."""

    client: httpx.AsyncClient
    webhook_urls: Sequence[str]
    accepted: list[str] = field(default_factory=list[str])
    refused: list[int] = field(default_factory=list[int])
    queued: list[str] = field(default_factory=list[str])

    async def receive(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            name = f"m-{len(self.accepted)}"
            body = json.dumps(a_text(name) | {"to": _OWN}).encode()
            url = self.webhook_urls[len(self.accepted) % len(self.webhook_urls)]
            headers = json_headers(name, body, _SECRET, utc_now())
            self.accepted.append(name)
            answer = await self.client.post(url, content=body, headers=headers)
            if answer.status_code != 200:
                self.refused.append(answer.status_code)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def answer(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            listed = (await self.client.get("/api/conversations")).json()["items"]
            for conversation in listed:
                path = f"/api/conversations/{conversation['id']}/messages"
                answer = await self.client.post(path, json={"body": "Coming"})
                assert answer.status_code == 202, answer.text
                self.queued.append(answer.json()["id"])
            await asyncio.sleep(_PAUSE_SECONDS)


def _inlet(data_dir: Path, *arguments: str) -> Any:
    ended = subprocess.run(
        [*PROGRAM, *arguments, "--json"],
        cwd=data_dir, env=environment() | {"DATA_DIR": str(data_dir)},
        capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _add_channel(data_dir: Path, inlet: Running, name: str, send_url: str) -> str:
    added = _inlet(
        data_dir,
        *("channel", "add", "--provider", "generic", "--kind", "sms", "--address", _OWN),
        *("--name", name, "--secret", _SECRET, "--credential", _CREDENTIAL),
        *("--send-url", send_url, "--rate", "1000"),
    )
    return f"{inlet.url}/webhooks/{added['webhook_url'].partition('/webhooks/')[2]}"


async def _rotate(data_dir: Path, traffic: Traffic, provider: Provider) -> None:
    """Change the key and forget the old one, twice, each time once more went both ways."""
    for _ in range(2):
        accepted, taken = len(traffic.accepted), len(provider.taken)
        rotated = await asyncio.to_thread(_inlet, data_dir, "secret", "rotate")
        forgotten = await asyncio.to_thread(_inlet, data_dir, "secret", "forget")
        assert (rotated, forgotten) == ({"channels": 2}, {"forgotten": 1})

        async def goes_on(accepted: int = accepted, taken: int = taken) -> bool:
            return len(traffic.accepted) > accepted + 20 and len(provider.taken) > taken + 2

        await until(goes_on)


async def test_keys_are_changed_while_webhooks_come_and_replies_go(data_dir: Path) -> None:
    provider = Provider()
    is_over = asyncio.Event()
    with up(data_dir) as inlet, listening_socket("127.0.0.1", 0) as listener:
        send_url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        urls = [_add_channel(data_dir, inlet, name, send_url) for name in ("first", "second")]
        with provider.serving(listener):
            async with (
                httpx.AsyncClient(
                    base_url=inlet.url,
                    headers=admin_headers(),
                    timeout=PATIENCE_SECONDS,
                    trust_env=False,
                ) as client,
                asyncio.TaskGroup() as group,
            ):
                traffic = Traffic(client=client, webhook_urls=urls)
                for _ in range(_SENDERS):
                    group.create_task(traffic.receive(is_over.is_set))
                group.create_task(traffic.answer(is_over.is_set))
                await _rotate(data_dir, traffic, provider)
                is_over.set()

            with embedded_postgres(data_dir) as url:
                async with await connect(url, "tests") as conn:

                    async def is_sent() -> bool:
                        return await count_of(conn, "outbound_queue") == 0

                    await until(is_sent)
                    assert await values(conn, _RECEIVED) == sorted(traffic.accepted)
                    assert await values(conn, _ATTEMPTS) == ["sent "]
        assert (traffic.refused, provider.refusals) == ([], [])
        assert sorted(provider.taken) == sorted(traffic.queued)
