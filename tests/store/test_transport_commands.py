"""`inlet transport`: operators let the events of a customer go into a queue."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from command_line import SECRET_KEY, Inlet, refused
from flows import values

from domain.hook import EVENT_TYPES, secrets_place
from domain.sealing import Sealer
from store.database import connect

Run = Callable[..., Any]

_SQS = "sqs+https://sqs.eu-central-1.amazonaws.com/123456789012/inlet.fifo"
_NATS = "nats://nats.internal:4222/inlet"
_KEY = "AKIAEXAMPLEOFTESTS:a/secret"
_AUDIT = b"SELECT action FROM audit WHERE action ~ '^hook' ORDER BY id"


async def _read(url: str, query: bytes) -> list[Any]:
    async with await connect(url, "tests") as conn:
        return await values(conn, query)


def test_a_queue_is_added_shown_changed_and_removed(
    inlet: Inlet, database_url: str, run: Run
) -> None:
    def sealed() -> tuple[str, ...]:
        [secrets] = run(_read, database_url, b"SELECT secrets FROM hooks")
        return Sealer(SECRET_KEY).open(secrets, secrets_place(1, added["id"]))

    assert "No event goes into a queue" in inlet("transport", "list").out
    added = inlet("transport", "add", _SQS, "--credential", _KEY, "--json").json
    assert (added["url"], added["state"], added["events"]) == (_SQS, "works", list(EVENT_TYPES))
    assert sealed() == (_KEY,)
    assert inlet("transport", "list", "--json").json == {"items": [added]}
    changed = inlet("transport", "credential", added["id"], "--credential", "AKIDTWO:b")
    assert changed.code == 0
    assert sealed() == ("AKIDTWO:b",)
    assert inlet("transport", "disable", added["id"]).code == 0
    assert inlet("transport", "list", "--json").json["items"][0]["state"] == "disabled: by_hand"
    refused(inlet("transport", "test", added["id"]), "the hook is disabled")
    assert inlet("transport", "enable", added["id"]).code == 0
    assert "works" in inlet("transport", "list").out
    assert inlet("transport", "remove", added["id"]).code == 0
    assert inlet("transport", "list", "--json").json == {"items": []}
    nats = inlet("transport", "add", _NATS, "--event", "message.received.v1", "--json").json
    assert nats["events"] == ["message.received.v1"]
    assert run(_read, database_url, _AUDIT) == [
        "hook.created", "hook.credential_changed", "hook.disabled", "hook.enabled", "hook.removed",
        "hook.created",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "https://crm.example.com/inlet"), "the URL must be sqs+https://"),
        (("add", "nats://ann:secret@nats.internal/inlet"), "without a user or password"),
        (("add", _SQS), "ACCESS_KEY_ID:SECRET_ACCESS_KEY"),
        (
            ("add", _NATS, "--event", "message.sent.v1"),
            "--event must be one of message.received.v1",
        ),
        (("add", _NATS, "--channel", "texts"), "no channel has this name"),
        (("add", _NATS, "--customer", "Acme"), "no customer has this name"),
        (("remove", "0198f2c1-9e55-7d02-8a44-6c0f2f7ab0fe"), "there is no such hook"),
        (("test", "a"), "an id is a UUID"),
    ],
)
def test_what_cannot_be_done_is_one_line(inlet: Inlet, words: tuple[str, ...], says: str) -> None:
    refused(inlet("transport", *words), says)


def test_without_the_extra_nats_cannot_be_added(
    inlet: Inlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nats", None)
    refused(inlet("transport", "add", _NATS), "pip install 'inlet[nats]'")
