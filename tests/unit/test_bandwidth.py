"""Bandwidth's events, answers and errors.

Source: https://dev.bandwidth.com/docs/messaging/webhooks (fields and examples),
https://dev.bandwidth.com/docs/messaging/createMessage, https://dev.bandwidth.com/docs/messaging/errors,
https://dev.bandwidth.com/guides/callbacks/callbacks.html (credentials), and the models of
https://github.com/Bandwidth/python-sdk (message-sent, message-read, answers to suggestions).
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back

from domain.basic_auth import basic_credentials
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient
from domain.outbound import Failed, OutboundMessage, Retry, SendOutcome, Sent
from domain.signature import explain_signature, verify
from providers import bandwidth
from simulation import PLAYED_SENDERS
from simulation.played import PostedSend

URL = "https://inlet.example/webhooks/bandwidth/tok"
ID = "14762070468292kw2fuqty55yp2b2"
MEDIA = "https://messaging.bandwidth.com/api/v2/users/5500/media/14762070468292kw2fuqty55yp2b2/0/"
RECEIVED: dict[str, Any] = {
    "type": "message-received",
    "time": "2016-09-14T18:20:16Z",
    "description": "Incoming message received",
    "to": OWN_PHONE,
    "message": {
        "id": ID,
        "time": "2016-09-14T18:20:15Z",
        "to": [OWN_PHONE],
        "from": "+14155550100",
        "text": "Hey, check this out!",
        "applicationId": "93de2206-9669-4e07-948d-329f4b722ee2",
        "owner": OWN_PHONE,
        "direction": "in",
        "segmentCount": 1,
    },
}
FAILED: dict[str, Any] = {
    "type": "message-failed",
    "time": "2016-09-14T18:20:16Z",
    "description": "forbidden to country",
    "to": "+525555555555",
    "errorCode": 4432,
    "message": {
        "id": ID,
        "time": "2016-09-14T18:20:15Z",
        "to": ["+14155550100", "+525555555555"],
        "from": OWN_PHONE,
        "text": "",
        "applicationId": "93de2206-9669-4e07-948d-329f4b722ee2",
        "owner": OWN_PHONE,
        "direction": "out",
        "segmentCount": 1,
    },
}
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
SENDS = replace(channel("bandwidth", "sms", ("a password",), "id-1:secret:1"), account="5500:app-1")


def changed(event: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Change fields of an event; those of its message are named `message_...`."""
    outer = {name: value for name, value in fields.items() if not name.startswith("message_")}
    inner = {
        name.removeprefix("message_").replace("sender", "from"): value
        for name, value in fields.items()
        if name.startswith("message_")
    }
    return event | outer | {"message": event["message"] | inner}


def array(*events: object) -> Delivery:
    return posted(msgspec.json.encode(events))


def message(**fields: object) -> InboundMessage:
    reading = read_back(bandwidth, array(changed(RECEIVED, **fields)), "sms")
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(**fields: object) -> DeliveryReceipt:
    reading = read_back(bandwidth, array(changed(FAILED, **fields)), "sms")
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_reads_an_sms() -> None:
    assert message() == InboundMessage(
        kind="sms",
        provider_message_id=ID,
        sender="+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hey, check this out!",
        sent_at=datetime(2016, 9, 14, 18, 20, 15, tzinfo=UTC),
    )


