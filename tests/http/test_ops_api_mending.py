"""How operators look into what went wrong over HTTP and mend it, and what the audit keeps."""

from base64 import b64decode
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from ops_house import KEY, SECRET, Json, ask, get, post
from whole_house import SECRET_KEY, ChannelPlan, House, KeyPlan, open_house, url_of

from domain.sealing import Sealer
from domain.standard_webhooks import sign_standard_webhook
from store.channels import set_channel_secrets
from store.database import connect

_CHANNELS = (
    ChannelPlan(name="texts", provider="generic", kind="sms", own_address="+14155550199"),
    ChannelPlan(
        name="signed",
        provider="generic",
        kind="sms",
        own_address="+14155550198",
        signature_mode="enforce",
        secrets=(SECRET,),
    ),
)
_KEYS = {
    KEY: KeyPlan(scopes=("operator", "audit:read"), agent="Ada", role="admin"),
    "stranger": KeyPlan(customer=2, scopes=("operator",)),
}
_ANN = "+14155550123"
_TEXT = "Where is my parcel"


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        yield house


async def _say(house: House, channel: str, name: str) -> httpx.Response:
    message = {"from": _ANN, "provider_message_id": name, "body": _TEXT}
    return await house.client.post(url_of(house.channels[channel]), json=message)


async def _dead_letters(house: House, count: int) -> list[str]:
    for number in range(count):
        await house.client.post(url_of(house.channels["texts"]), content=f"no {number}".encode())
    await house.work()
    found = await get(house, "/dead-letters")
    return [item["event_id"] for item in found["items"]]


async def _mend_secret(house: House, secret: str) -> None:
    sealed = Sealer(SECRET_KEY).seal([secret], house.channels["signed"].secrets_place)
    async with await connect(house.database_url, "tests") as conn:
        await set_channel_secrets(conn, 1, house.channels["signed"].id, sealed)


async def _audit(house: House, action: str) -> list[Json]:
    response = await house.get(f"/api/audit?action={action}", KEY)
    return response.json()["items"]


async def test_an_event_is_masked_until_somebody_asks(database_url: str) -> None:
    async with _house(database_url) as house:
        await _say(house, "texts", "one")
        await house.work()
        [listed] = (await get(house, "/events"))["items"]
        found = await get(house, f"/events/{listed['id']}")
        assert found["event"] == listed
        assert found["message"]["id"] == listed["id"]
        assert found["receipt"] is found["waiting"] is found["dead_letter"] is None
        assert '"from": "+99999999999"' in found["body"]["masked"]
        assert _ANN not in str(found)
        assert _TEXT not in str(found)
        assert await _audit(house, "event.unmasked") == []
        seen = await get(house, f"/events/{listed['id']}?unmask=true")
        assert _TEXT in seen["body"]["text"]
        assert b64decode(seen["body"]["base64"]).decode() == seen["body"]["text"]
        [entry] = await _audit(house, "event.unmasked")
        assert entry["object_id"] == listed["id"]
        assert entry["agent"]["name"] == "Ada"


async def test_a_dead_letter_shows_its_attempts_and_its_class(database_url: str) -> None:
    async with _house(database_url) as house:
        [event_id] = await _dead_letters(house, 1)
        found = await get(house, f"/events/{event_id}")
        assert [attempt["error_class"] for attempt in found["attempts"]] == ["unreadable"]
        assert found["dead_letter"]["resolution"] is None
        [group] = (await get(house, "/failures"))["items"]
        assert (group["error_class"], group["dead_letters"]) == ("unreadable", 1)
        assert group["sample_id"] == event_id


async def test_retry_counts_first_and_then_does_it(database_url: str) -> None:
    async with _house(database_url) as house:
        ids = await _dead_letters(house, 2)
        selection = {"filter": {"error_class": "unreadable"}}
        counted = await post(house, "/dead-letters/retry", selection | {"dry_run": True})
        assert counted == {"count": 2, "capped": False, "job": None}
        done = await post(house, "/dead-letters/retry", {"ids": ids[:1], "reason": "To see"})
        assert done["count"] == 1
        assert len((await get(house, "/dead-letters"))["items"]) == 1
        [entry] = await _audit(house, "dead_letters.retried")
        assert entry["detail"]["reason"] == "To see"
        found = await get(house, f"/events/{ids[0]}")
        assert found["waiting"]["lane"] == "repeated"
        assert found["dead_letter"]["resolution"] == "retried"


async def test_a_filter_becomes_a_job_that_can_be_stopped(database_url: str) -> None:
    async with _house(database_url) as house:
        await _dead_letters(house, 2)
        order = {"filter": {"error_class": "unreadable"}, "reason": "A scanner"}
        response = await ask(house, "POST", "/dead-letters/drop", order)
        assert response.status_code == 202
        job = response.json()["job"]
        assert (job["kind"], job["total"], job["reason"]) == ("drop", 2, "A scanner")
        assert response.headers["location"] == f"/api/ops/jobs/{job['id']}"
        assert (await get(house, f"/jobs/{job['id']}"))["status"] == "queued"
        assert [listed["id"] for listed in (await get(house, "/jobs?kind=drop"))["items"]] == [
            job["id"]
        ]
        assert (await get(house, "/jobs?kind=replay"))["items"] == []
        assert (await post(house, f"/jobs/{job['id']}/cancel", None))["status"] == "canceled"
        [entry] = await _audit(house, "job.canceled")
        assert entry["object_id"] == job["id"]


