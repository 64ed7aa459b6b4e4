"""What Infobip is sent, and its answers and errors.

Source: https://www.infobip.com/docs/developer-resources/quickstart,
https://infobip.com/docs/essentials/api-essentials/response-status-and-error-codes, and the models
of https://github.com/infobip/infobip-api-java-client (WhatsApp, errors).
"""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel, posted

from domain.outbound import Failed, OutboundMessage, Retry, SendOutcome, Sent
from domain.signature import verify
from providers import infobip
from simulation import PLAYED_SENDERS
from simulation.played import PostedSend

URL = "https://inlet.example/webhooks/infobip/tok"
TEXT = OutboundMessage(
    id="01930000-0000-7000-8000-00000000aaaa",
    kind="sms",
    own_address=OWN_PHONE,
    to=("+14155550101",),
    cc=(),
    body="Grüße 👍",
    subject=None,
    thread=None,
    written_at=NOW,
    status_callback=URL,
)
SENDS = replace(
    channel("infobip", "sms", ("a password", "an old one"), "key-1"),
    account="abc123.api.infobip.com",
)


def test_is_sent_json_with_an_api_key() -> None:
    request = infobip.compose_send(TEXT, SENDS, NOW)
    assert request.url == "https://abc123.api.infobip.com/sms/3/messages"
    assert request.headers["authorization"] == "App key-1"
    assert msgspec.json.decode(request.body) == {
        "messages": [
            {
                "sender": OWN_PHONE[1:],
                "destinations": [{"to": "14155550101"}],
                "content": {"text": "Grüße 👍"},
                "webhooks": {
                    "delivery": {"url": f"{URL}?password=a%20password"},
                    "contentType": "application/json",
                },
            }
        ]
    }


def test_who_wrote_by_whatsapp_is_answered_there() -> None:
    request = infobip.compose_send(replace(TEXT, to=("whatsapp:+385919998888",)), SENDS, NOW)
    assert request.url == "https://abc123.api.infobip.com/whatsapp/1/message/text"
    assert msgspec.json.decode(request.body) == {
        "from": OWN_PHONE[1:],
        "to": "385919998888",
        "content": {"text": "Grüße 👍"},
        "notifyUrl": f"{URL}?password=a%20password",
    }


@pytest.mark.parametrize("account", ["https://abc123.api.infobip.com/", " abc123.api.infobip.com"])
def test_the_base_url_is_taken_as_people_write_it(account: str) -> None:
    request = infobip.compose_send(TEXT, replace(SENDS, account=account), NOW)
    assert request.url == "https://abc123.api.infobip.com/sms/3/messages"


def test_receipts_come_to_the_url_that_accepts_them() -> None:
    open_channel = replace(SENDS, secrets=(), send_url="http://127.0.0.1:9/x")
    request = infobip.compose_send(TEXT, open_channel, NOW)
    assert request.url == "http://127.0.0.1:9/x"
    [sent] = msgspec.json.decode(request.body)["messages"]
    assert sent["webhooks"]["delivery"]["url"] == URL
    url = msgspec.json.decode(infobip.compose_send(TEXT, SENDS, NOW).body)["messages"][0]
    came = posted(b"{}", url=url["webhooks"]["delivery"]["url"])
    assert verify(infobip.signed(came, SENDS.secrets, NOW)).is_authentic


@pytest.mark.parametrize(
    ("sends", "has_credential", "recipients", "says"),
    [
        (SENDS, True, 1, ""),
        (replace(SENDS, account=None), True, 1, "base URL"),
        (SENDS, False, 1, "API key"),
        (SENDS, True, 2, "one number at a time"),
    ],
)
def test_a_channel_that_cannot_send_says_why(
    sends: object, has_credential: bool, recipients: int, says: str
) -> None:
    assert isinstance(sends, type(SENDS))
    obstacle = infobip.obstacle(sends, has_credential=has_credential, recipients=recipients)
    assert says in (obstacle or "")
    assert bool(obstacle) == bool(says)


def answered(group: str, name: str) -> bytes:
    status = {"groupId": 1, "groupName": group, "id": 26, "name": name, "description": "+1415"}
    return msgspec.json.encode(
        {"bulkId": "b", "messages": [{"messageId": "m-1", "status": status}]}
    )


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, answered("PENDING", "PENDING_ACCEPTED"), Sent(provider_message_id="m-1")),
        (200, answered("DELIVERED", "DELIVERED_TO_HANDSET"), Sent(provider_message_id="m-1")),
        (200, answered("PONDERED", "NEW"), Sent(provider_message_id="m-1")),
        (200, b'{"to": "1", "messageId": "w-1", "status": {"groupName": "PENDING"}}',
            Sent(provider_message_id="w-1")),
        (200, answered("REJECTED", "REJECTED_NOT_ENOUGH_CREDITS"),
            Failed(code="REJECTED_NOT_ENOUGH_CREDITS",
                reason="the account has nothing left to send with at Infobip")),
        (200, answered("REJECTED", "see +1415"),
            Failed(code="failed", reason="Infobip did not deliver it (error not given)")),
        (401, b'{"requestError": {"serviceException": {"messageId": "UNAUTHORIZED", "text": "x"}}}',
            Failed(code="UNAUTHORIZED", reason="Infobip does not accept the channel's API key")),
        (400, b'{"errorCode": "E400", "description": "Request cannot be processed."}',
            Failed(code="E400",
                reason="Infobip did not understand it, or a number is not valid")),
        (429, b'{"requestError": {"serviceException": {"messageId": "TOO_MANY_REQUESTS"}}}',
            Retry(after_seconds=None, code="TOO_MANY_REQUESTS",
                detail="the provider answered 429")),
        (503, b"", Retry(after_seconds=None, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_answers_of_infobip(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert infobip.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"credential": "key-2"}, "UNAUTHORIZED"),
        ({"own_address": "+14155550111"}, "REJECTED_SOURCE"),
    ],
)
def test_what_plays_infobip_takes_what_infobip_would(
    changes: dict[str, Any], code: str | None
) -> None:
    there = replace(SENDS, **changes)
    request = infobip.compose_send(replace(TEXT, own_address=there.own_address), there, NOW)
    sent = PostedSend(
        place=SENDS.id, headers=request.headers, body=request.body, received_at=NOW, count=1
    )
    answer = PLAYED_SENDERS["infobip"].take(sent, [SENDS])
    outcome = infobip.read_answer(answer.status, {}, msgspec.json.encode(answer.fields))
    if code is None:
        assert answer.taken is not None
        assert outcome == Sent(provider_message_id=answer.taken.provider_message_id)
        assert answer.taken.to == TEXT.to
    else:
        assert isinstance(outcome, Failed)
        assert outcome.code == code
