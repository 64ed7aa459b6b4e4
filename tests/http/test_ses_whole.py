"""Mails and subscriptions of SES through the whole house, and the password in its URL.

Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-examples.html,
https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html.
"""

from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from contract import check_response
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from app.clock import utc_now
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from simulation.sns import CERTIFICATE_URL, TOPIC, certificate, notification
from store.database import connect
from tests.unit import ses_samples

PASSWORD = "correct-horse"  # not of anybody's
KEPT = {CERTIFICATE_URL: FetchAnswer(status=200, headers={}, body=certificate())}
MAIL = b"""From: Ann <ann@example.org>\r
To: list@example.net\r
Subject: Order\r
Message-ID: <1@example.org>\r
Date: Fri, 01 Nov 2024 14:00:00 +0000\r
\r
Where is it?\r
"""


@asynccontextmanager
async def house_with(
    database_url: str, account: str | None = TOPIC, further: tuple[str, ...] = ()
) -> AsyncGenerator[House]:
    plan = ChannelPlan(
        name="ses",
        provider="ses",
        kind="email",
        own_address="help@example.com",
        further_addresses=further,
        signature_mode="enforce",
        secrets=(PASSWORD,),
        account=account,
    )
    keys = {"reader": KeyPlan(), "admin": KeyPlan(scopes=("admin",))}
    async with open_house(database_url, [plan], keys) as house:
        yield house


def delivery_to(house: House, body: bytes, password: str = PASSWORD) -> Delivery:
    url = f"{url_of(house.channels['ses'])}?password={password}"
    headers = {"content-type": "text/plain; charset=UTF-8"}
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=utc_now())


def told_of(recipient: str) -> bytes:
    """Write what a rule for one recipient tells of the mail."""
    receipt = {"recipients": [recipient], "action": {"type": "SNS", "encoding": "BASE64"}}
    told = {
        "notificationType": "Received",
        "mail": {"messageId": "d6iitobk75ur44p8kdnnp7g2n800"},
        "receipt": receipt,
        "content": b64encode(MAIL).decode(),
    }
    return notification(told, utc_now())


async def items(house: House, path: str, key: str = "reader") -> list[Any]:
    response = await house.get(path, key)
    check_response(response)
    return response.json()["items"]


async def test_what_several_rules_tell_of_a_mail_is_one_message_to_all(database_url: str) -> None:
    async with house_with(database_url, further=("sales@example.com",)) as house:
        for recipient in ("help@example.com", "sales@example.com", "help@example.com"):
            response = await house.post(delivery_to(house, told_of(recipient)))
            assert response.status_code == 200
            await house.work(KEPT)
        [conversation] = await items(house, "/api/conversations")
        path = f"/api/conversations/{conversation['id']}/messages"
        [message] = await items(house, path)
        assert {each["address"] for each in (*message["to"], *message["bcc"])} == {
            "list@example.net",
            "help@example.com",
            "sales@example.com",
        }
        assert await house.event_statuses() == ["processed"] * 2


async def test_a_channel_whose_topic_is_named_later_has_its_mail(database_url: str) -> None:
    async with house_with(database_url, account=None) as house:
        await house.post(delivery_to(house, told_of("help@example.com")))
        await house.work(KEPT)
        assert await house.event_statuses() == ["error"]
        async with await connect(database_url, "tests") as conn:
            await conn.execute(b"UPDATE channels SET account = %s", [TOPIC])
            await conn.execute(b"UPDATE inbound_queue SET next_attempt_at = now()")
        await house.work(KEPT)
        assert await house.event_statuses() == ["processed"]


@pytest.mark.parametrize("password", [f"{PASSWORD}er", ""])
async def test_no_password_is_kept_or_shown(
    database_url: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong one may be the right one of yesterday."""
    async with house_with(database_url) as house:
        response = await house.post(delivery_to(house, told_of("help@example.com"), password))
        check_response(response)
        assert (response.status_code, response.json()["code"]) == (401, "bad_signature")
        await house.post(delivery_to(house, told_of("help@example.com")))
        metrics = (await house.client.get("/metrics")).text
        [refused] = await items(house, "/api/ops/quarantine", "admin")
        shown = await house.client.get(
            f"/api/ops/quarantine/{refused['id']}?unmasked=true", headers=bearer("admin")
        )
        async with await connect(database_url, "tests") as conn:
            cursor = await conn.execute(
                b"SELECT row_to_json(q)::text FROM quarantined_deliveries AS q"
                b" UNION ALL SELECT row_to_json(e)::text FROM inbound_events AS e"
            )
            rows = [row[0] for row in await cursor.fetchall()]
        assert len(rows) == 2
        assert "?password=***" in rows[0]
        logged = capsys.readouterr()
        everything = [*rows, metrics, shown.text, response.text, logged.out, logged.err]
        assert not any(PASSWORD in text for text in everything)


async def test_a_subscription_is_confirmed_and_a_receipt_is_read_once_both_are_checked(
    database_url: str,
) -> None:
    """What asks for it is an event like a receipt, and changes nothing."""
    confirm = (
        "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3Ainlet"
        "&Token=2336412f37fb687f5d51e6e2425e90ea"
    )
    kept = {
        ses_samples.CERTIFICATE_URL: FetchAnswer(
            status=200, headers={}, body=ses_samples.certificate()
        ),
        confirm: FetchAnswer(status=200, headers={}, body=b"<ConfirmSubscriptionResponse/>"),
    }
    async with house_with(database_url, account=ses_samples.TOPIC) as house:
        for fields in (ses_samples.subscription(), ses_samples.envelope(ses_samples.BOUNCED)):
            response = await house.post(delivery_to(house, msgspec.json.encode(fields)))
            assert response.status_code == 200
        assert await house.work() == 2
        assert await house.event_statuses() == ["received", "received"]
        await house.work(kept)
        assert await house.event_statuses() == ["processed", "processed"]
        assert await items(house, "/api/conversations") == []
