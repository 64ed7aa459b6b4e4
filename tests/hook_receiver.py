"""A customer's system on loopback: it verifies what it is posted, and answers as it is told to."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from flows import ANN, a_channel, an_sms, count_of, make_channel, record, work

from app.clock import monotonic, utc_now
from app.ids import new_id
from domain.hook import EVENT_TYPES, secrets_place
from domain.sealing import Sealer
from domain.signature import verify
from domain.standard_webhooks import standard_webhook
from inbox.hooks.payload import make_payload
from store.database import Connection, connect
from store.hooks import NewHook, StoredHook, insert_hook
from worker.background.consumers import drain_consumer
from worker.hooks.config import HookConfig
from worker.hooks.queueing import hook_consumer
from worker.hooks.sender import drain_hooks

SECRET = "whsec_c2VjcmV0IG9mIGEgaG9vaw=="
SECRET_KEY = "a secret key of the tests"
SEALER = Sealer(SECRET_KEY)


@dataclass(slots=True, kw_only=True)
class Receiver:
    """`answer` gives the status for an event; None lets it hang, 0 breaks the connection off.
    `headers` are those of each answer.

    `posted` are all requests in order, `taken` those that were answered 200.
    """

    port: int = 0
    secret: str = SECRET
    answer: Callable[[dict[str, Any]], int | None] = lambda _event: 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    posted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    forged: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/inlet"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        _, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (li.partition(": ") for li in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        is_ours = verify(standard_webhook(headers, body, [self.secret], utc_now())).is_authentic
        event = msgspec.json.decode(body)
        self.forged += not is_ours or event["id"] != headers["webhook-id"]
        self.posted.append(event)
        status = self.answer(event)
        if status is None:
            await reader.read()
        elif status:
            if status == 200:
                self.taken.append(event)
            more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            head = f"HTTP/1.1 {status} Whatever\r\ncontent-length: 2\r\n{more}\r\n"
            writer.write(head.encode() + b"ok")
        writer.close()


@asynccontextmanager
async def hook_receiver() -> AsyncGenerator[Receiver]:
    """Serve on a port of its own."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


async def make_hook(
    conn: Connection,
    url: str,
    *types: str,
    channel_id: str | None = None,
    secret: str = SECRET,
) -> StoredHook:
    """Make a hook of customer 1 that is told of these events, or of all."""
    hook_id = new_id()
    new = NewHook(
        id=hook_id,
        url=url,
        types=types or EVENT_TYPES,
        channel_id=channel_id,
        secrets=SEALER.seal([secret], secrets_place(1, hook_id)),
        created_by=None,
    )
    made = await insert_hook(conn, 1, new, 50)
    assert made
    return made


def hook_config(database_url: str, *private_hosts: str, **more: Any) -> HookConfig:
    given: dict[str, Any] = {"clock": utc_now, **more}
    return HookConfig(
        connect=lambda: connect(database_url, "tests"),
        make_payload=make_payload,
        sealer=SEALER,
        random=lambda: 0.0,
        monotonic=monotonic,
        new_id=new_id,
        private_hosts=frozenset(private_hosts),
        poll_seconds=0.05,
        **given,
    )


async def tell(conn: Connection, config: HookConfig) -> None:
    """Queue what happened, and post what is due."""
    await drain_consumer(conn, hook_consumer())
    await drain_hooks(conn, config)


async def let_it_be_due(conn: Connection) -> None:
    due = b"UPDATE hook_deliveries SET next_attempt_at = now() WHERE status = 'pending'"
    await conn.execute(due)


async def receive(conn: Connection, database_url: str, *names: str, sender: str = ANN) -> None:
    """Let texts come in, and be messages."""
    if not await count_of(conn, "channels"):
        await make_channel(conn, "sms")
    await record(conn, a_channel("sms"), *(an_sms(name, sender, body=name) for name in names))
    await work(database_url)


def bodies(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["message"]["body"] for event in events]
