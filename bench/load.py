"""The load generator: its own process, raw sockets, requests written before the clock starts.

It shares two cores with what it measures, so nothing is parsed that need not be.
"""

import asyncio
import gc
from array import array
from collections.abc import Callable, Iterator, Mapping
from random import Random
from time import perf_counter
from typing import Literal, cast

import msgspec
import uvloop

from app.clock import utc_now
from bench.child import serve_one
from bench.figures import Latency, latency_of
from bench.http_client import is_complete
from bench.messages import sms
from bench.posted_mails import MailForm, mail_requests
from bench.posted_texts import twilio_requests
from domain.standard_webhooks import sign_standard_webhook

_MOST_PER_SECOND = 60_000
_MOST_MAILS_PER_SECOND = 8_000
_MOST_FORMS_PER_SECOND = 30_000
_CONTACTS = 5_000


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to send where: SMS of the generic provider or of Twilio, or mails.

    With a secret all are signed.
    """

    host: str
    port: int
    path: str
    connections: int
    seconds: float
    warm_up_seconds: float
    seed: str
    secret: str = ""
    form: Literal["sms", "twilio"] | MailForm = "sms"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`answered` and the latencies are those of the measured time; `sent` is all of it."""

    answered: int
    failed: int
    seconds: float
    latency: Latency
    sent: int


def main() -> None:
    """Do the job on stdin."""
    serve_one(Job, _prepare)


def _prepare(job: Job) -> Callable[[], Result]:
    most = {"sms": _MOST_PER_SECOND, "twilio": _MOST_FORMS_PER_SECOND}
    per_second = most.get(job.form, _MOST_MAILS_PER_SECOND)
    count = int(per_second * (job.seconds + job.warm_up_seconds))
    requests = _requests(job, count)
    gc.collect()
    gc.freeze()
    gc.disable()

    def work() -> Result:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_send_all(job, iter(requests)))

    return work


def _requests(job: Job, count: int) -> list[bytes]:
    rng = Random(job.seed)
    now = utc_now()
    if job.form == "twilio":
        url = f"http://{job.host}:{job.port}{job.path}"
        texts = twilio_requests(count, rng, url, job.secret)
        return [_head(job, len(body), headers) + body for headers, body in texts]
    if job.form != "sms":
        mails = mail_requests(job.form, count, rng, now)
        return [_head(job, len(body), headers) + body for headers, body in mails]
    sent_at = now.isoformat()
    requests: list[bytes] = []
    head = b""
    for number in range(count):
        message_id = rng.randbytes(16).hex()
        body = sms(message_id, rng.randrange(_CONTACTS), number, sent_at)
        if job.secret or not head:
            signed = sign_standard_webhook(message_id, body, job.secret, now) if job.secret else {}
            head = _head(job, len(body), signed)
        requests.append(head + body)
    return requests


def _head(job: Job, body_bytes: int, headers: Mapping[str, str]) -> bytes:
    fields = {
        "Host": f"{job.host}:{job.port}",
        "User-Agent": "bench/1.0",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Content-Length": str(body_bytes),
        **headers,
    }
    written = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {job.path} HTTP/1.1\r\n{written}\r\n".encode()


class _Load:
    """What the connections share."""

    __slots__ = ("failed", "reply_bytes", "requests", "seconds", "sent")

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.seconds = array("d")
        self.failed = 0
        self.sent = 0
        self.reply_bytes = 0


class _Connection(asyncio.Protocol):
    """Sends a request, waits for its reply, sends the next."""

    __slots__ = ("_load", "_reply", "_sent_at", "_transport")

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._reply = b""
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports can all write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        load = self._load
        reply = self._reply + data if self._reply else data
        # Every success has the same length, so all but the first need no look at their head.
        if len(reply) != load.reply_bytes:
            if not is_complete(reply):
                self._reply = reply
                return
            if reply.startswith(b"HTTP/1.1 200"):
                load.reply_bytes = len(reply)
        self._reply = b""
        if reply.startswith(b"HTTP/1.1 200"):
            load.seconds.append(now - self._sent_at)
        else:
            load.failed += 1
        self._send()

    def _send(self) -> None:
        request = next(self._load.requests, None)
        if request is None or self._transport is None:
            return
        self._load.sent += 1
        self._sent_at = perf_counter()
        self._transport.write(request)


async def _send_all(job: Job, requests: Iterator[bytes]) -> Result:
    load = _Load(requests)
    loop = asyncio.get_running_loop()
    for _ in range(job.connections):
        await loop.create_connection(lambda: _Connection(load), job.host, job.port)
    await asyncio.sleep(job.warm_up_seconds)
    before, failed_before, began = len(load.seconds), load.failed, perf_counter()
    await asyncio.sleep(job.seconds)
    measured = load.seconds[before:]
    elapsed = perf_counter() - began
    if next(requests, None) is None:
        raise RuntimeError("the requests ran out before the time did")
    return Result(
        answered=len(measured),
        failed=load.failed - failed_before,
        seconds=elapsed,
        latency=latency_of(measured),
        sent=load.sent,
    )


if __name__ == "__main__":
    main()
