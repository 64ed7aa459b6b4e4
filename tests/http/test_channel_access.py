"""A channel that is switched off, or has a new URL, is so at once in every web process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from conftest import OpenConnection
from contract import check_response
from flows import until, values
from operator_desk import open_operator_desk
from ops_house import KEY, SECRET, Json, ask, get, post
from page_house import text_of
from whole_house import (
    MAX_BODY_BYTES,
    PUBLIC_URL,
    SECRET_KEY,
    ChannelPlan,
    House,
    KeyPlan,
    bearer,
    open_house,
    url_of,
)

from app.settings import Settings
from app.web import build_app
from domain.sealing import Sealer
from domain.standard_webhooks import sign_standard_webhook
from store.database import connect
from store.reconciliations import Outcome, end_hold, hold_channel, set_interval

_CHANNELS = (
    ChannelPlan(
        name="texts",
        provider="generic",
        kind="sms",
        own_address="+14155550199",
        signature_mode="enforce",
        secrets=(SECRET,),
    ),
)
_KEYS = {
    KEY: KeyPlan(scopes=("operator", "audit:read", "messages:write", "conversations:read")),
    "reader": KeyPlan(),
    "stranger": KeyPlan(customer=2, scopes=("operator",)),
}
_NO_ID = "01930000-0000-7000-8000-00000000ffff"
_LISTENING = b"""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND position('LISTEN inlet_channels' IN query) > 0
        AND pid <> pg_backend_pid()
