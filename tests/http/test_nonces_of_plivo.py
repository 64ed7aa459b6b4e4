"""A nonce that Plivo signed by V2, which covers nothing of the message, is good for one event.

Source: https://docs.plivo.com/docs/messaging/concepts/signature-validation
"""

import hmac
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from whole_house import LONG_AGO, ChannelPlan, House, KeyPlan, open_house, url_of

from domain.channel import SignatureMode
from domain.delivery import Delivery
from domain.form import FORM

TOKEN = "the account's auth token"


@asynccontextmanager
async def plivo_house(database_url: str, mode: SignatureMode = "enforce") -> AsyncGenerator[House]:
    plan = ChannelPlan(
        name="support",
        provider="plivo",
        kind="sms",
        own_address="+14155550199",
        signature_mode=mode,
        secrets=(TOKEN,),
    )
    async with open_house(database_url, [plan], {"reader": KeyPlan()}) as house:
        yield house


def signed_by_v2(house: House, nonce: str, uuid: str, text: str, **headers: str) -> Delivery:
    url = url_of(house.channels["support"])
    digest = hmac.digest(TOKEN.encode(), f"{url}{nonce}".encode(), "sha256")
    form = {"MessageUUID": uuid, "From": "14155550100", "To": "14155550199", "Text": text}
    return Delivery(
        method="POST",
        url=url,
        headers={
            "content-type": FORM,
            "x-plivo-signature-v2": b64encode(digest).decode(),
            "x-plivo-signature-v2-nonce": nonce,
        }
        | {name.replace("_", "-"): value for name, value in headers.items()},
        body=urlencode(form).encode(),
        received_at=LONG_AGO,
    )


async def previews(house: House) -> list[str]:
    response = await house.get("/api/conversations")
    return [item["last_message"]["preview"] for item in response.json()["items"]]


async def test_a_captured_nonce_posts_no_other_text(database_url: str) -> None:
    async with plivo_house(database_url) as house:
        sent = signed_by_v2(house, "1", "a-message", "Hello")
        for delivery in (sent, sent, signed_by_v2(house, "1", "another", "Forged")):
            assert (await house.post(delivery)).status_code == 200
        assert await house.work() == 1
        assert await previews(house) == ["Hello"]


async def test_each_nonce_brings_a_text(database_url: str) -> None:
    async with plivo_house(database_url) as house:
        for number in ("1", "2"):
            await house.post(signed_by_v2(house, number, f"message-{number}", "Hello"))
        assert await house.work() == 2


async def test_v3_beside_it_uses_the_nonce_up(database_url: str) -> None:
    async with plivo_house(database_url) as house:
        forged = signed_by_v2(house, "1", "another", "Forged")
        await house.post(by_both(house, "1", "a-message", "Hello"))
        assert (await house.post(forged)).status_code == 200
        assert await house.work() == 1
        assert await previews(house) == ["Hello"]


def by_both(house: House, nonce: str, uuid: str, text: str) -> Delivery:
    by_v2 = signed_by_v2(house, nonce, uuid, text)
    fields = [("From", "14155550100"), ("MessageUUID", uuid), ("Text", text), ("To", "14155550199")]
    base = f"{by_v2.url}?{''.join(name + value for name, value in fields)}.{nonce}"
    digest = hmac.digest(TOKEN.encode(), base.encode(), "sha256")
    return signed_by_v2(
        house,
        nonce,
        uuid,
        text,
        x_plivo_signature_v3=b64encode(digest).decode(),
        x_plivo_signature_v3_nonce=nonce,
    )


@pytest.mark.parametrize("length", [1, 5_000])
async def test_a_nonce_that_nobody_verified_counts_for_nothing(
    length: int, database_url: str
) -> None:
    async with plivo_house(database_url, "off") as house:
        for uuid in ("a-message", "another"):
            delivery = signed_by_v2(house, "1" * length, uuid, "Hello")
            assert (await house.post(delivery)).status_code == 200
        assert await house.work() == 2
