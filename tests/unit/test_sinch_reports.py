"""What Sinch reports of batches: matched by the batch, once for each recipient.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/,
https://developers.sinch.com/docs/sms/api-reference/sms/tag/Delivery-reports/ (words and codes), and
https://github.com/sinch/sinch-sdk-python (tests/e2e/sms/features/steps/webhooks.steps.py)
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel, claimed, posted

from domain.delivery import AUTHENTIC
from domain.errors import Unreadable
from domain.event import InboundEvent
from domain.message import DeliveryReceipt
from domain.provider import ReadingContext
from domain.signature import verify
from providers import sinch
from simulation import PLAYED_SENDERS

BATCH = "01W4FFL35P4NC4K35SMSBATCH9"
CONTEXT = ReadingContext(kind="sms", own_address=OWN_PHONE)
ABOUT_ONE: dict[str, Any] = {
    "type": "recipient_delivery_report_sms",
    "batch_id": BATCH,
    "recipient": "12017777777",
    "code": 0,
    "status": "Delivered",
    "at": "2024-06-06T08:17:19.210Z",
    "operator_status_at": "2024-06-06T08:17:00Z",
    "client_reference": "client-ref",
}
ABOUT_ALL: dict[str, Any] = {
    "type": "delivery_report_sms",
    "batch_id": BATCH,
    "client_reference": "client-ref",
    "total_message_count": 3,
    "statuses": [
        {"code": 0, "count": 2, "status": "Delivered", "recipients": ["12017777777", "336123456"]},
        {"code": 402, "count": 1, "status": "Aborted", "recipients": ["12010000000"]},
    ],
}


def events(base: dict[str, Any], **changes: object) -> list[InboundEvent]:
    fields = {name: value for name, value in (base | changes).items() if value is not None}
    return list(sinch.split(posted(msgspec.json.encode(fields)), "sms"))


def receipts(base: dict[str, Any], **changes: object) -> list[DeliveryReceipt]:
    found: list[DeliveryReceipt] = []
    for event in events(base, **changes):
        reading = sinch.read(claimed(event, "sinch"), CONTEXT)
        assert isinstance(reading, DeliveryReceipt)
        found.append(reading)
    return found


@pytest.mark.parametrize("kind", ["recipient_delivery_report_sms", "recipient_delivery_report_mms"])
def test_a_report_about_a_recipient_is_of_its_batch(kind: str) -> None:
    assert receipts(ABOUT_ONE, type=kind) == [
        DeliveryReceipt(
            provider_message_id=BATCH,
            status="delivered",
            provider_status="Delivered",
            occurred_at=datetime(2024, 6, 6, 8, 17, tzinfo=UTC),
            recipients=("+12017777777",),
        )
    ]


def test_each_recipient_of_a_batch_has_a_receipt_of_their_own() -> None:
    (one,), (other,) = events(ABOUT_ONE), events(ABOUT_ONE, recipient="12010000000")
    assert one.provider_message_id == other.provider_message_id == BATCH
    assert one.dedup_key != other.dedup_key
    assert events(ABOUT_ONE, at="2024-06-06T09:00:00Z")[0].dedup_key == one.dedup_key
    assert events(ABOUT_ONE, recipient="+12017777777")[0].dedup_key == one.dedup_key
    assert events(ABOUT_ONE, status="Dispatched")[0].dedup_key != one.dedup_key


@pytest.mark.parametrize("kind", ["delivery_report_sms", "delivery_report_mms"])
def test_a_full_report_is_taken_apart(kind: str) -> None:
    told = [
        (receipt.provider_message_id, receipt.status, receipt.recipients, receipt.error_code)
        for receipt in receipts(ABOUT_ALL, type=kind)
    ]
    assert told == [
        (BATCH, "delivered", ("+12017777777",), None),
        (BATCH, "delivered", ("+336123456",), None),
        (BATCH, "failed", ("+12010000000",), "402"),
    ]


def test_a_full_report_says_the_same_as_one_about_a_recipient() -> None:
    (one,) = events(ABOUT_ONE)
    assert one.dedup_key in {event.dedup_key for event in events(ABOUT_ALL)}


def test_a_summary_names_nobody() -> None:
    statuses = [{"code": 0, "count": 1, "status": "Delivered"}]
    (receipt,) = receipts(ABOUT_ALL, statuses=statuses, total_message_count=1)
    assert (receipt.status, receipt.recipients) == ("delivered", ())


def test_an_odd_status_harms_no_other() -> None:
    statuses = [7, {"status": ""}, {"code": 0}, {"status": None}, ABOUT_ALL["statuses"][1]]
    found = events(ABOUT_ALL, statuses=statuses)
    assert [event.kind for event in found] == ["unreadable"] * 4 + ["receipt"]


@pytest.mark.parametrize(
    ("base", "changes", "match"),
    [
        (ABOUT_ONE, {"batch_id": None}, "batch_id"),
        (ABOUT_ONE, {"status": None}, "status"),
        (ABOUT_ONE, {"status": " "}, "status"),
        (ABOUT_ALL, {"batch_id": None}, "batch_id"),
        (ABOUT_ALL, {"statuses": None}, "statuses"),
        (ABOUT_ALL, {"statuses": []}, "statuses"),
        (ABOUT_ALL, {"statuses": "many"}, "statuses"),
        (
            ABOUT_ALL,
            {"statuses": [{"status": "Failed", "recipients": ["1"] * 1_001}]},
            "recipients",
        ),
    ],
)
def test_what_is_not_there_is_named(
    base: dict[str, Any], changes: dict[str, object], match: str
) -> None:
    with pytest.raises(Unreadable, match=match):
        events(base, **changes)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Queued", "queued"),
        ("Dispatched", "sent"),
        ("Delivered", "delivered"),
        ("DELIVERED", "delivered"),
        ("Aborted", "failed"),
        ("Cancelled", "failed"),
        ("Rejected", "failed"),
        ("Deleted", "failed"),
        ("Failed", "failed"),
        ("Expired", "failed"),
        ("Unknown", "unknown"),
        ("Teleported", "unknown"),
    ],
)
def test_words_of_reports(word: str, status: str) -> None:
    (receipt,) = receipts(ABOUT_ONE, status=word)
    assert (receipt.status, receipt.provider_status) == (status, word)


@pytest.mark.parametrize(
    ("word", "code", "read"),
    [
        ("Queued", 400, None),
        ("Dispatched", 401, None),
        ("Delivered", 0, None),
        ("Aborted", 412, "412"),
        ("Failed", "27", "27"),
        ("Failed", None, None),
        ("Failed", [], None),
    ],
)
def test_only_what_failed_has_an_error(word: str, code: object, read: str | None) -> None:
    (receipt,) = receipts(ABOUT_ONE, status=word, code=code)
    assert receipt.error_code == read


def test_codes_are_explained_or_named() -> None:
    assert sinch.explain("405") == "the text has ${...} in it, which Sinch takes for a parameter"
    assert sinch.explain("27") == "Sinch did not deliver it (error 27)"


def test_a_played_report_reads_back() -> None:
    told = DeliveryReceipt(
        provider_message_id=BATCH,
        status="failed",
        provider_status="Failed",
        error_code="30003",
        occurred_at=NOW,
        recipients=("+14155550101",),
    )
    sends = replace(channel("sinch", "sms", ("a secret",), "token"), account="plan")
    url = "https://inlet.example/webhooks/sinch/tok"
    delivery = PLAYED_SENDERS["sinch"].compose_receipt(told, OWN_PHONE, sends, url, NOW)
    assert verify(sinch.signed(delivery, ["a secret"], NOW)) == AUTHENTIC
    (event,) = sinch.split(delivery, "sms")
    assert sinch.read(claimed(event, "sinch"), CONTEXT) == told
