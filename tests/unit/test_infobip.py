"""Infobip's results: messages and receipts.

Source: https://infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages,
https://www.infobip.com/docs/api/channels/mms/receive-mms/receive-inbound-mms-messages,
https://infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-outbound-sms-message-report,
https://www.infobip.com/docs/developer-resources/api-fundamentals/message-status-codes,
https://infobip.com/docs/essentials/api-essentials/response-status-and-error-codes.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_PHONE, posted, read_back

from domain.basic_auth import basic_credentials
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient
from domain.signature import explain_signature, verify
from providers import infobip

URL = "https://inlet.example/webhooks/infobip/tok"
ID = "817790313235066447"
RECEIVED: dict[str, Any] = {
    "messageId": ID,
    "from": "385916242493",
    "to": "385921004026",
    "text": "QUIZ Correct answer is Paris",
    "cleanText": "Correct answer is Paris",
    "keyword": "QUIZ",
    "receivedAt": "2016-10-06T09:28:39.220+0000",
    "smsCount": 1,
    "price": {"pricePerMessage": 0, "currency": "EUR"},
    "callbackData": "callbackData",
}
MMS: dict[str, Any] = {
    "from": "41793026727",
    "to": "25256",
    "receivedAt": "2016-10-06T09:28:39.220+0000",
    "messageId": ID,
    "userAgent": "iPhone_12_Pro_Max_A2342",
    "message": [
        {"contentType": "application/smil", "value": "<smil/>"},
        {"contentType": "image/jpeg", "url": "https://examplelink.com/123456"},
        {"contentType": "text/plain; charset=utf-8", "value": "This is message text"},
        {"contentType": "text/plain", "value": "and more"},
    ],
    "price": {"pricePerMessage": 0, "currency": "EUR"},
}
REPORT: dict[str, Any] = {
    "bulkId": "BULK-ID-123-xyz",
    "messageId": "MESSAGE-ID-123-xyz",
    "to": "41793026727",
    "sender": "InfoSMS",
    "sentAt": "2019-11-09T16:00:00.000+0100",
    "doneAt": "2019-11-09T16:00:04.500+0100",
    "messageCount": 1,
    "mccMnc": "22801",
    "status": {
        "groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET",
        "description": "Message delivered to handset",
    },
    "error": {
        "groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "description": "No Error",
        "permanent": False,
    },
}  # fmt: skip


def results(*elements: object) -> Delivery:
    return posted(msgspec.json.encode({"results": elements, "messageCount": len(elements)}))


def message(base: dict[str, Any], **changes: object) -> InboundMessage:
    written = {name.replace("sender", "from"): value for name, value in changes.items()}
    reading = read_back(infobip, results(base | written), "sms")
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(group: str | None, name: str | None, **changes: object) -> DeliveryReceipt:
    status = {"status": {"groupName": group, "name": name}}
    reading = read_back(infobip, results(REPORT | status | changes), "sms")
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_reads_an_sms_whole_with_its_keyword() -> None:
    """Numbers come without a plus, and the offset of a time without a colon."""
    assert message(RECEIVED) == InboundMessage(
        kind="sms",
        provider_message_id=ID,
        sender="+385916242493",
        recipients=(Recipient(role="to", address="+385921004026"),),
        body="QUIZ Correct answer is Paris",
        sent_at=datetime(2016, 10, 6, 9, 28, 39, 220_000, tzinfo=UTC),
    )


def test_an_odd_result_harms_no_other() -> None:
    """Elsewhere one name as sender, or one word that is not known, refuses them all."""
    named = RECEIVED | {"messageId": "named", "from": "InfoSMS"}
    new_word = REPORT | {"status": {"groupName": "PONDERED", "name": "PONDERED_LONG"}}
    odd: list[object] = [{}, 7, None, RECEIVED | {"messageId": None}, RECEIVED | {"from": {"a": 1}}]
    events = infobip.split(results(RECEIVED, *odd, named, new_word), "sms")
    assert [event.kind for event in events] == [
        "message", *(["unreadable"] * len(odd)), "message", "receipt",
    ]  # fmt: skip
    assert message(named).sender == "InfoSMS"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"results": null}', b'{"results": {}}', b"\xff", b"[" * 100_000]
)
def test_what_has_no_results_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        infobip.split(posted(body), "sms")


def test_results_are_bounded_and_may_be_none() -> None:
    assert infobip.split(results(), "sms") == []
    with pytest.raises(Unreadable, match="results"):
        infobip.split(results(*[0] * 1_001), "sms")


def test_one_bad_byte_loses_no_result() -> None:
    body = results(RECEIVED, RECEIVED | {"messageId": "2"}).body.replace(b"Paris", b"Par\xffs")
    events = infobip.split(posted(body), "sms")
    assert [event.kind for event in events] == ["message", "message"]


def test_a_time_that_cannot_be_read_refuses_nothing() -> None:
    odd: list[object] = [None, "yesterday", [], {"a": 1}]
    for moment in odd:
        assert message(RECEIVED, receivedAt=moment).sent_at is None


def test_reads_an_mms() -> None:
    read = message(MMS)
    assert (read.kind, read.sender) == ("mms", "+41793026727")
    assert read.recipients == (Recipient(role="to", address="25256"),)
    assert read.body == "This is message text\nand more"
    assert read.attachments == (
        Attachment(url="https://examplelink.com/123456", content_type="image/jpeg"),
    )


def test_parts_are_bounded() -> None:
    many = [{"contentType": "image/png", "url": f"https://x.test/{n}"} for n in range(200)]
    assert len(message(MMS, message=many).attachments) == 50


@pytest.mark.parametrize(
    ("base", "changes", "says"),
    [
        (RECEIVED, {"text": None}, "text"),
        (MMS, {"message": []}, "text"),
        (RECEIVED, {"sender": None}, "from"),
        (RECEIVED, {"sender": " \0"}, "from"),
    ],
)
def test_a_message_without_its_parts_is_unreadable(
    base: dict[str, Any], changes: dict[str, object], says: str
) -> None:
    with pytest.raises(Unreadable, match=says):
        message(base, **changes)


def test_a_text_may_be_empty_and_need_not_say_to_whom() -> None:
    read = message(RECEIVED, text="", to=None)
    assert (read.body, read.recipients) == ("", (Recipient(role="to", address=OWN_PHONE),))


def test_reads_a_receipt() -> None:
    reading = read_back(infobip, results(REPORT), "sms")
    assert reading == DeliveryReceipt(
        provider_message_id="MESSAGE-ID-123-xyz",
        status="delivered",
        provider_status="DELIVERED",
        occurred_at=datetime(2019, 11, 9, 15, 0, 4, 500_000, tzinfo=UTC),
        recipients=("+41793026727",),
    )


@pytest.mark.parametrize(
    ("group", "name", "word", "status"),
    [
        ("ACCEPTED", "MESSAGE_ACCEPTED", "ACCEPTED", "queued"),
        ("PENDING", "PENDING_ENROUTE", "PENDING", "queued"),
        ("DELIVERED", "DELIVERED_TO_HANDSET", "DELIVERED", "delivered"),
        ("DELIVERED", "DELIVERED_TO_OPERATOR", "DELIVERED_TO_OPERATOR", "sent"),
        ("UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED", "UNDELIVERABLE", "failed"),
        ("EXPIRED", "EXPIRED_EXPIRED", "EXPIRED", "failed"),
        ("EXPIRED", "EXPIRED_DLR_UNKNOWN", "EXPIRED_DLR_UNKNOWN", "unknown"),
        ("REJECTED", "REJECTED_NETWORK", "REJECTED", "failed"),
        ("PONDERED", "PONDERED_LONG", "PONDERED", "unknown"),
        (None, "PONDERED_LONG", "PONDERED_LONG", "unknown"),
        (None, None, "unknown", "unknown"),
    ],
)
def test_every_status_has_a_meaning(
    group: str | None, name: str | None, word: str, status: str
) -> None:
    """The operator's having it is in the group DELIVERED, and is not yet delivery."""
    read = receipt(group, name)
    assert (read.status, read.provider_status) == (status, word)
    told = REPORT | {"status": {"groupName": group, "name": name}}
    (event,) = infobip.split(results(told), "sms")
    assert event.dedup_key == f"receipt:MESSAGE-ID-123-xyz:{word}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("EC_ABSENT_SUBSCRIBER", "EC_ABSENT_SUBSCRIBER"),
        ("NO_ERROR", "UNDELIVERABLE_NOT_DELIVERED"),
        (None, "UNDELIVERABLE_NOT_DELIVERED"),
        ("see +1415", None),
    ],
)
def test_a_failure_says_why(error: str | None, code: str | None) -> None:
    told = {"error": {"groupName": "HANDSET_ERRORS", "name": error, "permanent": True}}
    assert receipt("UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED", **told).error_code == code
    assert receipt("DELIVERED", "DELIVERED_TO_HANDSET", **told).error_code is None
    assert receipt("UNDELIVERABLE", "UNDELIVERABLE_NOT_SENT", error=None).error_code == (
        "UNDELIVERABLE_NOT_SENT"
    )
    assert infobip.explain("REJECTED_NETWORK").startswith("the account is not set up")
    assert infobip.explain("EC_X") == "Infobip did not deliver it (error EC_X)"


@pytest.mark.parametrize(
    ("query", "header", "reason"),
    [
        ("?password=a%20password", None, "verified"),
        ("?password=wrong", None, "bad_signature"),
        ("", None, "missing_signature"),
        ("", "a password", "verified"),
    ],
)
def test_the_password_is_in_the_url_or_in_the_credentials(
    query: str, header: str | None, reason: str
) -> None:
    headers = {"authorization": basic_credentials("any", header)} if header else {}
    delivery = posted(b"{}", headers, URL + query)
    signed = infobip.signed(delivery, ["a password", "the old one"], NOW)
    assert verify(signed).reason == reason
    assert "a password" not in str(explain_signature(signed))