def test_every_event_of_the_array_counts_and_an_odd_one_harms_no_other() -> None:
    """Elsewhere the first alone is read."""
    second = changed(RECEIVED, message_id="second")
    odd = ({"type": "message-received"}, 7, None, changed(RECEIVED, message_to={"a": 1}))
    events = bandwidth.split(array(RECEIVED, *odd, second, FAILED), "sms")
    assert [event.kind for event in events] == [
        "message", *(["unreadable"] * len(odd)), "message", "receipt",
    ]  # fmt: skip
    assert [event.provider_message_id for event in events if event.kind == "message"] == [
        ID, "second",
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{}", b'"x"', b"null", b"[", b"\xff"])
def test_what_is_no_array_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        bandwidth.split(posted(body), "sms")


def test_an_array_is_bounded_and_may_be_empty() -> None:
    assert bandwidth.split(posted(b"[]"), "sms") == []
    with pytest.raises(Unreadable, match="more events"):
        bandwidth.split(array(*[0] * 1_001), "sms")


def test_a_time_may_have_fractions() -> None:
    assert message(message_time="2020-06-25T18:42:36.979Z").sent_at == datetime(
        2020, 6, 25, 18, 42, 36, 979_000, tzinfo=UTC
    )
    assert message(message_time=["odd"]).sent_at == datetime(2016, 9, 14, 18, 20, 16, tzinfo=UTC)
    assert message(message_time=None, time=None).sent_at is None


def test_media_are_urls_without_what_only_arranges_them() -> None:
    media = [MEDIA + name for name in ("bw.png", "layout.smil", "a.XML", "b.jpg?x=.xml")]
    read = message(message_media=media)
    assert read.kind == "mms"
    assert read.attachments == (
        Attachment(url=MEDIA + "bw.png"),
        Attachment(url=MEDIA + "b.jpg?x=.xml"),
    )


def test_an_mms_need_not_have_text_and_an_sms_must() -> None:
    assert message(message_text=None, message_media=[MEDIA + "x.smil"]).body == ""
    assert message(message_text="").body == ""
    with pytest.raises(Unreadable, match="text"):
        message(message_text=None)


def test_media_are_bounded() -> None:
    many = [f"{MEDIA}{number}.png" for number in range(200)]
    assert len(message(message_media=many).attachments) == 50
    assert message(message_media=["https://[::1", ""]).attachments == (
        Attachment(url="https://[::1"),
    )


def test_a_group_message_names_all_that_it_went_to() -> None:
    read = message(message_to=[OWN_PHONE, "+14155550102", "+14155550103"], message_media=[])
    assert [each.address for each in read.recipients] == [
        OWN_PHONE, "+14155550102", "+14155550103",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"message_to": OWN_PHONE}, OWN_PHONE),
        ({"message_to": [], "message_owner": "+14155550111"}, "+14155550111"),
        ({"message_to": None, "message_owner": None, "to": "+14155550112"}, "+14155550112"),
        ({"message_to": [" "], "message_owner": "", "to": None}, OWN_PHONE),
    ],
)
def test_to_whom_a_message_went_is_found(fields: dict[str, object], address: str) -> None:
    assert [each.address for each in message(**fields).recipients] == [address]


def test_a_message_must_say_who_sent_it_and_what_it_is() -> None:
    for sender in (None, "", " \0"):
        with pytest.raises(Unreadable, match="from"):
            message(message_sender=sender)
    for identity in (None, ""):
        (event,) = bandwidth.split(array(changed(RECEIVED, message_id=identity)), "sms")
        assert event.kind == "unreadable"


@pytest.mark.parametrize("kind", ["suggestion-response", "request-location-response", "", None])
def test_what_else_comes_in_is_kept_and_no_message(kind: str | None) -> None:
    event = changed(RECEIVED, type=kind)
    assert [each.kind for each in bandwidth.split(array(event), "sms")] == ["unreadable"]


def test_an_event_of_what_left_is_no_message() -> None:
    """Or who answers every message answers its own."""
    echo = changed(RECEIVED, message_direction="out")
    assert [each.kind for each in bandwidth.split(array(echo), "sms")] == ["unreadable"]
    told = changed(FAILED, message_text="Hello", type="message-delivered")
    assert [each.kind for each in bandwidth.split(array(told), "sms")] == ["receipt"]


def test_reads_a_receipt() -> None:
    assert receipt() == DeliveryReceipt(
        provider_message_id=ID,
        status="failed",
        provider_status="message-failed",
        error_code="4432",
        occurred_at=datetime(2016, 9, 14, 18, 20, 16, tzinfo=UTC),
        recipients=("+525555555555",),
    )
    assert bandwidth.explain("4432") == "the account is not enabled for the recipient's country"
    assert bandwidth.explain("4999") == "Bandwidth did not deliver it (error 4999)"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("message-sending", "queued"),
        ("message-sent", "sent"),
        ("message-delivered", "delivered"),
        ("message-failed", "failed"),
        ("message-read", "read"),
        ("message-pondered", "unknown"),
    ],
)
def test_every_word_has_a_meaning(word: str, status: str) -> None:
    read = receipt(type=word)
    assert (read.status, read.provider_status) == (status, word)


def test_when_a_message_was_read_is_told_apart() -> None:
    read = receipt(type="message-read", eventTime="2016-09-14T19:00:00Z")
    assert read.occurred_at == datetime(2016, 9, 14, 19, tzinfo=UTC)


def test_each_member_of_a_group_has_a_receipt() -> None:
    """They have the id of the message in common; the same receipt posted again is one event."""
    told = [changed(FAILED, to=to) for to in ("+1", "+2", "+1")]
    keys = [event.dedup_key for event in bandwidth.split(array(*told), "sms")]
    assert len(set(keys)) == 2
    assert keys[0] == keys[2]
    assert all(key.startswith(f"receipt:{ID}:message-failed:") for key in keys)


@pytest.mark.parametrize(
    ("query", "header", "reason"),
    [
        ("?password=a%20password", None, "verified"),
        ("?password=wrong", None, "bad_signature"),
        ("", None, "missing_signature"),
        ("", "a password", "verified"),
        ("?password=a%20password", "wrong", "bad_signature"),
    ],
)
def test_the_password_is_in_the_url_or_in_the_credentials(
    query: str, header: str | None, reason: str
) -> None:
    """Bandwidth shows credentials only after a 401 with WWW-Authenticate, so the query has it."""
    headers = {"authorization": basic_credentials("any", header)} if header else {}
    delivery = posted(b"[]", headers, URL + query)
    signed = bandwidth.signed(delivery, ["a password", "the old one"], NOW)
    assert verify(signed).reason == reason
    assert "a password" not in str(explain_signature(signed))


