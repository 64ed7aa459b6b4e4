"""Large mails: what they take in memory, whom they hold up, and whether their files come back.

A mail of 40 MB with ten files goes through a web process, with the database and without; one of
25 MB with one file through a worker, while texts arrive one after the other.
"""

import os
from base64 import encodebytes
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from time import perf_counter, sleep
from typing import Any

import httpx

from app.ids import new_id, new_key
from bench.databases import CUSTOMER_ID, add_channel, execute, fresh_database, read_one, run
from bench.figures import Figure, Target, figure
from bench.memory import watched_memory
from bench.plan import Plan
from bench.processes import HOST, web_server, worker_process
from domain.api_key import hash_key
from domain.channel import Channel
from store.api_keys import insert_key
from store.database import connect

SECTION = "large"

_MB = 1 << 20
_FILES = 10
_MOST_IN_WEB, _MOST_IN_WORKER = Target(most=3.0), Target(most=4.0)
_SLOWEST_TEXT, _SLOWEST_THREAD = Target(most=1_000.0), Target(most=300.0)
_TEXTS_SECONDS = 3.0
_PATIENCE_SECONDS = 60.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where mails and texts are posted, and how the API is asked."""

    url: str
    client: httpx.Client
    mails: Channel
    texts: Channel
    pid: int

    def post_mail(self, mail: bytes) -> None:
        headers = {"content-type": "message/rfc822", "x-envelope-to": "desk@example.com"}
        path = f"/webhooks/smtp/{self.mails.token}"
        self.client.post(path, content=mail, headers=headers).raise_for_status()

    def post_text(self, name: str) -> None:
        text = {"from": "+14155550123", "provider_message_id": name, "body": "Hello"}
        self.client.post(f"/webhooks/generic/{self.texts.token}", json=text).raise_for_status()

    def read(self, query: str) -> int:
        async def read() -> int:
            async with await connect(self.url, "bench") as conn:
                return await read_one(conn, query.encode())

        return run(read())

    def wait_until_it_answers(self) -> None:
        """Wait until the API has noticed that the database is back."""
        began = perf_counter()
        while not self.client.get("/api/conversations").is_success:
            if perf_counter() - began > _PATIENCE_SECONDS:
                raise RuntimeError("the API did not notice that the database is back")
            sleep(0.05)

    def wait_for(self, query: str, expected: int) -> None:
        began = perf_counter()
        while self.read(query) != expected:
            if perf_counter() - began > _PATIENCE_SECONDS:
                raise RuntimeError(f"it never came to {expected}: {query}")
            sleep(0.005)


def measure(plan: Plan) -> list[Figure]:
    """Measure what large mails take, in one installation."""
    size_bytes = int(plan.sizes.large_mail_mb * _MB)
    with fresh_database(plan.server_url) as url, _place(url) as place:
        place.post_mail(_mail(20_000, 1)[0])
        mail, files = _mail(size_bytes, _FILES)
        with_database = _growth_of_web(place, mail)
        run(execute(plan.server_url, *_closed(url)))
        place.post_mail(_mail(20_000, 1)[0])
        without = _growth_of_web(place, _mail(size_bytes, _FILES)[0])
        run(execute(plan.server_url, *_open(url)))
        place.wait_for("SELECT count(*) FROM inbound_events", 4)
        place.wait_until_it_answers()
        with worker_process(url) as worker:
            place.wait_for("SELECT count(*) FROM messages", 4)
            thread_ms = _open_thread(place, files)
            sleep(1.0)
            in_worker, slowest_ms = _growth_of_worker(place, worker, int(size_bytes * 25 / 40))
    name = f"{plan.sizes.large_mail_mb:.0f} MB, {_FILES} files"
    smaller = f"{plan.sizes.large_mail_mb * 25 / 40:.0f} MB, 1 file"
    return [
        figure(SECTION, f"{name}: memory of web", with_database, "x", _MOST_IN_WEB),
        figure(SECTION, f"{name}: the same without database", without, "x", _MOST_IN_WEB),
        figure(SECTION, f"{name}: thread opens", thread_ms, "ms", _SLOWEST_THREAD),
        figure(SECTION, f"{smaller}: memory of a worker", in_worker, "x", _MOST_IN_WORKER),
        figure(SECTION, f"{smaller}: slowest text beside it", slowest_ms, "ms", _SLOWEST_TEXT),
    ]


@contextmanager
def _place(url: str) -> Generator[_Place]:
    key = new_key()
    mails, texts = run(_prepare(url, key))
    with (
        web_server(url, ["-m", "app.cli", "serve"]) as server,
        httpx.Client(
            base_url=f"http://{HOST}:{server.port}",
            headers={"authorization": f"Bearer {key}"},
            timeout=_PATIENCE_SECONDS,
            trust_env=False,
        ) as client,
    ):
        yield _Place(url=url, client=client, mails=mails, texts=texts, pid=server.pid)


async def _prepare(url: str, key: str) -> tuple[Channel, Channel]:
    async with await connect(url, "bench") as conn:
        await insert_key(
            conn,
            customer_id=CUSTOMER_ID,
            key_id=new_id(),
            name="bench",
            key_hash=hash_key(key),
            scopes=["conversations:read"],
            agent_id=None,
        )
        mails = await add_channel(conn, "email", "mails", provider="smtp")
        return mails, await add_channel(conn, "sms", "texts")


def _growth_of_web(place: _Place, mail: bytes) -> float:
    with watched_memory(place.pid) as growth:
        place.post_mail(mail)
    return growth.most / len(mail)


def _growth_of_worker(place: _Place, worker: int, size_bytes: int) -> tuple[float, float]:
    """Return how often a mail was in the worker's memory, and how long the slowest text took."""
    mail, _ = _mail(size_bytes, 1)
    slowest, began, number = 0.0, perf_counter(), 0
    with watched_memory(worker) as growth:
        place.post_mail(mail)
        while perf_counter() - began < _TEXTS_SECONDS:
            posted, name, number = perf_counter(), f"text-{number}", number + 1
            place.post_text(name)
            place.wait_for(
                f"SELECT count(*) FROM messages WHERE provider_message_id = '{name}'",  # noqa: S608
                1,
            )
            slowest = max(slowest, perf_counter() - posted)
    place.wait_for("SELECT count(*) FROM messages WHERE kind = 'email'", 5)
    return growth.most / len(mail), 1000 * slowest


