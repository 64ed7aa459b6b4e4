"""Events whose provider keeps a part: fetched once, read like others, given up at the deadline."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import respx
from conftest import OpenConnection
from flows import NOW, a_channel, count_of, groups, make_due, record, values, worker_config
from keeping_provider import API, FILES, Keeper
from rebuilding import rebuild_config

from domain.channel import Channel
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from store.channels import StoredChannel, insert_channel
from store.database import Connection, connect
from store.rebuild import Scope
from store.retention import forget_events
from worker.fetching.config import FetcherConfig
from worker.fetching.fetcher import fetch_next, open_fetch_client, run_fetcher
from worker.loop import drain
from worker.rebuild.rebuild import rebuild

SEALER = Sealer("a secret key of the tests")
FILE = f"{FILES}/raw/1?signature=abc"
WHOLE = msgspec.json.encode(
    {"from": "+14155550101", "to": "+14155550199", "provider_message_id": "m-1", "body": "Kept"}
)
_STATUS = b"SELECT concat_ws(' ', status, error_class) FROM inbound_event_status"


async def _channel(conn: Connection) -> Channel:
    channel = a_channel("kept")
    stored = StoredChannel(
        channel=channel,
        sealed_secrets=None,
        sealed_credential=SEALER.seal(["an API key"], channel.credential_place),
    )
    await insert_channel(conn, stored)
    return channel


async def _receive(conn: Connection, received_at: datetime = NOW) -> str:
    """Let a message come in of which the provider tells the id alone."""
    channel = await _channel(conn)
    [event_id] = await record(
        conn, channel, b'{"provider_message_id": "m-1"}', received_at=received_at
    )
    return event_id


async def _work(database_url: str) -> None:
    config = worker_config(database_url, providers={"generic": Keeper()})
    await drain(replace(config, fetching=frozenset({"generic"})))


def _config(database_url: str, now: Callable[[], datetime]) -> FetcherConfig:
    return FetcherConfig(
        connect=lambda: connect(database_url, "tests"),
        providers={"generic": Keeper()},
        sealer=SEALER,
        retry=RetryPolicy(max_retries=2, backoff_base_ms=600_000),
        random=lambda: 0.0,
        clock=now,
        on_commit=lambda: None,
    )


async def _fetch(
    database_url: str, conn: Connection, now: Callable[[], datetime] = lambda: NOW
) -> int:
    """Fetch whatever is due; return for how many events."""
    config = _config(database_url, now)
    count = 0
    async with open_fetch_client(config) as client:
        while await fetch_next(conn, client, config):
            count += 1
    return count


def _tells_where(provider: respx.Router, url: str = FILE) -> respx.Route:
    return provider.get(f"{API}/m-1").mock(return_value=httpx.Response(200, json={"url": url}))


async def test_what_is_fetched_is_read_like_any_message(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        credentials: list[str | None] = []

        def answer(request: httpx.Request) -> httpx.Response:
            credentials.append(request.headers.get("authorization"))
            if request.url == FILE:
                return httpx.Response(200, content=WHOLE)
            return httpx.Response(200, json={"url": FILE})

        provider.get(f"{API}/m-1").mock(side_effect=answer)
        provider.get(FILE).mock(side_effect=answer)

        await _work(database_url)
        assert await values(conn, _STATUS) == ["received"]
        assert await _fetch(database_url, conn) == 1
        await _work(database_url)

        assert await values(conn, _STATUS) == ["processed"]
        assert await groups(conn) == [("m-1",)]
        assert await values(conn, b"SELECT text FROM bodies") == ["Kept"]
        assert credentials == ["Bearer an API key", None]
        assert await count_of(conn, "inbound_failures") == 0


async def test_nothing_is_fetched_twice(database_url: str, open_connection: OpenConnection) -> None:
    """A rebuild, and an event that is queued again on purpose, have it already."""
    async with open_connection() as conn, respx.mock(assert_all_called=False) as provider:
        event_id = await _receive(conn)
        where = _tells_where(provider)
        provider.get(FILE).mock(return_value=httpx.Response(200, content=WHOLE))
        await _work(database_url)
        await _fetch(database_url, conn)
        await conn.execute(b"UPDATE inbound_queue SET lane = 3 WHERE event_id = %s", [event_id])
        assert await _fetch(database_url, conn) == 1
        await _work(database_url)

        config = replace(rebuild_config(database_url), providers={"generic": Keeper()})
        assert (await rebuild(config, Scope(customer_id=1))).is_equal
        assert where.call_count == 1
        assert await values(conn, b"SELECT body FROM fetched_contents") == [WHOLE]


async def test_a_provider_that_is_away_is_asked_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        answers = [
            httpx.Response(503),
            httpx.ConnectError("away"),
            httpx.Response(200, json={"url": FILE}),
        ]
        provider.get(f"{API}/m-1").mock(side_effect=answers)
        provider.get(FILE).mock(return_value=httpx.Response(200, content=WHOLE))
        await _work(database_url)
        for _ in range(2):
            assert await _fetch(database_url, conn) == 1
            assert await _fetch(database_url, conn) == 0
            assert await values(conn, _STATUS) == ["error fetch_failed"]
            await make_due(conn)
        assert await _fetch(database_url, conn) == 1
        await _work(database_url)
        assert await groups(conn) == [("m-1",)]
        assert await values(conn, b"SELECT detail FROM inbound_failures ORDER BY attempt") == [
            "the provider answered 503",
            "the provider could not be asked (ConnectError)",
        ]


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (httpx.Response(404), "fetch_refused"),
        (httpx.Response(302, headers={"location": "https://evil.test/"}), "fetch_not_allowed"),
        (httpx.Response(302, headers={"location": f"{API}/m-1"}), "fetch_refused"),
        (httpx.Response(200, json={"url": "http://files.keeper.test/raw"}), "fetch_not_allowed"),
        (httpx.Response(200, json={"url": "https://files.keeper.test:8443/"}), "fetch_not_allowed"),
        (httpx.Response(200, json={"url": "https://a@files.keeper.test/"}), "fetch_not_allowed"),
        (httpx.Response(200, json={"url": "https://files.keeper.test.evil/"}), "fetch_not_allowed"),
        (httpx.Response(200, json={"url": "https://127.0.0.1/"}), "fetch_not_allowed"),
        (httpx.Response(200, json={"url": "https://[::1/"}), "fetch_not_allowed"),
        (httpx.Response(200, content=b"x" * (48 * 1024 * 1024 + 1)), "fetch_too_large"),
    ],
)
async def test_what_will_not_be_given_is_a_dead_letter_at_once(
    database_url: str, open_connection: OpenConnection, answer: httpx.Response, error_class: str
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        provider.get(f"{API}/m-1").mock(return_value=answer)
        await _work(database_url)
        assert await _fetch(database_url, conn) == 1
        assert await values(conn, _STATUS) == [f"dead_letter {error_class}"]


async def test_an_event_is_given_up_when_its_provider_no_longer_keeps_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        provider.get(f"{API}/m-1").mock(return_value=httpx.Response(500))
        await _work(database_url)
        for minutes in (0, 20, 40, 59):
            now = NOW + timedelta(minutes=minutes)
            await _fetch(database_url, conn, lambda now=now: now)
            assert await values(conn, _STATUS) == ["error fetch_failed"]
            await make_due(conn)
        await _fetch(database_url, conn, lambda: NOW + timedelta(minutes=59, seconds=40))
        assert await values(conn, _STATUS) == ["dead_letter fetch_expired"]


async def test_what_is_no_message_is_a_dead_letter(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        _tells_where(provider)
        provider.get(FILE).mock(return_value=httpx.Response(200, content=b"<html>"))
        await _work(database_url)
        await _fetch(database_url, conn)
        await _work(database_url)
        assert await values(conn, _STATUS) == ["dead_letter unreadable"]


async def test_who_lost_the_lease_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The lease ends while the provider answers, and somebody else fetches to the end."""
    async with open_connection() as conn, open_connection() as other, respx.mock() as provider:
        await _receive(conn)
        _tells_where(provider)
        answers = iter([b"<html>", WHOLE])

        async def slowly(_: httpx.Request) -> httpx.Response:
            mine = next(answers)
            if mine != WHOLE:
                await make_due(other)
                assert await _fetch(database_url, other) == 1
            return httpx.Response(200, content=mine)

        provider.get(FILE).mock(side_effect=slowly)
        await _work(database_url)
        await _fetch(database_url, conn)
        assert await values(conn, b"SELECT body FROM fetched_contents") == [WHOLE]
        await _work(database_url)
        assert await groups(conn) == [("m-1",)]


