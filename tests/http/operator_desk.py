"""An operator before the page: a running house with a good, a broken and a refused delivery."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
from flows import an_sms
from page_house import URL, log_in
from starlette.routing import Router
from whole_house import ChannelPlan, House, KeyPlan, key_text, open_house, url_of

from app.clock import utc_now
from app.ids import new_id, new_token
from domain.channel import Channel
from domain.sealing import Sealer
from domain.web_session import COOKIE
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.operations.page_routes import ops_page_routes
from inbox.operations.quarantine import Inspector
from providers import REGISTRY
from simulation import PLAYED
from store.database import open_pool

_CSRF = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
_CHANNELS = (
    ChannelPlan(name="open", provider="generic", kind="sms", own_address="+14155550199"),
    ChannelPlan(
        name="signed",
        provider="generic",
        kind="sms",
        own_address="+14155550198",
        signature_mode="enforce",
        secrets=("the right secret",),
    ),
)
_KEYS = {
    "operator": KeyPlan(scopes=("operator", "installation:read")),
    "admin": KeyPlan(agent="Ada", role="admin", scopes=("admin",)),
    "reader": KeyPlan(scopes=("conversations:read",)),
    "stranger": KeyPlan(customer=2, scopes=("operator",)),
}
SECRET_TEXT = "Where is my parcel?"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDesk:
    """A browser without scripts that has logged in."""

    house: House

    @property
    def client(self) -> httpx.AsyncClient:
        return self.house.client

    async def get(self, path: str, status: int = 200) -> str:
        response = await self.client.get(path)
        assert response.status_code == status, response.text
        return response.text

    async def send(self, page: str, path: str, **fields: str) -> httpx.Response:
        """Send the form of a page with what it has hidden, as a browser does."""
        hidden = {name: value for name, value in _HIDDEN.findall(page)}
        return await self.client.post(path, data={**hidden, **fields})

    async def csrf(self) -> str:
        found = _CSRF.search(await self.get("/ops"))
        assert found is not None
        return found[1]

    async def deliver(self, name: str, channel: str = "open", secret: str | None = None) -> int:
        """Post one SMS to a channel, signed with another secret where one is given."""
        target: Channel = self.house.channels[channel]
        signer = replace(target, secrets=(secret,)) if secret else target
        delivery = PLAYED["generic"].compose(
            an_sms(name, body=SECRET_TEXT), signer, url_of(target), utc_now()
        )
        return (await self.house.post(delivery)).status_code

    async def deliver_junk(self, count: int = 1) -> None:
        """Post what nobody can read; the worker gives it up at once."""
        for number in range(count):
            response = await self.client.post(
                url_of(self.house.channels["open"]),
                content=b"junk %d" % number,
                headers={"content-type": "application/json"},
            )
            assert response.status_code == 200


@asynccontextmanager
async def open_operator_desk(
    database_url: str, key: str = "operator"
) -> AsyncGenerator[OperatorDesk]:
    """Log in with one of the keys `operator`, `admin`, `reader` and `stranger`."""
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        response = await log_in(house.client, key_text(key))
        assert response.status_code == 303, response.text
        yield OperatorDesk(house=house)


@asynccontextmanager
async def page_without_database() -> AsyncGenerator[httpx.AsyncClient]:
    """Open a browser with a session before a page whose database is away."""
    pool = open_pool("postgresql://nobody@127.0.0.1:9/nothing", "tests", 1)
    shared = Shared(
        pool=pool,
        clock=utc_now,
        new_id=new_id,
        door=KeyDoor(pool, utc_now),
        limits=RateLimits({"api": 0, "search": 0}),
        poke=lambda: None,
        public_url=URL,
    )
    inspector = Inspector(providers=REGISTRY, sealer=Sealer("a secret key of the tests"))
    transport = httpx.ASGITransport(app=Router(ops_page_routes(shared, inspector, new_token)))
    cookies = {COOKIE: "a session"}
    async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=cookies) as client:
        yield client
