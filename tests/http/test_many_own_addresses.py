"""Several numbers and mailboxes: set by commands, written to, answered from each."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from command_line import Inlet, command_line
from conftest import OpenConnection
from contract import check_response
from flows import ANN, BEN, a_mail, an_sms, values
from sending import SEND_URL, TWILIO_URL, sender_config
from whole_house import SECRET_KEY, House, KeyPlan, bearer, open_house, url_of

from domain.channel import Channel
from domain.message import InboundMessage
from domain.sealing import Sealer
from simulation import PLAYED
from store.channels import find_channel
from store.database import Connection
from worker.sending.sender import drain_sends

_NUMBERS = ("+14155550190", "+14155550191", "+14155550192")
_KEYS = {"writer": KeyPlan(scopes=("conversations:read", "messages:write"))}
_PLACES = b"SELECT conversation_id FROM messages WHERE provider_message_id = %s"


@pytest.fixture
def inlet(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    command = command_line(database_url, tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    return command


def _add_channels(inlet: Inlet) -> None:
    """Add a pool of three numbers and two mailboxes, as an operator sets them."""
    pool = ("channel", "add", "--provider", "twilio", "--kind", "sms", "--name", "pool")
    inlet(
        *(*pool, "--account", "AC1", "--secret", "token", "--rate", "1000"),
        *("--address", _NUMBERS[0], "--also-own", _NUMBERS[1]),
    )
    inlet("channel", "address", "add", "pool", "(415) 555-0192")
    for name in ("help", "sales"):
        mailbox = ("--name", name, "--address", f"{name}@example.com", "--mode", "off")
        sending = ("--send-url", SEND_URL, "--rate", "1000")
        inlet("channel", "add", "--provider", "generic", "--kind", "email", *mailbox, *sending)
    inlet("channel", "address", "add", "sales", "Orders@Example.com")


def test_a_reply_leaves_from_the_number_that_was_written_to(
    inlet: Inlet, database_url: str, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    _add_channels(inlet)
    run(_answer_at_each_number, database_url, open_connection)


async def _answer_at_each_number(database_url: str, open_connection: OpenConnection) -> None:
    async with (
        open_house(database_url, (), _KEYS) as house,
        open_connection() as conn,
        respx.mock() as router,
    ):
        forms: list[dict[str, list[str]]] = []

        def create(request: httpx.Request) -> httpx.Response:
            # https://www.twilio.com/docs/messaging/api/message-resource
            forms.append(parse_qs(request.content.decode()))
            return httpx.Response(201, json={"sid": f"SM-out-{len(forms)}", "status": "queued"})

        router.post(TWILIO_URL).mock(side_effect=create)
        pool = await _channel(conn, "pool")
        for nth, number in enumerate(_NUMBERS):
            await _deliver(house, pool, an_sms(f"SM{nth}", ANN, number))
        await house.work()
        places = [(await values(conn, _PLACES, f"SM{nth}"))[0] for nth in range(len(_NUMBERS))]
        assert len(set(places)) == len(_NUMBERS)
        for place in places:
            path = f"/api/conversations/{place}/messages"
            await _write(house, path, {"body": "On its way"}, 202)
        text = {"channel_id": pool.id, "to": BEN, "body": "New"}
        await _write(house, "/api/messages/sms", text | {"own_address": _NUMBERS[2]}, 202)
        wrong = text | {"own_address": "+14155550199"}
        refusal = await _write(house, "/api/messages/sms", wrong, 422)
        assert [error["name"] for error in refusal["errors"]] == ["own_address"]
        while await drain_sends(sender_config(database_url)):
            pass
        assert sorted((form["To"][0], form["From"][0]) for form in forms) == [
            *((ANN, number) for number in _NUMBERS),
            (BEN, _NUMBERS[2]),
        ]
        listed = await house.get("/api/channels", "writer")
        addresses = {item["name"]: item["addresses"] for item in listed.json()["items"]}
        assert addresses["pool"] == list(_NUMBERS)


def test_a_new_mail_leaves_from_the_mailbox_that_it_names(
    inlet: Inlet, database_url: str, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    _add_channels(inlet)
    run(_write_from_each_mailbox, database_url, open_connection)


async def _write_from_each_mailbox(database_url: str, open_connection: OpenConnection) -> None:
    async with (
        open_house(database_url, (), _KEYS) as house,
        open_connection() as conn,
        respx.mock() as router,
    ):
        sent: list[dict[str, Any]] = []

        def take(request: httpx.Request) -> httpx.Response:
            sent.append(json.loads(request.content))
            return httpx.Response(200, json={"provider_message_id": f"out-{len(sent)}"})

        router.post(SEND_URL).mock(side_effect=take)
        sales = await _channel(conn, "sales")
        mail = {"channel_id": sales.id, "to": ["ann@example.org"], "subject": "S", "body": "New"}
        path = "/api/messages/email"
        await _write(house, path, mail, 202)
        await _write(house, path, mail | {"own_address": "orders@EXAMPLE.com"}, 202)
        wrong = mail | {"own_address": "help@example.com"}
        refusal = await _write(house, path, wrong, 422)
        assert [error["name"] for error in refusal["errors"]] == ["own_address"]
        while await drain_sends(sender_config(database_url)):
            pass
        assert sorted(posted["from"] for posted in sent) == [
            "orders@example.com",
            "sales@example.com",
        ]


def test_a_mail_to_two_own_mailboxes_has_its_sender_as_the_only_other(
    inlet: Inlet, database_url: str, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    _add_channels(inlet)
    run(_mail_to_both, database_url, open_connection)


async def _mail_to_both(database_url: str, open_connection: OpenConnection) -> None:
    async with open_house(database_url, (), _KEYS) as house, open_connection() as conn:
        mail = a_mail("m-1", to=("help@example.com", "sales@example.com"))
        for name in ("help", "sales"):
            await _deliver(house, await _channel(conn, name), mail)
        await house.work()
        listed = (await house.get("/api/conversations", "writer")).json()["items"]
        assert len(listed) == 2
        for conversation in listed:
            others = [person["address"] for person in conversation["participants"]]
            assert others == ["ann@example.org"]


async def _channel(conn: Connection, name: str) -> Channel:
    stored = await find_channel(conn, 1, name)
    assert stored is not None
    return stored.open(Sealer(SECRET_KEY))


async def _deliver(house: House, channel: Channel, message: InboundMessage) -> None:
    provider = PLAYED[channel.provider]
    delivery = provider.compose(message, channel, url_of(channel), datetime.now(UTC))
    assert (await house.post(delivery)).status_code == 200


async def _write(house: House, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    response = await house.client.post(path, json=body, headers=bearer("writer"))
    check_response(response)
    assert response.status_code == status, response.text
    return response.json()