async def test_a_receipt_is_read_at_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn)
        body = b'{"type": "receipt", "provider_message_id": "m-2", "status": "delivered"}'
        await record(conn, channel, body)
        await _work(database_url)
        assert await values(conn, _STATUS) == ["processed"]


async def test_what_was_fetched_is_forgotten_with_its_event(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        _tells_where(provider)
        provider.get(FILE).mock(return_value=httpx.Response(200, content=WHOLE))
        await _work(database_url)
        await _fetch(database_url, conn)
        await _work(database_url)
        async with conn.transaction():
            done = await forget_events(conn, 1, datetime.now(UTC) + timedelta(days=1), None, 10)
        assert done.gone == 1
        assert await count_of(conn, "fetched_contents") == 0
        assert await groups(conn) == [("m-1",)]


async def test_who_has_nothing_to_fetch_holds_one_connection(database_url: str) -> None:
    stop, connections = asyncio.Event(), 0

    async def counted() -> Connection:
        nonlocal connections
        connections += 1
        conn = await connect(database_url, "tests")
        stop.set()
        return conn

    await run_fetcher(replace(_config(database_url, lambda: NOW), connect=counted), stop)
    assert connections == 1


async def test_what_waits_is_fetched_until_told_to_stop(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        _tells_where(provider)
        provider.get(FILE).mock(return_value=httpx.Response(200, content=WHOLE))
        await _work(database_url)
        stop = asyncio.Event()
        await run_fetcher(replace(_config(database_url, lambda: NOW), on_commit=stop.set), stop)
        assert await values(conn, b"SELECT body FROM fetched_contents") == [WHOLE]


@pytest.mark.parametrize(("most", "status"), [(2, "received"), (3, "dead_letter fetch_too_large")])
async def test_all_answers_for_one_event_have_a_size_together(
    database_url: str, open_connection: OpenConnection, most: int, status: str
) -> None:
    """Many files of 16 MiB each would not fit into the memory of a worker."""
    async with open_connection() as conn, respx.mock() as provider:
        await _receive(conn)
        padding = " " * (16 * 1024 * 1024)
        steps = [
            httpx.Response(302, headers={"location": f"{API}/m-1"}, content=padding.encode())
            for _ in range(most)
        ]
        found = httpx.Response(200, json={"url": FILE})
        provider.get(f"{API}/m-1").mock(side_effect=[*steps, found])
        await _work(database_url)
        await _fetch(database_url, conn)
        assert await values(conn, _STATUS) == [status]