def _open_thread(place: _Place, files: list[bytes]) -> float:
    """Open the thread of a mail, and take its files: they must be as they were sent."""
    hashes = {sha256(file).hexdigest() for file in files}
    for listed in _get(place, "/api/conversations"):
        began = perf_counter()
        [message] = _get(place, f"/api/conversations/{listed['id']}/messages")
        took = perf_counter() - began
        downloads = [place.client.get(file["url"]).content for file in message["attachments"]]
        if {sha256(content).hexdigest() for content in downloads} == hashes:
            return 1000 * took
    raise RuntimeError("the files of a mail did not come back as they were sent")


def _get(place: _Place, path: str) -> list[Json]:
    return place.client.get(path).raise_for_status().json()["items"]


def _mail(size_bytes: int, files: int) -> tuple[bytes, list[bytes]]:
    """Write a mail of about this size, with files that cannot be compressed."""
    contents = [os.urandom(int(size_bytes / files * 0.74)) for _ in range(files)]
    identity = new_id()
    parts = [
        f"--edge\r\nContent-Disposition: attachment; filename={number}.bin\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n".encode()
        + encodebytes(content).replace(b"\n", b"\r\n")
        for number, content in enumerate(contents)
    ]
    head = (
        f"From: {identity}@example.org\r\nTo: desk@example.com\r\nSubject: {identity}\r\n"
        f"Message-ID: <{identity}@example.org>\r\n"
        "Content-Type: multipart/mixed; boundary=edge\r\n\r\n"
        "--edge\r\nContent-Type: text/plain\r\n\r\nSee below\r\n"
    )
    return head.encode() + b"".join(parts) + b"--edge--\r\n", contents


def _closed(url: str) -> tuple[bytes, bytes]:
    name = _name(url)
    return (
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode(),
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'".encode(),  # noqa: S608
    )


def _open(url: str) -> tuple[bytes]:
    return (f"ALTER DATABASE {_name(url)} ALLOW_CONNECTIONS true".encode(),)


def _name(url: str) -> str:
    return url.rpartition("?")[0].rpartition("/")[2]
