"""A web process that is told to stop answers what it was asked, and waits for nobody for long."""

import asyncio

from flows import until
from http_server_process import GET, POST, Served, serving

from app.connection_limits import ClientTimeouts

_PATIENT = ClientTimeouts(stopping_idle_seconds=0.5)
_LONGEST_STOP_SECONDS = 60.0


async def _stop(served: Served) -> float:
    """Stop the server; return how long that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    served.server.should_exit = True
    async with asyncio.timeout(120):
        await served.has_ended.wait()
    return loop.time() - began


async def test_what_has_begun_to_come_is_answered() -> None:
    """A head, a body and an answer under way when the signal comes, and an idle connection."""
    async with (
        serving(_PATIENT) as served,
        served.client() as (head_answer, head),
        served.client() as (body_answer, body),
        served.client() as (stream_answer, stream),
        served.client() as (idle_answer, _),
    ):
        head.write(b"POST /api HTTP/1.1\r\nContent-")
        body.write(POST % (b"api", 6) + b"abc")
        stream.write(GET % b"stream")
        await stream_answer.readuntil(b"\r\n\r\n")

        stopping = asyncio.create_task(_stop(served))
        await until(served.accepts_nobody)
        head.write(b"Length: 2\r\n\r\nab")
        body.write(b"def")
        served.application.chunks.put_nowait(b"last")
        served.application.chunks.put_nowait(b"")

        for answer in (await head_answer.read(), await body_answer.read()):
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"connection: close" in answer
        assert (await stream_answer.read()).endswith(b"last\r\n0\r\n\r\n")
        assert await idle_answer.read() == b""
        assert await stopping < 3


async def test_a_kept_connection_may_ask_once_more() -> None:
    """Its next request may be on its way already when we begin to stop."""
    async with serving(_PATIENT) as served, served.client() as (reader, writer):
        writer.write(POST % (b"api", 1) + b"x")
        await reader.readuntil(b"\r\n\r\n1")
        stopping = asyncio.create_task(_stop(served))
        await until(served.accepts_nobody)
        writer.write(POST % (b"api", 2) + b"xy")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in answer
        await stopping


async def test_stuck_clients_and_a_stuck_request_do_not_hold_it_up() -> None:
    async with (
        serving(_PATIENT) as served,
        served.client() as (half_answer, half),
        served.client() as (_, stuck),
        served.client() as (stream_answer, stream),
    ):
        half.write(POST % (b"api", 6) + b"abc")
        stuck.write(GET % b"big")
        stream.write(GET % b"stream")
        await stream_answer.readuntil(b"\r\n\r\n")

        assert await _stop(served) < _LONGEST_STOP_SECONDS

        assert (await half_answer.read()).startswith(b"HTTP/1.1 503")
        assert await stream_answer.read() == b""
