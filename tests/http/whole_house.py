"""The whole application in this process: real routes, real Postgres, no server and no sockets.

Whoever uses it posts deliveries, lets the worker drain the queue, and reads the API.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import respx

from app.clock import utc_now
from app.ids import new_id, new_token
from app.settings import Settings
from app.web import build_app
from domain.agent import Role
from domain.api_key import hash_key
from domain.channel import Channel, ChannelKind, SignatureMode
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from domain.webhook_url import webhook_url
from providers import FETCHERS, REGISTRY
from store.agents import find_agent_by_name, insert_agent
from store.api_keys import insert_key
from store.channels import StoredChannel, insert_channel
from store.database import Connection, connect
from worker.background.jobs import step_job
from worker.background.repeating import BackgroundConfig
from worker.config import WorkerConfig
from worker.fetching.config import FetcherConfig
from worker.fetching.fetcher import fetch_next, open_fetch_client
from worker.loop import drain

PUBLIC_URL = "https://inlet.test"
MAX_BODY_BYTES = 64 * 1024
LONG_AGO = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
SECRET_KEY = "a secret key of the tests"
_OTHER_CUSTOMERS = b"INSERT INTO customers (id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_TAKE_IDS = b"SELECT nextval(pg_get_serial_sequence('customers', 'id')) FROM generate_series(1, %s)"
_READ_NOTHING = b"UPDATE agents SET read_from = '2000-01-01' WHERE customer_id = %s AND id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """A channel that a house has. `secrets` and the `credential` are in the clear."""

    name: str
    provider: str
    kind: ChannelKind
    own_address: str
    further_addresses: tuple[str, ...] = ()
    customer: int = 1
    region: str = "US"
    signature_mode: SignatureMode = "off"
    secrets: tuple[str, ...] = ()
    credential: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """A key that a house lets in; its text is made of its name.

    With an `agent`, who is made with this `role` where there is none of that name, it is theirs.
    """

    customer: int = 1
    scopes: tuple[str, ...] = ("conversations:read",)
    agent: str | None = None
    role: Role = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The running application, its channels by name, and a client of it.

    `serve_again` runs the application once more on the same database, as another web process does.
    """

    database_url: str
    client: httpx.AsyncClient
    channels: Mapping[str, Channel]
    serve_again: Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]

    async def post(
        self, delivery: Delivery, client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        return await (client or self.client).request(
            delivery.method, delivery.url, headers=dict(delivery.headers), content=delivery.body
        )

    async def get(self, path: str, key: str | None = "reader") -> httpx.Response:
        return await self.client.get(path, headers=bearer(key))

    async def work(self, kept: Mapping[str, FetchAnswer] | None = None) -> int:
        """Let a worker process whatever is due; return how many events there were.

        Where a provider is asked for what it keeps, `kept` are its answers by URL.
        """
        count = await drain(_worker_config(self.database_url))
        if kept and await self._fetch(kept):
            await drain(_worker_config(self.database_url))
        return count

    async def _fetch(self, kept: Mapping[str, FetchAnswer]) -> int:
        """Fetch for the events that wait; return how many there were."""
        config = FetcherConfig(
            connect=lambda: connect(self.database_url, "tests"),
            providers=FETCHERS,
            sealer=Sealer(SECRET_KEY),
            retry=RetryPolicy(max_retries=3, backoff_base_ms=1000),
            random=lambda: 0.5,
            clock=utc_now,
            on_commit=lambda: None,
        )
        count = 0
        with respx.mock(assert_all_called=False) as provider:
            for url, answer in kept.items():
                provider.get(url).respond(
                    answer.status, headers=dict(answer.headers), content=answer.body
                )
            async with (
                await connect(self.database_url, "tests") as conn,
                open_fetch_client(config) as client,
            ):
                while await fetch_next(conn, client, config):
                    count += 1
        return count

    async def work_on_jobs(self) -> None:
        """Let a worker do whatever job is to be done."""
        config = BackgroundConfig(
            connect=lambda: connect(self.database_url, "tests"),
            clock=utc_now,
            new_id=new_id,
            on_commit=lambda: None,
        )
        async with await connect(self.database_url, "tests") as conn:
            while await step_job(conn, config):
                pass

    async def event_statuses(self) -> list[str]:
        """List what became of every event, oldest first."""
        query = b"SELECT status FROM inbound_event_status ORDER BY event_id"
        async with await connect(self.database_url, "tests") as conn:
            return [row[0] for row in await (await conn.execute(query)).fetchall()]


def bearer(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key_text(key)}"} if key else {}


def key_text(name: str) -> str:
    return f"inlet_test_{name}"


def url_of(channel: Channel) -> str:
    return webhook_url(PUBLIC_URL, channel)


@asynccontextmanager
async def open_house(
    database_url: str,
    channels: Sequence[ChannelPlan],
    keys: Mapping[str, KeyPlan],
    files: Settings | None = None,
) -> AsyncGenerator[House]:
    """Furnish an emptied database and run the application on it; `files` says where files lie."""
    settings = replace(
        files or Settings(files="database"),
        public_url=PUBLIC_URL,
        secret_key=SECRET_KEY,
        max_body_bytes=MAX_BODY_BYTES,
        spool_max_bytes=0,
    )
    made = await _furnish(database_url, channels, keys)
    async with _serving(settings, database_url) as client:
        yield House(
            database_url=database_url,
            client=client,
            channels=made,
            serve_again=lambda: _serving(settings, database_url),
        )


@asynccontextmanager
async def _serving(settings: Settings, database_url: str) -> AsyncGenerator[httpx.AsyncClient]:
    app = build_app(settings, database_url, Sealer(SECRET_KEY))
    transport = httpx.ASGITransport(app=app)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


async def _furnish(
    database_url: str, plans: Sequence[ChannelPlan], keys: Mapping[str, KeyPlan]
) -> dict[str, Channel]:
    made = {plan.name: _channel(plan) for plan in plans}
    sealer = Sealer(SECRET_KEY)
    async with await connect(database_url, "tests") as conn:
        others = {one.customer for one in (*plans, *keys.values())} - {1}
        for customer in others:
            await conn.execute(_OTHER_CUSTOMERS, (customer, f"customer {customer}"))
        if others:  # whoever is added later has an id of their own
            await conn.execute(_TAKE_IDS, (max(others),))
        for channel in made.values():
            sealed = (
                sealer.seal(channel.secrets, channel.secrets_place) if channel.secrets else None
            )
            credential = (
                sealer.seal([channel.credential], channel.credential_place)
                if channel.credential
                else None
            )
            stored = StoredChannel(
                channel=channel, sealed_secrets=sealed, sealed_credential=credential
            )
            await insert_channel(conn, stored)
        for name, key in keys.items():
            agent_id = await _agent(conn, key)
            await insert_key(
                conn,
                customer_id=key.customer,
                key_id=new_id(),
                name=name,
                key_hash=hash_key(key_text(name)),
                scopes=key.scopes,
                agent_id=agent_id,
            )
    return made


async def _agent(conn: Connection, key: KeyPlan) -> str | None:
    """Find or make the agent of a key; everything of before them is unread."""
    if key.agent is None:
        return None
    agent_id = new_id()
    made = await insert_agent(conn, key.customer, agent_id, key.agent, key.role)
    found = made or await find_agent_by_name(conn, key.customer, key.agent)
    assert found is not None
    await conn.execute(_READ_NOTHING, (key.customer, found.id))
    return found.id


def _channel(plan: ChannelPlan) -> Channel:
    return Channel(
        customer_id=plan.customer,
        id=new_id(),
        token=new_token(),
        kind=plan.kind,
        provider=plan.provider,
        name=plan.name,
        own_address=plan.own_address,
        further_addresses=plan.further_addresses,
        region=plan.region,
        signature_mode=plan.signature_mode,
        secrets=plan.secrets,
        credential=plan.credential,
        account=plan.account,
    )


def _worker_config(database_url: str) -> WorkerConfig:
    return WorkerConfig(
        database_url=database_url,
        batch_size=100,
        claim_timeout_seconds=30,
        retry=RetryPolicy(max_retries=3, backoff_base_ms=1000),
        clock=utc_now,
        random=lambda: 0.5,
        poll_seconds=1,
        identity=(new_id(), "tests", 1),
        providers=REGISTRY,
        fetching=frozenset(FETCHERS),
    )
