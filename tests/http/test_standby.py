"""A web process on a standby: what is there is read, nothing is written, and it says so."""

import httpx
from flows import an_sms
from scratch_folders import scratch_folder
from standby import standby_of
from whole_house import PUBLIC_URL, SECRET_KEY, ChannelPlan, KeyPlan, bearer, open_house, url_of

from app.clock import utc_now
from app.embedded_postgres import embedded_postgres
from app.migrations import apply_migrations
from app.settings import Settings
from app.web import build_app
from domain.sealing import Sealer
from simulation import PLAYED

_SMS = ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199")
_KEYS = {"writer": KeyPlan(agent="Ada", role="admin", scopes=("admin",))}


async def test_a_standby_is_read_and_says_that_it_is_one() -> None:
    with (
        scratch_folder("inlet-primary-") as folder,
        embedded_postgres(folder) as url,
    ):
        await apply_migrations(url)
        async with open_house(url, [_SMS], _KEYS) as house:
            channel = house.channels["sms"]
            first = PLAYED["generic"].compose(an_sms("1"), channel, url_of(channel), utc_now())
            assert (await house.post(first)).status_code == 200
            await house.work()
        with standby_of(url, folder) as standby:
            settings = Settings(
                public_url=PUBLIC_URL, secret_key=SECRET_KEY, data_dir=folder / "web"
            )
            app = build_app(settings, standby.url, Sealer(SECRET_KEY))
            async with (
                app.running(),
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app),
                    base_url=PUBLIC_URL,
                    headers=bearer("writer"),
                ) as client,
            ):
                listed = (await client.get("/api/conversations")).json()["items"]
                assert [item["message_count"] for item in listed] == [1]
                ready = await client.get("/readyz")
                assert (ready.status_code, ready.json()["database"]) == (200, "standby")
                answer = await client.post(
                    f"/api/conversations/{listed[0]['id']}/notes", json={"text": "Hello"}
                )
                assert answer.status_code == 503
                second = PLAYED["generic"].compose(an_sms("2"), channel, url_of(channel), utc_now())
                kept = await client.post(second.url, content=second.body, headers=second.headers)
                assert kept.status_code == 200
                spools = (folder / "web" / "spool").glob("*.sqlite")
                assert sum(path.stat().st_size for path in spools) > 0