"""
_EVENTS = b"SELECT provider_message_id FROM inbound_events ORDER BY id"


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        yield house


@asynccontextmanager
async def _another_process(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[httpx.AsyncClient]:
    """Run what looks at the channels when it is told to, and not every two seconds by itself.

    The house does likewise, which runs already.
    """
    monkeypatch.setattr("ingest.directory._REFRESH_SECONDS", 3_600.0)
    settings = Settings(
        public_url=PUBLIC_URL, secret_key=SECRET_KEY, max_body_bytes=MAX_BODY_BYTES,
        spool_max_bytes=0,
    )  # fmt: skip
    app = build_app(settings, database_url, Sealer(SECRET_KEY))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.running(),
        httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client,
        await connect(database_url, "tests") as conn,
    ):

        async def are_listening() -> bool:
            return await values(conn, _LISTENING) == [2]

        await until(are_listening)
        yield client


async def _say(client: httpx.AsyncClient, url: str, name: str, secret: str = SECRET) -> int:
    message = {"from": "+14155550123", "provider_message_id": name, "body": "Hello"}
    request = client.build_request("POST", url, json=message)
    signed = sign_standard_webhook(name, request.content, secret, datetime.now(UTC))
    request.headers.update(signed)
    response = await client.send(request)
    if response.status_code >= 400:
        check_response(response)
    return response.status_code


async def _becomes(client: httpx.AsyncClient, url: str, status: int) -> None:
    """Ask again and again until that is the answer."""
    number = 0

    async def has_come() -> bool:
        nonlocal number
        number += 1
        return await _say(client, url, f"asked-{status}-{number}") == status

    await until(has_come)


def _id(house: House) -> str:
    return house.channels["texts"].id


async def _audit(house: House) -> list[Json]:
    entries = (await house.get("/api/audit", KEY)).json()["items"]
    return [(entry["action"], entry["object_id"], entry["detail"]) for entry in entries]


async def test_a_rotated_url_is_nobodys_at_once_in_every_process(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _house(database_url) as house, _another_process(database_url, monkeypatch) as other:
        old = url_of(house.channels["texts"])
        for client in (house.client, other):
            assert await _say(client, old, "before") == 200
        rotated = await post(house, f"/channels/{_id(house)}/rotate-token", None)
        assert await _say(house.client, old, "old") == 404
        await _becomes(other, old, 404)
        new = rotated["webhook_url"]
        assert new.startswith(f"{PUBLIC_URL}/webhooks/generic/")
        for number, client in enumerate((house.client, other)):
            assert await _say(client, new, f"new-{number}") == 200
        assert await _audit(house) == [("channel.token_rotated", _id(house), {})]


async def test_a_disabled_channel_asks_providers_to_come_back_and_keeps_a_copy(
    database_url: str, open_connection: OpenConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        _house(database_url) as house,
        _another_process(database_url, monkeypatch) as other,
        open_connection() as conn,
    ):
        url = url_of(house.channels["texts"])
        assert await _say(other, url, "before") == 200
        for _ in range(2):
            state = await post(house, f"/channels/{_id(house)}/disable", None)
            assert state["disabled_at"] is not None
        message = {"from": "+14155550123", "provider_message_id": "kept", "body": "Hello"}
        request = house.client.build_request("POST", url, json=message)
        request.headers.update(
            sign_standard_webhook("kept", request.content, SECRET, datetime.now(UTC))
        )
        refused = await house.client.send(request)
        assert (refused.status_code, refused.json()["code"]) == (503, "channel_disabled")
        assert int(refused.headers["retry-after"]) > 1
        assert await _say(house.client, url, "forged", "whsec_d3Jvbmc=") == 401
        await _becomes(other, url, 503)
        for _ in range(2):
            state = await post(house, f"/channels/{_id(house)}/enable", None)
            assert state["disabled_at"] is None
        assert await _say(house.client, url, "after") == 200
        await _becomes(other, url, 200)
        kept = (await get(house, "/quarantine?reason=channel_disabled&limit=200"))["items"][-1]
        await post(house, f"/quarantine/{kept['id']}/release", {"reason": "it was off by mistake"})
        found = await values(conn, _EVENTS)
        assert found[:2] == ["before", "after"]
        assert "kept" in found
        assert "forged" not in found
        actions = [action for action, _, _ in await _audit(house)]
        assert actions == ["quarantine.released", "channel.enabled", "channel.disabled"]


async def test_a_disabled_channel_sends_nothing_new(database_url: str) -> None:
    async with _house(database_url) as house:
        await post(house, f"/channels/{_id(house)}/disable", None)
        [listed] = (await house.get("/api/channels")).json()["items"]
        assert (listed["can_send"], listed["obstacle"]) == (False, "it is switched off")
        [at_work] = (await get(house, "/channels"))["items"]
        assert at_work["disabled_at"] is not None
        assert at_work["silence"]["alarm"] is False


@pytest.mark.parametrize("action", ["disable", "enable", "rotate-token"])
async def test_only_operators_of_the_customer_change_a_channel(
    database_url: str, action: str
) -> None:
    async with _house(database_url) as house:
        path = f"/channels/{_id(house)}/{action}"
        assert (await ask(house, "POST", path, key="reader")).status_code == 403
        assert (await ask(house, "POST", path, key=None)).status_code == 401
        for key, channel_id in (("stranger", _id(house)), (KEY, _NO_ID), (KEY, "texts")):
            response = await ask(house, "POST", f"/channels/{channel_id}/{action}", key=key)
            assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert await _say(house.client, url_of(house.channels["texts"]), "still") == 200
        assert await _audit(house) == []


async def test_a_repeated_rotation_makes_one_url_and_tells_it_once(database_url: str) -> None:
    async with _house(database_url) as house:
        path = f"/api/ops/channels/{_id(house)}/rotate-token"
        headers = bearer(KEY) | {"idempotency-key": "one"}
        first, again = [await house.client.post(path, headers=headers) for _ in range(2)]
        assert again.json() == first.json() | {"webhook_url": None}
        assert await _say(house.client, first.json()["webhook_url"], "new") == 200


async def test_a_token_that_was_looked_up_before_is_not_remembered_after_its_rotation(
    database_url: str,
) -> None:
    """Whoever asks while the token changes must not put the old one back into the memory."""
    async with _house(database_url) as house:
        url = url_of(house.channels["texts"])
        is_over = asyncio.Event()

        async def keep_asking() -> None:
            number = 0
            while not is_over.is_set():
                number += 1
                await _say(house.client, url, f"asked-{number}")

        asking = [asyncio.create_task(keep_asking()) for _ in range(4)]
        for _ in range(5):
            rotated = await post(house, f"/channels/{_id(house)}/rotate-token", None)
            assert await _say(house.client, url, "old") == 404
            url = rotated["webhook_url"]
        is_over.set()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*asking)
        assert await _say(house.client, url, "new") == 200


async def test_operators_change_a_channel_on_their_page(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        channel = desk.house.channels["open"]
        place = f"/ops/channels/{channel.id}"
        page = await desk.get("/ops")
        assert f'href="{place}"' in page
        assert "can post to open: no signatures are checked" in text_of(page)
        asked = await desk.get(f"{place}/disable")
        done = await desk.send(asked, f"{place}/disable")
        assert done.status_code == 303, done.text
        assert "answered 503" in text_of(await desk.get(done.headers["location"]))
        assert await desk.deliver("while-off") == 503
        overview = text_of(await desk.get("/ops"))
        assert "Switched off" in overview
        assert "can post to" not in overview
        assert "switched off already" in text_of(await desk.get(f"{place}/disable"))
        await desk.send(await desk.get(f"{place}/enable"), f"{place}/enable")
        assert await desk.deliver("on-again") == 200
        asked = await desk.get(f"{place}/rotate-token")
        done = await desk.send(asked, f"{place}/rotate-token")
        again = await desk.send(asked, f"{place}/rotate-token")
        assert await desk.deliver("to-the-old-url") == 404
        assert f"{PUBLIC_URL}/webhooks/generic/" in text_of(done.text)
        assert again.status_code == 303
        assert "/webhooks/" not in await desk.get(again.headers["location"])
        await desk.get(f"/ops/channels/{_NO_ID}", 404)
        await desk.get("/ops/channels/texts", 404)


async def test_the_page_of_a_channel_says_what_came_of_reconciling_it(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        channel = desk.house.channels["open"]
        place = f"/ops/channels/{channel.id}"
        assert "Missed messages" not in text_of(await desk.get(place))
        async with await connect(database_url, "tests") as conn:
            await set_interval(conn, channel, 15)
            page = text_of(await desk.get(place))
            assert "every 15 minutes" in page
            assert "Last asked" not in page
            hold = await hold_channel(conn, channel, 60)
            assert hold is not None
            outcome = Outcome(covered_until=None, listed_count=7, new_count=2)
            await end_hold(conn, hold, outcome)
            page = text_of(await desk.get(place))
            assert "Last asked" in page
            assert "2 of 7 were new" in page
            await set_interval(conn, channel, None)
            hold = await hold_channel(conn, channel, 60)
            assert hold is not None
            failed = replace(outcome, error_class="fetch_failed", detail="it was away")
            await end_hold(conn, hold, failed)
            page = text_of(await desk.get(place))
            assert "when somebody orders it" in page
            assert "it was away" in page
