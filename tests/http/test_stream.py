"""The stream as a browser sees it: over a socket, event by event."""

import asyncio
import socket
from itertools import count

import pytest
from contract import check_response
from prometheus_client import REGISTRY
from stream_house import (
    PATIENCE_SECONDS,
    StreamHouse,
    Times,
    append,
    bearer,
    open_stream_house,
    prune_all,
    seqs_of,
)

from domain.errors import Unavailable
from inbox.live.cursor import read_cursor
from inbox.live.outlet import MOST_PENDING_BYTES
from store.changes import cursor_of_now
from store.notifications import notify_changes


async def test_changes_arrive_as_they_are_committed(database_url: str) -> None:
    async with (
        open_stream_house(database_url) as house,
        await house.connect() as conn,
        house.stream() as stream,
    ):
        await append(conn, 1, 2)
        await append(conn, 3)
        events = await stream.events(3)

        assert seqs_of(events) == [1, 2, 3]
        assert {event.type for event in events} == {"message.received"}
        assert all((event.data or {})["cursor"] == event.id for event in events)


async def test_a_stream_is_told_of_its_own_customer_only(database_url: str) -> None:
    async with (
        open_stream_house(database_url) as house,
        await house.connect() as conn,
        house.stream(key="other") as stream,
    ):
        await append(conn, 1)
        await append(conn, 2, customer_id=2)

        assert seqs_of(await stream.events(1)) == [2]


async def test_what_commits_late_is_told_in_its_place(database_url: str) -> None:
    """A change behind an open transaction waits for it, and no longer."""
    async with (
        open_stream_house(database_url, Times(poll_seconds=30)) as house,
        await house.connect() as slow,
        await house.connect() as quick,
        house.stream() as stream,
    ):
        async with slow.transaction():
            await append(slow, 1)
            await append(quick, 2)
            await notify_changes(quick)

        assert seqs_of(await stream.events(2)) == [1, 2]


async def test_a_client_that_comes_back_misses_nothing(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        async with house.stream() as stream:
            await append(conn, 1, 2, 3)
            first = await stream.events(2)
        await append(conn, 4)
        async with house.stream(last_id=first[-1].id) as stream:
            await append(conn, 5)

            assert seqs_of(await stream.events(3)) == [3, 4, 5]
        async with house.stream(f"?after={first[0].id}") as stream:
            assert seqs_of(await stream.events(4)) == [2, 3, 4, 5]


async def test_a_header_counts_for_more_than_the_address(database_url: str) -> None:
    """An EventSource comes back to the address that it was made with."""
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        async with house.stream() as stream:
            await append(conn, 1, 2)
            first, second = await stream.events(2)
        async with house.stream(f"?after={first.id}", last_id=second.id) as stream:
            await append(conn, 3)

            assert seqs_of(await stream.events(1)) == [3]


async def test_a_cursor_that_is_too_old_resets(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        async with house.stream() as stream:
            await append(conn, 1, 2)
            first = await stream.next_event()
            assert first is not None
        await prune_all(conn)
        async with house.stream(last_id=first.id) as stream:
            reset = await stream.next_event()
            await append(conn, 3)
            following = await stream.next_event()

            assert reset is not None
            assert (reset.type, reset.data) == ("reset", {"cursor": reset.id})
            assert following is not None
            assert seqs_of([following]) == [3]


@pytest.mark.parametrize("garbled", ["nonsense", "AQAAAAAAAAAAAAAAAAAAAAAA", "!"])
async def test_an_id_that_is_none_of_ours_resets(database_url: str, garbled: str) -> None:
    """A refusal would make an EventSource give up for good."""
    async with open_stream_house(database_url) as house, house.stream(last_id=garbled) as stream:
        reset = await stream.next_event()

        assert reset is not None
        assert reset.type == "reset"


async def test_a_silent_stream_shows_life_and_its_cursor_stays_young(database_url: str) -> None:
    async with open_stream_house(database_url, Times(heartbeat_seconds=0.05)) as house:
        async with await house.connect() as conn, house.stream() as stream:
            await append(conn, 1, 2, customer_id=2)
            appended = await cursor_of_now(conn)
            while read_cursor(stream.last_id or "") < appended:
                block = await stream.next_block()
                assert block is not None
                assert (block.comment, block.data) == ("heartbeat", None)
            await prune_all(conn)
            resumed = stream.last_id
        async with await house.connect() as conn, house.stream(last_id=resumed) as stream:
            await append(conn, 3)

            assert seqs_of(await stream.events(1)) == [3]


async def test_a_slow_client_is_reset_and_let_go(database_url: str) -> None:
    """What it does not read is kept up to a bound; then it is told to load everything anew."""
    async with (
        open_stream_house(database_url) as house,
        await house.connect() as conn,
        house.stream() as follower,
    ):
        before = resets()
        sleeper = await open_socket(house)
        for batch in count():
            assert batch < 300
            await append(conn, *range(batch * 200, batch * 200 + 200))
            await follower.events(200)
            if resets() > before:
                break
        received = b""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while chunk := await loop.sock_recv(sleeper, 1 << 20):
                received += chunk
                if received.endswith(b"\r\n0\r\n\r\n"):
                    break
        sleeper.close()

        assert received.count(b"event: reset") == 1
        assert len(received) < 300 * 200 * 300
        assert len(received) > MOST_PENDING_BYTES


def resets() -> float:
    return REGISTRY.get_sample_value("live_resets_total") or 0


async def open_socket(house: StreamHouse) -> socket.socket:
    """Open a stream and read nothing of it."""
    loop = asyncio.get_running_loop()
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.setblocking(False)
    await loop.sock_connect(sleeper, ("127.0.0.1", house.port))
    authorization = bearer("reader")["authorization"]
    request = f"GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
    await loop.sock_sendall(sleeper, request.encode())
    await house.until_open(2)
    return sleeper


async def test_streams_end_at_once_when_the_process_stops(database_url: str) -> None:
    async with open_stream_house(database_url) as house, house.stream() as stream:
        house.server.should_exit = True
        async with asyncio.timeout(120):
            assert await stream.next_event() is None


async def test_no_stream_is_opened_while_the_process_stops(database_url: str) -> None:
    async with open_stream_house(database_url) as house:
        house.feed.close()
        response = await house.get("/api/stream")

        assert (response.status_code, response.json()["code"]) == (503, Unavailable.code)
        check_response(response)


async def test_a_lost_database_connection_costs_nothing(database_url: str) -> None:
    async with (
        open_stream_house(database_url) as house,
        await house.connect() as conn,
        house.stream() as stream,
    ):
        await append(conn, 1)
        assert seqs_of(await stream.events(1)) == [1]
        await conn.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE application_name = 'tests feed' AND datname = current_database()"
        )
        await append(conn, 2)

        assert seqs_of(await stream.events(1)) == [2]


async def test_a_stream_is_refused_without_a_key_or_with_a_strange_query(
    database_url: str,
) -> None:
    async with open_stream_house(database_url) as house:
        refused = await house.client.get("/api/stream")
        strange = await house.get("/api/stream?since=1")
        garbled = await house.get("/api/stream?after=1")

        assert [answer.status_code for answer in (refused, strange, garbled)] == [401, 400, 400]
        for response in (refused, strange, garbled):
            check_response(response)


async def test_a_head_request_opens_no_stream(database_url: str) -> None:
    async with open_stream_house(database_url) as house:
        response = await house.client.head("/api/stream", headers=bearer("reader"))

        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no"
        assert "no-store" in response.headers["cache-control"]
