"""The whole web process goes on without its database, also when it starts without it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from conftest import OpenConnection
from flows import an_sms, make_channel, until, values
from spool_house import database_away

from app.clock import utc_now
from app.ids import new_id
from app.intake_services import knows_channels
from app.metrics import own_metrics
from app.settings import Settings
from app.web import build_app
from domain.api_key import hash_key
from domain.channel import Channel
from domain.sealing import Sealer
from domain.webhook_url import webhook_url
from simulation import PLAYED
from store.api_keys import insert_key
from store.database import Connection

_KEY = "a secret key of the tests"
_SECRET = "whsec_bmV3IHNlY3JldA=="
_URL = "https://inlet.test"
_NAMES = b"SELECT provider_message_id FROM inbound_events ORDER BY 1"
_ENFORCE = b"UPDATE channels SET secrets = %s, signature_mode = 'enforce' WHERE id = %s"


@asynccontextmanager
async def _web(database_url: str, data_dir: Path) -> AsyncGenerator[httpx.AsyncClient]:
    app = build_app(_settings(data_dir), database_url, Sealer(_KEY))
    async with (
        app.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=_URL) as client,
    ):
        yield client


def _settings(data_dir: Path) -> Settings:
    return Settings(public_url=_URL, secret_key=_KEY, data_dir=data_dir)


async def _strict_channel(conn: Connection) -> Channel:
    channel = await make_channel(conn, "sms")
    await conn.execute(_ENFORCE, (Sealer(_KEY).seal([_SECRET], channel.secrets_place), channel.id))
    return replace(channel, secrets=(_SECRET,), signature_mode="enforce")


async def _post(client: httpx.AsyncClient, channel: Channel, name: str) -> int:
    url = webhook_url(_URL, channel)
    delivery = PLAYED[channel.provider].compose(an_sms(name), channel, url, utc_now())
    async with asyncio.timeout(120):
        reply = await client.request(
            delivery.method, url, headers=dict(delivery.headers), content=delivery.body
        )
    if reply.status_code == 503:
        assert reply.headers["retry-after"]
    return reply.status_code


async def _readiness(client: httpx.AsyncClient) -> tuple[int, str, str]:
    reply = await client.get("/readyz")
    return reply.status_code, reply.json()["status"], reply.json()["database"]


def _figure(name: str) -> float:
    page = own_metrics().decode()
    [line] = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


async def test_a_web_process_that_starts_without_its_database(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        channel = await _strict_channel(conn)
        async with _web(database_url, tmp_path) as client:
            assert await _post(client, channel, "before") == 200

            async def is_copied() -> bool:
                return (tmp_path / "spool" / "channels.json").exists()

            await until(is_copied)
        assert knows_channels(_settings(tmp_path))
        assert not knows_channels(replace(_settings(tmp_path), spool_max_bytes=0))
        assert not knows_channels(_settings(tmp_path / "elsewhere"))
        async with database_away(database_url):
            async with _web(database_url, tmp_path) as client:
                assert [await _post(client, channel, name) for name in "ab"] == [200, 200]
                assert await _readiness(client) == (200, "ready", "away")
                assert await _post(client, replace(channel, secrets=("wrong",)), "c") == 401
                assert await _post(client, replace(channel, token="x" * 24), "d") == 503
                assert _figure("ingest_spool_rows") == 2
                assert _figure("ingest_database_away") == 1
            async with _web(database_url, tmp_path) as client:
                assert await _post(client, channel, "e") == 200
                assert _figure("ingest_spool_rows") == 3
        async with _web(database_url, tmp_path) as client:

            async def has_all() -> bool:
                return await values(conn, _NAMES) == ["a", "b", "before", "e"]

            async def is_back() -> bool:
                return _figure("ingest_database_away") == 0

            await until(has_all)
            assert await _post(client, channel, "a") == 200
            await until(is_back)


async def test_without_a_spool_it_is_not_ready(database_url: str, tmp_path: Path) -> None:
    app = build_app(replace(_settings(tmp_path), spool_max_bytes=0), database_url, Sealer(_KEY))
    transport = httpx.ASGITransport(app=app)
    async with (
        database_away(database_url),
        app.running(),
        httpx.AsyncClient(transport=transport, base_url=_URL) as client,
    ):
        assert await _readiness(client) == (503, "not_ready", "away")


async def test_the_database_goes_and_comes_back_under_a_running_web_process(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn, _web(database_url, tmp_path) as client:
        channel = await _strict_channel(conn)
        sent = 0
        for _ in range(3):
            assert await _post(client, channel, f"{sent}") == 200
            async with database_away(database_url):
                names = [f"{sent + number}" for number in range(1, 20)]
                answers = await asyncio.gather(*(_post(client, channel, name) for name in names))
                assert set(answers) == {200}
            sent += 20

            async def has_all(count: int = sent) -> bool:
                return len(await values(conn, _NAMES)) == count

            await until(has_all)


async def _metrics(client: httpx.AsyncClient, key: str) -> httpx.Response:
    return await client.get("/metrics", headers={"authorization": f"Bearer {key}"})


async def test_a_key_that_is_known_opens_the_metrics_without_the_database(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        for name, scope in (
            ("known", "installation:read"),
            ("unknown", "installation:read"),
            ("wrong", "operator"),
        ):
            await insert_key(
                conn,
                customer_id=1,
                key_id=new_id(),
                name=name,
                key_hash=hash_key(name),
                scopes=[scope],
            )
        async with _web(database_url, tmp_path) as client:
            statuses = [(await _metrics(client, key)).status_code for key in ("known", "wrong")]
            assert statuses == [200, 403]
            async with database_away(database_url):
                known = await _metrics(client, "known")
                assert (known.status_code, "ingest_spool_rows" in known.text) == (200, True)
                assert (await client.get("/metrics")).status_code == 401
                statuses = [
                    (await _metrics(client, key)).status_code for key in ("wrong", "unknown")
                ]
                assert statuses == [403, 503]
