"""A provider that only receives: its messages come in, and nothing pretends that it could send."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from command_line import command_line, refused
from contract import check_response
from notices_provider import Notices, register
from page_house import open_desk, tags_of
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from app.ids import new_id

_CHANNEL = ChannelPlan(name="notices", provider="notices", kind="sms", own_address="+14155550199")
_KEYS = {
    "reader": KeyPlan(),
    "writer": KeyPlan(scopes=("conversations:read", "messages:write"), agent="Maya"),
}
_NOTICE = {"type": "notice", "id": "n-1", "from": "+14155550101", "text": "The pump stopped"}


@asynccontextmanager
async def _house(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[House]:
    register(monkeypatch)
    async with open_house(database_url, [_CHANNEL], _KEYS) as house:
        yield house


async def _conversation(house: House) -> str:
    assert (await house.client.post(url_of(house.channels["notices"]), json=_NOTICE)).is_success
    await house.work()
    return (await house.get("/api/conversations")).json()["items"][0]["id"]


async def test_the_answer_is_that_of_the_delivery(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _house(database_url, monkeypatch) as house:
        url = url_of(house.channels["notices"])
        answers = [
            await house.client.post(url, json={"type": "confirm", "token": token})
            for token in ("abc", "xyz", "abc")
        ]
        answers += [await house.client.post(url, json=_NOTICE) for _ in range(2)]
        assert [(answer.status_code, answer.text) for answer in answers] == [
            (200, "abc"), (200, "xyz"), (200, "abc"), (200, ""), (200, ""),
        ]  # fmt: skip
        assert all(answer.headers["content-type"].startswith("text/plain") for answer in answers)
        await house.work()
        assert await house.event_statuses() == ["processed"]


async def test_a_reply_is_refused_over_the_api(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _house(database_url, monkeypatch) as house:
        conversation = await _conversation(house)
        answered = await house.client.post(
            f"/api/conversations/{conversation}/messages",
            json={"body": "Thanks"},
            headers=bearer("writer"),
        )
        check_response(answered)
        assert (answered.status_code, answered.json()["code"]) == (409, "conflict")
        assert "only receives" in answered.json()["detail"]
        channels = await house.get("/api/channels")
        check_response(channels)
        assert [channel["provider"] for channel in channels.json()["items"]] == ["notices"]


async def test_a_reply_is_refused_on_the_page(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _house(database_url, monkeypatch) as house:
        conversation = await _conversation(house)
        async with open_desk(database_url) as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            assert "The pump stopped" in page
            [writing] = [area for area in tags_of(page, "textarea") if area.get("name") == "text"]
            assert "maxlength" not in writing
            answered = await desk.post(
                f"/inbox/c/{conversation}/reply", text="Thanks", idempotency_key=new_id()
            )
            assert answered.status_code == 409
            assert "only receives" in answered.text


def test_the_commands_know_it(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inlet = command_line(database_url, tmp_path, monkeypatch, capsys)
    register(monkeypatch)
    added = inlet(
        *("channel", "add", "--provider", Notices.NAME, "--kind", "sms", "--name", "pumps"),
        *("--address", "+14155550199", "--json"),
    ).json
    assert added["cannot_send"] == "its provider only receives, or is not known here"
    assert (added["has_secrets"], added["has_credential"]) == (True, False)
    assert inlet("channel", "secret", "pumps", "--keep").code == 0
    assert inlet("channel", "credential", "pumps", "--credential", "an API key").code == 0
    assert inlet("channel", "show", "pumps", "--json").json["has_credential"] is True
    refused(inlet("channel", "test", "pumps"), "does not know the provider")
    refused(inlet("simulate", "--channel", "pumps", "--count", "1"), "does not know the provider")
