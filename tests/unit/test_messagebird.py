"""What MessageBird posts and asks for, and what becomes of it.

Source: https://developers.messagebird.com/api/sms-messaging/ (receiving),
https://support.messagebird.com/hc/en-us/articles/360001869258 (status reports)
"""

from dataclasses import replace
from typing import Any

import pytest
from messagebird_samples import (
    HOOK,
    KIND,
    REPORT,
    SHORT,
    SMS,
    WAYS,
    as_json,
    as_query,
    form,
    message,
)
from samples import NOW, OWN_PHONE, posted, read_back

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, ReceiptStatus, Recipient
from providers import messagebird


def receipt(delivery: Delivery) -> DeliveryReceipt:
    reading = read_back(messagebird, delivery, KIND)
    assert isinstance(reading, DeliveryReceipt)
    return reading


@WAYS
def test_reads_an_sms(write: Any) -> None:
    assert message(write(SMS)) == InboundMessage(
        kind="sms",
        provider_message_id="3b53c137369242138120d6b0b2122607",
        sender="+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello world",
        sent_at=NOW,
    )


def test_reads_what_came_to_a_short_code() -> None:
    """It has other names for the id and the text, and a time without separators."""
    read = message(form(SHORT))
    assert (read.provider_message_id, read.body, read.sent_at) == (SHORT["mid"], "Test again", NOW)
    assert read.recipients == (Recipient(role="to", address="51515"),)
    (event,) = messagebird.split(form(SHORT), KIND)
    assert event.dedup_key == f"message:{SHORT['mid']}"


def test_the_last_of_a_repeated_field_counts() -> None:
    """handlers/messagebird/handler_test.go of https://github.com/nyaruka/courier has such a form"""
    body = (
        b"receiver=18005551515&sender=18885551515&body=Test+again&date=1690386569&reference=1"
        b"&id=b6aae1b5dfb2427a8f7ea6a717ba31a9&id=3b53c137369242138120d6b0b2122607"
        b"&recipient=18005551515&originator=18885551515&body=Test+3"
        b"&receive_datetime=2024-11-01T14%3A00%3A00%2B00%3A00&mms=false"
    )
    read = message(posted(body, {"content-type": "application/x-www-form-urlencoded"}))
    assert read == InboundMessage(
        kind="sms",
        provider_message_id="3b53c137369242138120d6b0b2122607",
        sender="+18885551515",
        recipients=(Recipient(role="to", address="+18005551515"),),
        body="Test 3",
        sent_at=NOW,
    )


@pytest.mark.parametrize("name", ["mediaUrls", "mediaURLs", "mediaUrls[]", "mediaUrls[0]"])
def test_reads_an_mms(name: str) -> None:
    place = "https://media.messagebird.com/v1/media/1.jpg"
    fields = {each: text for each, text in SMS.items() if each != "body"} | {"mms": "true"}
    read = message(form(fields | {name: place}))
    assert (read.kind, read.body, read.attachments) == ("mms", "", (Attachment(url=place),))
    several = message(as_json(fields | {name: [place, f"{place}?2", {}]}))
    assert [file.url for file in several.attachments] == [place, f"{place}?2"]
    assert len(message(as_json(fields | {name: [place] * 99})).attachments) == 50


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("447700900001", "+447700900001"),
        ("+447700900001", "+447700900001"),
        ("72345", "72345"),
        ("AcmeInc", "AcmeInc"),
    ],
)
def test_numbers_have_no_plus(written: str, read: str) -> None:
    assert message(form(SMS | {"originator": written})).sender == read
    assert message(form(SMS | {"originator": "", "sender": written})).sender == read


@pytest.mark.parametrize(
    ("moment", "is_read"),
    [
        ("2024-11-01T15:00:00+01:00", True),
        ("2024-11-01T14:00:00 00:00", True),  # a plus that nobody escaped
        ("20241101140000", True),
        ("20241399999999", False),
        ("soon", False),
    ],
)
def test_times_come_in_more_than_one_form(moment: str, is_read: bool) -> None:
    for name in ("createdDatetime", "receive_datetime"):
        read = message(form(SMS | {"createdDatetime": "", name: moment}))
        assert read.sent_at == (NOW if is_read else None)


@pytest.mark.parametrize(
    ("name", "says"), [("id", "id"), ("originator", "originator"), ("body", "body")]
)
@WAYS
def test_an_sms_without_its_parts_is_unreadable(write: Any, name: str, says: str) -> None:
    fields = {each: text for each, text in SMS.items() if each != name}
    with pytest.raises(Unreadable, match=says):
        message(write(fields))


def test_what_it_takes_is_enough() -> None:
    least = message(form({name: SMS[name] for name in ("id", "originator", "body")}))
    assert (least.recipients[0].address, least.sent_at) == (OWN_PHONE, None)
    assert message(form(SMS | {"body": ""})).body == ""
    with pytest.raises(Unreadable, match="JSON"):
        messagebird.split(posted(b'{"id": "1", '), KIND)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("scheduled", "queued"),
        ("sent", "sent"),
        ("buffered", "sent"),
        ("delivered", "delivered"),
        ("expired", "failed"),
        ("delivery_failed", "failed"),
        ("expiryttd", "unknown"),
        ("a new word", "unknown"),
    ],
)
def test_every_word_of_a_status_report_has_a_meaning(word: str, status: ReceiptStatus) -> None:
    delivery = as_query(REPORT | {"status": word})
    assert receipt(delivery) == DeliveryReceipt(
        provider_message_id="e8077d803532c0b5937c639b60216938",
        status=status,
        provider_status=word,
        occurred_at=NOW,
    )
    (event,) = messagebird.split(delivery, KIND)
    assert (event.kind, event.dedup_key) == (
        "receipt", f"receipt:e8077d803532c0b5937c639b60216938:{word}",
    )  # fmt: skip


def test_a_status_report_has_its_code_and_its_reason() -> None:
    delivery = as_query(REPORT | {"status": "delivery_failed", "statusErrorCode": "103"})
    failed = receipt(delivery)
    assert (failed.status, failed.error_code) == ("failed", "103")
    (event,) = messagebird.split(delivery, KIND)
    assert event.dedup_key.endswith(":delivery_failed:103")
    assert messagebird.explain("103") == "the recipient has opted out by answering STOP"
    assert messagebird.explain("9") == "MessageBird did not deliver it (error 9)"
    for code in ("0", "", "a sentence"):
        assert receipt(as_query(REPORT | {"statusErrorCode": code})).error_code is None


def test_a_status_report_without_an_id_is_unreadable() -> None:
    """Its `reference` is ours, and known only once what was sent is."""
    with pytest.raises(Unreadable, match="id"):
        messagebird.split(as_query({name: REPORT[name] for name in ("status", "reference")}), KIND)


def test_a_query_of_a_post_is_not_read() -> None:
    delivery = replace(form(SMS), url=f"{HOOK}?status=delivered&id=1")
    assert message(delivery).body == "Hello world"
    assert messagebird.answer(delivery, ()).body == b"OK"
