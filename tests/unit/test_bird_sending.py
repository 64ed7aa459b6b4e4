"""What is sent by Bird's Channels API, and what its answers mean.

Source: https://docs.bird.com/api/channels-api/supported-channels/programmable-sms/sending-messages
"""

import json
from dataclasses import replace

import pytest
from samples import NOW, channel
from test_sending_providers import TEXT

from domain.outbound import Failed, Retry, SendOutcome, Sent
from providers import bird

WORKSPACE = "a1405560-c8d3-4b1a-877d-3f449ad95352"
PLACE = "614208aa-b153-4d5d-9989-2fddfc0ce4c3"
SENDS = replace(channel("bird", "sms", ("a key",), " abcd\n"), account=f"{WORKSPACE}:{PLACE}")


def test_a_message_is_posted_to_the_channel_of_the_workspace() -> None:
    request = bird.compose_send(TEXT, SENDS, NOW)
    assert (request.method, request.url) == (
        "POST", f"https://api.bird.com/workspaces/{WORKSPACE}/channels/{PLACE}/messages",
    )  # fmt: skip
    assert request.headers["authorization"] == "AccessKey abcd"
    contact = {"identifierKey": "phonenumber", "identifierValue": "+14155550101"}
    assert json.loads(request.body) == {
        "receiver": {"contacts": [contact]},
        "body": {"type": "text", "text": {"text": TEXT.body}},
        "reference": TEXT.id,
    }
    elsewhere = replace(SENDS, send_url="http://127.0.0.1:9/messages")
    assert bird.compose_send(TEXT, elsewhere, NOW).url == "http://127.0.0.1:9/messages"


def test_an_account_leads_to_no_other_place() -> None:
    odd = replace(SENDS, account="a/../b:c?d=#e")
    assert bird.compose_send(TEXT, odd, NOW).url == (
        "https://api.bird.com/workspaces/a%2F..%2Fb/channels/c%3Fd%3D%23e/messages"
    )


@pytest.mark.parametrize("account", [None, "", WORKSPACE, f"{WORKSPACE}:", f":{PLACE}"])
def test_a_channel_says_what_keeps_it_from_sending(account: str | None) -> None:
    assert bird.obstacle(SENDS, has_credential=True, recipients=1) is None
    half = bird.obstacle(replace(SENDS, account=account), has_credential=True, recipients=1)
    assert "WORKSPACE:CHANNEL" in (half or "")
    keyless = bird.obstacle(SENDS, has_credential=False, recipients=1)
    assert "access key" in (keyless or "")
    several = bird.obstacle(SENDS, has_credential=True, recipients=2)
    assert "one number" in (several or "")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, b'{"id": "3fa85f64", "status": "accepted"}', Sent(provider_message_id="3fa85f64")),
        (202, b"<html>", Sent(provider_message_id=None)),
        (401, b"{}",
            Failed(code="http_401", reason="Bird does not accept the channel's access key")),
        (404, b"{}", Failed(code="http_404",
            reason="Bird does not know the channel's workspace and channel")),
        (422, b"{}",
            Failed(code="http_422", reason="Bird did not deliver it (error http_422)")),
        (429, b"",
            Retry(after_seconds=7.0, code="http_429", detail="the provider answered 429")),
        (503, b"",
            Retry(after_seconds=7.0, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_answers_have_a_meaning(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert bird.read_answer(status, {"retry-after": "7"}, body) == outcome