def test_a_new_channel_has_a_password_that_a_url_can_hold() -> None:
    secret = bandwidth.new_secret()
    assert secret is not None
    delivery = posted(b"", url=f"{URL}?password={secret}")
    assert verify(bandwidth.signed(delivery, [secret], NOW)).is_authentic


def test_is_sent_json_with_a_token_that_is_had_for_the_credential() -> None:
    request = bandwidth.compose_send(TEXT, SENDS, NOW)
    assert request.url == "https://messaging.bandwidth.com/api/v2/users/5500/messages"
    assert "authorization" not in request.headers
    assert msgspec.json.decode(request.body) == {
        "applicationId": "app-1",
        "from": OWN_PHONE,
        "to": ["+14155550101"],
        "text": "Grüße 👍",
        "tag": TEXT.id,
    }
    token = request.token_request
    assert token is not None
    assert (token.method, token.url) == ("POST", "https://api.bandwidth.com/api/v1/oauth2/token")
    assert token.headers["authorization"] == "Basic " + b64encode(b"id-1:secret:1").decode()
    assert token.body == b"grant_type=client_credentials"


def test_what_stands_in_its_place_is_shown_the_credential() -> None:
    request = bandwidth.compose_send(TEXT, replace(SENDS, send_url="http://127.0.0.1:9/x"), NOW)
    assert (request.url, request.token_request) == ("http://127.0.0.1:9/x", None)
    assert request.headers["authorization"] == basic_credentials("id-1", "secret:1")


@pytest.mark.parametrize(
    ("sends", "has_credential", "recipients", "says"),
    [
        (SENDS, True, 10, ""),
        (replace(SENDS, account=None), True, 1, "account"),
        (replace(SENDS, account="5500"), True, 1, "ACCOUNT:APPLICATION"),
        (replace(SENDS, account=":app-1"), True, 1, "account"),
        (SENDS, False, 1, "credential"),
        (SENDS, True, 11, "10 numbers"),
    ],
)
def test_a_channel_that_cannot_send_says_why(
    sends: object, has_credential: bool, recipients: int, says: str
) -> None:
    assert isinstance(sends, type(SENDS))
    obstacle = bandwidth.obstacle(sends, has_credential=has_credential, recipients=recipients)
    assert says in (obstacle or "")
    assert bool(obstacle) == bool(says)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, b'{"id": "1476", "owner": "+1", "time": "2021-07-21T21:00:45.179Z"}',
            Sent(provider_message_id="1476")),
        (202, b"<html>", Sent(provider_message_id=None)),
        (400, b'{"type": "request-validation", "description": "+1415 is no number"}',
            Failed(code="request-validation",
                reason="Bandwidth did not understand it, or a number is not valid")),
        (401, b'{"type": "unauthorized", "description": "Authentication Failed"}',
            Failed(code="unauthorized",
                reason="Bandwidth does not accept the channel's account and credential")),
        (404, b'{"timestamp": "2019-09-09T19:02:19.253+0000", "status": 404}',
            Failed(code="http_404", reason="Bandwidth does not know the channel's account")),
        (429, b'{"type": "max-message-queue-size-exceeded", "description": "The SMS queue"}',
            Retry(after_seconds=None, code="max-message-queue-size-exceeded",
                detail="Bandwidth's queue for the account is full")),
        (503, b"", Retry(after_seconds=None, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_answers_of_bandwidth(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert bandwidth.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"credential": "id-1:another"}, "unauthorized"),
        ({"own_address": "+14155550111"}, "request-validation"),
        ({"account": "5500:"}, "request-validation"),
    ],
)
def test_what_plays_bandwidth_takes_what_bandwidth_would(
    changes: dict[str, Any], code: str | None
) -> None:
    there = replace(SENDS, **changes, send_url="http://127.0.0.1:9/bandwidth/x/messages")
    request = bandwidth.compose_send(replace(TEXT, own_address=there.own_address), there, NOW)
    sent = PostedSend(
        place=SENDS.id, headers=request.headers, body=request.body, received_at=NOW, count=1
    )
    answer = PLAYED_SENDERS["bandwidth"].take(sent, [SENDS])
    outcome = bandwidth.read_answer(answer.status, {}, msgspec.json.encode(answer.fields))
    if code is None:
        assert answer.taken is not None
        assert outcome == Sent(provider_message_id=answer.taken.provider_message_id)
        assert answer.taken.to == TEXT.to
    else:
        assert isinstance(outcome, Failed)
        assert outcome.code == code
