"""The primary dies or hangs and its standby is promoted: all goes on, nothing lost or doubled.

All processes are real. What the primary confirms, the standby has: it is synchronous.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from flows import until, values
from inlet_up import PATIENCE_SECONDS, PROGRAM, a_text, kill_postgres_of, postgres_of
from scratch_folders import scratch_folder
from standby import Standby, standby_of

from app.embedded_postgres import embedded_postgres
from app.listener import listening_socket
from store.database import connect

_PAUSE_SECONDS = 0.03
_SYNCHRONOUS = (
    b"ALTER SYSTEM SET synchronous_standby_names = '*'",
    b"SELECT pg_reload_conf()",
)
_IS_SYNCHRONOUS = b"SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
_MESSAGES = b"SELECT provider_message_id FROM messages ORDER BY 1"
_STATUSES = b"SELECT DISTINCT status FROM inbound_event_status"


@dataclass(slots=True, kw_only=True)
class Inlet:
    """A web process and a worker that know both servers."""

    client: httpx.AsyncClient
    webhook_path: str
    accepted: list[str] = field(default_factory=list[str])
    refused: list[int] = field(default_factory=list[int])
    told: list[str] = field(default_factory=list[str])

    async def receive(self, is_over: Callable[[], bool]) -> None:
        """Post one text after the other; each is sent again until it is accepted."""
        number = 0
        while not is_over():
            name = f"m-{number:05d}"
            answer = await self.client.post(self.webhook_path, json=a_text(name))
            if answer.status_code == 200:
                self.accepted.append(name)
                number += 1
            else:
                self.refused.append(answer.status_code)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def follow(self) -> None:
        """Follow the stream of changes as a page does, and note the types of what it tells."""
        last_id: dict[str, str] = {}
        while True:
            async with self.client.stream("GET", "/api/stream", headers=last_id) as stream:
                async for line in stream.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        last_id = {"last-event-id": value}
                    elif name == "event":
                        self.told.append(value)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def get(self, path: str) -> tuple[int, Any]:
        answer = await self.client.get(path)
        return answer.status_code, answer.json()

    async def until_database_is(self, state: str) -> None:
        async def is_so() -> bool:
            status, readiness = await self.get("/readyz")
            return (status, readiness["status"], readiness["database"]) == (200, "ready", state)

        await until(is_so)

    async def until_told(self, count: int) -> None:
        async def is_told() -> bool:
            return len(self.told) >= count

        await until(is_told)


def _command(environment: dict[str, str], *arguments: str) -> Any:
    ended = subprocess.run(
        [*PROGRAM, *arguments], env=environment, cwd=environment["DATA_DIR"],
        capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout) if "--json" in arguments else None


@contextmanager
def _process(
    environment: dict[str, str], *arguments: str, fd: int | None = None
) -> Generator[None]:
    log = Path(environment["DATA_DIR"]) / f"{arguments[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*PROGRAM, *arguments], env=environment, cwd=log.parent, stdout=output, stderr=output,
            pass_fds=() if fd is None else (fd,),
        )  # fmt: skip
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@asynccontextmanager
async def _running(database_url: str, folder: Path) -> AsyncGenerator[Inlet]:
    """Run `inlet serve` and `inlet work`, with a channel and a key."""
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret key of the tests", "DATA_DIR": str(folder),
        "LOG_FORMAT": "json", "POLL_SECONDS": "0.2",
        "API_REQUESTS_PER_MINUTE": "0", "SEARCH_REQUESTS_PER_MINUTE": "0",
    }  # fmt: skip
    _command(environment, "migrate", "apply")
    channel = _command(
        environment,
        *("channel", "add", "--provider", "generic", "--kind", "sms", "--name", "sms"),
        *("--address", "+15005550006", "--mode", "off", "--json"),
    )
    key = _command(environment, "key", "add", "--name", "tests", "--scope", "admin", "--json")
    with ExitStack() as stack:
        listener = stack.enter_context(listening_socket("127.0.0.1", 0))
        number = listener.fileno()
        stack.enter_context(_process(environment, "serve", "--fd", str(number), fd=number))
        stack.enter_context(_process(environment, "work"))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            headers={"authorization": f"Bearer {key['key']}"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        ) as client:
            path = "/webhooks/" + channel["webhook_url"].partition("/webhooks/")[2]
            yield Inlet(client=client, webhook_path=path)


async def _make_synchronous(url: str) -> None:
    async with await connect(url, "tests") as conn:
        for statement in _SYNCHRONOUS:
            await conn.execute(statement)

        async def is_synchronous() -> bool:
            return await values(conn, _IS_SYNCHRONOUS) == [1]

        await until(is_synchronous)


def _of_both(url: str, standby: Standby) -> str:
    host = standby.url.partition("?host=")[2].partition("&")[0]
    both = url.replace("?host=", f"?host={host},").replace("port=5432", "port=5432,5432")
    return f"{both}&target_session_attrs=read-write"


def _hang(folder: Path) -> None:
    for process in postgres_of(folder):
        process.suspend()


@pytest.mark.parametrize("fail", [kill_postgres_of, _hang], ids=["killed", "hangs"])
async def test_a_promoted_standby_is_found_by_all_that_run(fail: Callable[[Path], None]) -> None:
    with (
        scratch_folder("inlet-failover-") as folder,
        embedded_postgres(folder) as url,
        standby_of(url, folder) as standby,
    ):
        await _make_synchronous(url)
        (folder / "inlet").mkdir()
        async with _running(_of_both(url, standby), folder / "inlet") as inlet:
            is_over = asyncio.Event()
            following = asyncio.create_task(inlet.follow())
            receiving = asyncio.create_task(inlet.receive(is_over.is_set))
            await inlet.until_database_is("ok")
            await inlet.until_told(20)
            _, page = await inlet.get("/api/changes?after=now")
            cursor = page["page"]["next_cursor"]

            await asyncio.to_thread(fail, folder)
            await inlet.until_database_is("away")
            await _until_more(inlet)
            assert "reset" not in inlet.told
            await asyncio.to_thread(standby.promote)
            await inlet.until_database_is("ok")
            kill_postgres_of(folder)  # whoever promotes a standby sees to it that the other is gone
            await inlet.until_told(len(inlet.told) + 20)
            await _until_more(inlet)
            is_over.set()
            await receiving

            assert inlet.told.count("reset") == 1
            assert (await inlet.get(f"/api/changes?after={cursor}"))[0] == 410
            async with await connect(standby.url, "tests") as conn:

                async def have_come() -> bool:
                    return await values(conn, _MESSAGES) == inlet.accepted

                await until(have_come)
                assert await values(conn, _STATUSES) == ["processed"]
            await _until_found(inlet, len(inlet.accepted))
            following.cancel()
        assert inlet.refused == []


async def _until_more(inlet: Inlet) -> None:
    accepted = len(inlet.accepted)

    async def is_so() -> bool:
        return len(inlet.accepted) > accepted + 20

    await until(is_so)


async def _until_found(inlet: Inlet, messages: int) -> None:
    """Wait until a search finds the conversation by what came in last."""

    async def is_found() -> bool:
        _, found = await inlet.get("/api/conversations?q=anybody")
        items = found["items"]
        return [item["match"]["seq"] for item in items] == [messages]

    await until(is_found)
