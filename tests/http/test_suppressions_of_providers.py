"""What each provider says of a bounce or a complaint, and to whom nothing is sent after that."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from bounce_samples import COMPLAINTS, HARD, NOT_SUPPRESSING, WHO, WRITERS, Fields
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from domain.fetching_provider import FetchAnswer
from simulation.sns import CERTIFICATE_URL, TOPIC, certificate
from store.database import connect

_KEPT = {CERTIFICATE_URL: FetchAnswer(status=200, headers={}, body=certificate())}
_STANDING = b"""
    SELECT a.kind, a.value, a.contact_id, s.reason, s.since
    FROM standing_suppressions AS s
    JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
"""
_HAPPENED = datetime(2024, 11, 1, 13, 59, 54, tzinfo=UTC)


@asynccontextmanager
async def house_of(database_url: str, provider: str) -> AsyncGenerator[House]:
    plan = ChannelPlan(
        name="mail",
        provider=provider,
        kind="email",
        own_address="help@example.com",
        account=TOPIC if provider == "ses" else None,
    )
    async with open_house(database_url, [plan], {"reader": KeyPlan()}) as house:
        yield house


async def receive(house: House, provider: str, fields: Fields) -> None:
    body, content_type = WRITERS[provider](fields)
    headers = {"content-type": content_type}
    response = await house.client.post(
        url_of(house.channels["mail"]), content=body, headers=headers
    )
    assert response.status_code == 200, response.text
    await house.work(_KEPT)
    assert await house.event_statuses() == ["processed"]


async def standing(house: House) -> list[tuple[Any, ...]]:
    async with await connect(house.database_url, "tests") as conn:
        return await (await conn.execute(_STANDING)).fetchall()


@pytest.mark.parametrize(("provider", "fields"), HARD)
async def test_a_hard_bounce_suppresses(database_url: str, provider: str, fields: Fields) -> None:
    """Of a mail that nobody here sent, too: its provider tells it of the customer's account."""
    async with house_of(database_url, provider) as house:
        await receive(house, provider, fields)
        assert await standing(house) == [("email", WHO, None, "hard_bounce", _HAPPENED)]


@pytest.mark.parametrize(("provider", "fields"), COMPLAINTS)
async def test_a_complaint_suppresses(database_url: str, provider: str, fields: Fields) -> None:
    async with house_of(database_url, provider) as house:
        await receive(house, provider, fields)
        [(_, address, _, reason, _)] = await standing(house)
        assert (address, reason) == (WHO, "complaint")


@pytest.mark.parametrize(("provider", "fields"), NOT_SUPPRESSING)
async def test_what_passes_or_is_not_said_for_sure_suppresses_nobody(
    database_url: str, provider: str, fields: Fields
) -> None:
    async with house_of(database_url, provider) as house:
        await receive(house, provider, fields)
        assert await standing(house) == []


async def test_each_of_several_who_bounced_is_suppressed(database_url: str) -> None:
    named = [{"emailAddress": each} for each in (WHO, "Ben <BEN@Example.org>", "nobody", 7)]
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": named}
    async with house_of(database_url, "ses") as house:
        await receive(house, "ses", {"eventType": "Bounce", "bounce": bounce})
        assert {row[1] for row in await standing(house)} == {WHO, "ben@example.org"}


@pytest.mark.parametrize("written", ["help@example.com", "a@b", "ann@example.org, ben@x.org", "\0"])
async def test_what_is_no_address_of_somebody_else_is_left_out(
    database_url: str, written: str
) -> None:
    async with house_of(database_url, "generic") as house:
        bounced = {"status": "bounced", "is_permanent": True, "recipient": written}
        await receive(house, "generic", bounced)
        assert await standing(house) == []
