"""A delivery that was refused for a wrong secret becomes a message once that is mended."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from contract import check_response
from flows import an_sms, until, values
from whole_house import SECRET_KEY, ChannelPlan, House, KeyPlan, open_house, url_of

from app.clock import utc_now
from app.ids import new_id
from domain.actor import Actor
from domain.delivery import Delivery
from domain.recovery import EventSelection, Order
from domain.sealing import Sealer
from inbox.operations.quarantine import Inspector, release_quarantined
from inbox.operations.recovery import recover
from providers import REGISTRY
from simulation import PLAYED
from store.channels import set_channel_secrets
from store.database import connect
from store.quarantine import QuarantineFilter, list_quarantined

_SEALER = Sealer(SECRET_KEY)
_KEYS = {"reader": KeyPlan(), "lead": KeyPlan(scopes=("inbox:manage",))}
_OPERATOR = Actor(customer_id=1)


def _delivery(house: House) -> Delivery:
    """Write what the provider posts, signed with the secret that the channel does not have."""
    channel = house.channels["sms"]
    signing = replace(channel, secrets=("the right one",))
    message = an_sms("SM1", body="Grüße & mehr")
    return PLAYED[channel.provider].compose(message, signing, url_of(channel), utc_now())


async def _mend(house: House) -> None:
    async with await connect(house.database_url, "tests") as conn:
        sealed = _SEALER.seal(("the right one",), house.channels["sms"].secrets_place)
        await set_channel_secrets(conn, 1, house.channels["sms"].id, sealed)


async def _release(house: House) -> None:
    inspector = Inspector(providers=REGISTRY, sealer=_SEALER)
    async with await connect(house.database_url, "tests") as conn, conn.transaction():
        (kept,) = await list_quarantined(conn, 1, QuarantineFilter(), limit=9)
        await release_quarantined(
            conn, _OPERATOR, kept.id, inspector, reason="mended", new_id=new_id
        )


async def _items(house: House) -> list[Mapping[str, Any]]:
    response = await house.get("/api/conversations")
    check_response(response)
    return response.json()["items"]


@pytest.mark.parametrize("provider", ["generic", "twilio"])
async def test_a_refused_delivery_becomes_a_message_once(database_url: str, provider: str) -> None:
    plan = ChannelPlan(
        name="sms",
        provider=provider,
        kind="sms",
        own_address="+14155550199",
        signature_mode="enforce",
        secrets=("a wrong one",),
    )
    async with open_house(database_url, [plan], _KEYS) as house:
        delivery = _delivery(house)
        assert (await house.post(delivery)).status_code == 401
        await _mend(house)
        await _release(house)
        assert await house.work() == 1
        (item,) = await _items(house)
        assert item["last_message"]["preview"] == "Grüße & mehr"

        async def is_accepted() -> bool:
            return (await house.post(delivery)).status_code == 200

        await until(is_accepted)
        assert await house.work() == 0
        assert [item["message_count"] for item in await _items(house)] == [1]


async def test_jobs_about_events_are_no_business_of_the_inbox(database_url: str) -> None:
    plan = ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199")
    async with open_house(database_url, [plan], _KEYS) as house:
        assert (await house.post(_delivery(house))).status_code == 200
        async with await connect(house.database_url, "tests") as conn, conn.transaction():
            done = await recover(
                conn, _OPERATOR, "replay", EventSelection(), Order(), new_id=new_id
            )
            assert await values(conn, b"SELECT kind FROM jobs") == ["replay"]
        assert done.job is not None
        for method, path in (("GET", ""), ("POST", "/cancel")):
            response = await house.client.request(
                method,
                f"/api/jobs/{done.job.id}{path}",
                headers={"authorization": "Bearer inlet_test_lead"},
            )
            check_response(response)
            assert response.status_code == 404
