"""Clients that are slow, stuck, too many or do not speak HTTP, against a real server."""

import asyncio

import pytest
from flows import until
from http_server_process import BIG, GET, POST, serving

from app.connection_limits import ClientTimeouts

_SHORT = ClientTimeouts(
    head_seconds=0.5, body_seconds=0.5, takes_nothing_seconds=2.5, linger_seconds=0.2
)
_LONG = ClientTimeouts()


async def test_a_head_that_never_ends_is_answered_408() -> None:
    async with serving(_SHORT) as served, served.client() as (reader, writer):
        writer.write(b"POST /webhooks/generic/x HTTP/1.1\r\nHost: inlet\r\nX-Slow: ")
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b'"code":"request_timeout"' in answer


async def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    async with serving(_SHORT) as served, served.client() as (reader, _):
        assert await reader.read() == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [(b"api", b"408"), (b"webhooks/generic/token", b"503")],
    ids=["api", "webhook"],
)
async def test_a_body_that_never_ends_is_answered(path: bytes, status: bytes) -> None:
    """A webhook's refusal must be one after which every provider tries again."""
    async with serving(_SHORT) as served, served.client() as (reader, writer):
        writer.write(POST % (path, 10) + b"12345")
        answer = await reader.read()
        assert served.application.gone == 1
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"connection: close" in answer
    assert b"generic/token" not in answer


async def test_a_steady_body_may_take_long() -> None:
    """Four times the time that a stuck one has."""
    timeouts = ClientTimeouts(body_seconds=0.5, body_bytes_per_second=1000)
    async with serving(timeouts) as served, served.client() as (reader, writer):
        writer.write(POST % (b"api", 8000))
        for _ in range(8):
            writer.write(bytes(1000))
            await asyncio.sleep(0.3)
        assert (await reader.readuntil(b"8000")).startswith(b"HTTP/1.1 200")


async def test_a_client_that_takes_nothing_is_cut_and_a_slow_one_is_not() -> None:
    async with (
        serving(_SHORT) as served,
        served.client() as (_, stuck),
        served.client() as (slow, asking),
    ):
        for writer in (stuck, asking):
            writer.write(GET % b"big")
        taken = 0
        while len(served.server.server_state.connections) == 2:
            taken += len(await slow.read(64 * 1024))
            await asyncio.sleep(0.05)
        assert taken < BIG
        while taken < BIG:
            taken += len(await slow.readexactly(min(1024 * 1024, BIG - taken)))


async def test_a_stream_outlives_every_deadline() -> None:
    async with serving(_SHORT) as served, served.client() as (reader, writer):
        writer.write(GET % b"stream")
        await reader.readuntil(b"\r\n\r\n")
        for number in range(3):
            await asyncio.sleep(1.1)
            served.application.chunks.put_nowait(b"%d" % number)
            assert await reader.readuntil(b"%d\r\n" % number)
        served.application.chunks.put_nowait(b"")
        assert await reader.readuntil(b"0\r\n\r\n")


async def test_an_idle_connection_is_kept_and_used_again() -> None:
    async with serving(_SHORT) as served, served.client() as (reader, writer):
        for _ in range(2):
            writer.write(POST % (b"api", 3) + b"abc")
            assert (await reader.readuntil(b"\r\n\r\n3")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(1.5)


async def test_an_empty_line_is_no_request_and_keeps_nothing_open() -> None:
    async with serving(_SHORT) as served, served.client() as (reader, writer):
        writer.write(POST % (b"api", 3) + b"abc")
        await reader.readuntil(b"\r\n\r\n3")
        writer.write(b"\r\n")
        assert await reader.read() == b""


async def test_one_connection_too_many_is_answered_503() -> None:
    async with serving(_LONG, most_connections=2) as served:
        async with served.client() as (_, _), served.client() as (hearing, asking):
            async with served.client() as (reader, writer):
                writer.write(POST % (b"api", 1000) + bytes(1000))
                answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 1" in answer.lower()
            asking.write(POST % (b"api", 1) + b"x")
            assert (await hearing.readuntil(b"\r\n\r\n1")).startswith(b"HTTP/1.1 200")
        await until(served.is_empty)
        async with served.client() as (reader, writer):
            writer.write(POST % (b"api", 1) + b"x")
            assert (await reader.readuntil(b"\r\n\r\n1")).startswith(b"HTTP/1.1 200")


async def test_what_is_no_http_is_answered_400() -> None:
    async with serving(_LONG) as served, served.client() as (reader, writer):
        writer.write(b"\x16\x03\x01 nothing that we speak\r\n\r\n" + bytes(100_000))
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code":"malformed"' in answer


async def test_what_is_no_http_does_not_cost_the_request_before_it_its_answer() -> None:
    async with serving(_LONG) as served, served.client() as (reader, writer):
        writer.write(POST % (b"api", 3) + b"abc\x16\x03\x01 nothing that we speak\r\n\r\n")
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer


async def test_a_head_without_end_does_not_fill_the_memory() -> None:
    async with serving(_LONG) as served, served.client() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 200_000)
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400")


async def test_requests_sent_together_are_all_answered() -> None:
    async with serving(_SHORT) as served, served.client() as (reader, writer):
        writer.write(b"".join(POST % (b"api", 2) + b"ab" for _ in range(20)))
        for _ in range(20):
            assert (await reader.readuntil(b"\r\n\r\n2")).startswith(b"HTTP/1.1 200")