async def test_what_is_dropped_waits_for_nobody(database_url: str) -> None:
    async with _house(database_url) as house:
        ids = await _dead_letters(house, 1)
        await post(house, "/dead-letters/drop", {"ids": ids, "reason": "A scanner"})
        assert (await get(house, "/dead-letters"))["items"] == []
        again = await ask(house, "POST", "/dead-letters/drop", {"ids": ids})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_replay_changes_nothing_that_is_right(database_url: str) -> None:
    async with _house(database_url) as house:
        await _say(house, "texts", "one")
        await house.work()
        [event] = (await get(house, "/events"))["items"]
        before = await get(house, f"/events/{event['id']}")
        done = await post(house, "/events/replay", {"ids": [event["id"]]})
        assert done["count"] == 1
        assert await house.work() == 1
        assert await get(house, f"/events/{event['id']}") == before
        unknown = {"ids": ["0198f2c1-9e55-7d02-8a44-6c0f2f7ab999"]}
        response = await ask(house, "POST", "/events/replay", unknown)
        assert response.status_code == 404


async def test_an_order_is_done_once_for_its_key(database_url: str) -> None:
    async with _house(database_url) as house:
        ids = await _dead_letters(house, 1)
        headers = {"authorization": f"Bearer inlet_test_{KEY}", "idempotency-key": "once"}
        for _ in range(2):
            response = await house.client.post(
                "/api/ops/dead-letters/retry", json={"ids": ids}, headers=headers
            )
            assert response.json()["count"] == 1
        assert len(await _audit(house, "dead_letters.retried")) == 1


async def test_wrong_orders_are_refused(database_url: str) -> None:
    async with _house(database_url) as house:
        orders: Sequence[Json] = (
            {},
            {"ids": [], "reason": "x"},
            {"ids": ["x"]},
            {"filter": {}, "ids": ["0198f2c1-9e55-7d02-8a44-6c0f2f7ab999"]},
            {"filter": {"error_class": "a b"}},
            {"filter": {}, "events_per_second": 0},
            {"filter": {}, "reason": "x" * 501},
            {"filter": {}, "colour": "red"},
        )
        for body in orders:
            response = await ask(house, "POST", "/dead-letters/retry", body)
            assert response.status_code == 422, body
        response = await ask(house, "POST", "/events/replay", {"filter": {"error_class": "x"}})
        assert response.status_code == 422


async def test_a_refused_delivery_is_released_once_the_secret_is_right(database_url: str) -> None:
    async with _house(database_url) as house:
        other = "whsec_b3RoZXI="
        body = f'{{"from": "{_ANN}", "provider_message_id": "one", "body": "{_TEXT}"}}'.encode()
        headers = sign_standard_webhook("one", body, other, datetime.now(UTC))
        headers["content-type"] = "application/json"
        channel = house.channels["signed"]
        refused = await house.client.post(url_of(channel), content=body, headers=headers)
        assert refused.status_code == 401
        [listed] = (await get(house, "/quarantine"))["items"]
        assert listed["reason"] == "bad_signature"
        shown = await get(house, f"/quarantine/{listed['id']}")
        assert not shown["check"]["matches"]
        assert shown["check"]["received"]
        assert shown["check"]["expected"] != shown["check"]["received"]
        assert shown["obstacle"]
        assert _TEXT not in str(shown)
        assert channel.token not in str(shown)
        seen = await get(house, f"/quarantine/{listed['id']}?unmask=true")
        assert _TEXT in seen["check"]["base"]
        assert len(await _audit(house, "quarantine.unmasked")) == 1
        release = f"/quarantine/{listed['id']}/release"
        assert (await ask(house, "POST", release, {})).status_code == 409
        await _mend_secret(house, other)
        released = await post(house, release, {"reason": "The secret was rotated"})
        assert released["signature"] == "verified"
        assert (await ask(house, "POST", release, {})).status_code == 409
        assert [event["id"] for event in (await get(house, "/events"))["items"]] == released[
            "event_ids"
        ]
        assert (await get(house, "/quarantine?released=false"))["items"] == []
        [entry] = await _audit(house, "quarantine.released")
        assert entry["detail"]["reason"] == "The secret was rotated"


async def test_nobody_sees_or_mends_what_is_anothers(database_url: str) -> None:
    async with _house(database_url) as house:
        [event_id] = await _dead_letters(house, 1)
        await _say(house, "signed", "unsigned")
        [refused] = (await get(house, "/quarantine"))["items"]
        for method, path, body in (
            ("GET", f"/events/{event_id}", None),
            ("GET", f"/quarantine/{refused['id']}", None),
            ("POST", f"/quarantine/{refused['id']}/release", {"unverified": True}),
            ("POST", "/events/replay", {"ids": [event_id]}),
        ):
            response = await ask(house, method, path, body, key="stranger")
            assert response.status_code == 404, path
        response = await ask(
            house, "POST", "/dead-letters/drop", {"ids": [event_id]}, key="stranger"
        )
        assert response.status_code == 409
        for path in ("/dead-letters", "/quarantine", "/failures", "/jobs"):
            response = await ask(house, "GET", path, key="stranger")
            assert response.json()["items"] == []
