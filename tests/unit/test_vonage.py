"""What Vonage's two APIs post, and what becomes of it.

Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms (messages),
https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts (receipts),
https://developer.vonage.com/en/api/messages-olympus (Messages API)
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from samples import NOW, OWN_PHONE, read_back
from vonage_samples import MESSAGE, RECEIPT, SMS, SMS_KIND, WAYS, as_json, form, message, part

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    MessagePart,
    ReceiptStatus,
    Recipient,
)
from providers import vonage


def receipt(delivery: Delivery) -> DeliveryReceipt:
    reading = read_back(vonage, delivery, SMS_KIND)
    assert isinstance(reading, DeliveryReceipt)
    return reading


@WAYS
def test_reads_an_sms(write: Any) -> None:
    assert message(write(SMS)) == InboundMessage(
        kind="sms",
        provider_message_id="0A0000000123ABCD1",
        sender="+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello world",
        sent_at=NOW,
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("447700900001", "+447700900001"),
        ("+447700900001", "+447700900001"),
        ("72345", "72345"),
        ("AcmeInc", "AcmeInc"),
        ("0049301234567", "0049301234567"),
    ],
)
def test_numbers_have_no_plus(written: str, read: str) -> None:
    assert message(form(SMS | {"msisdn": written})).sender == read
    assert message(as_json(MESSAGE | {"from": written})).sender == read


CONCAT = {"concat": "true", "concat-ref": "1", "concat-total": "3", "concat-part": "2"}


@WAYS
def test_a_part_of_a_long_text_says_which_it_is(write: Any) -> None:
    """Each has an id of its own; not all carriers say of what it is a part."""
    delivery = write(SMS | CONCAT)
    read = part(delivery)
    assert read == MessagePart(message=message(form(SMS)), reference="1", number=2, total=3)
    (event,) = vonage.split(delivery, SMS_KIND)
    assert event.dedup_key == "message:0A0000000123ABCD1"


def test_a_part_by_json_may_have_numbers_and_a_truth() -> None:
    given = {"concat": True, "concat-ref": 1, "concat-total": 3, "concat-part": 2}
    assert part(as_json(SMS | given)) == part(form(SMS | CONCAT))


@pytest.mark.parametrize(
    "changes",
    [{"concat": "false"}, {"concat-part": "many"}, {"concat-total": ""}, {"concat-part": "1000"}],
)
def test_what_does_not_say_which_part_it_is_stands_for_itself(changes: dict[str, str]) -> None:
    assert message(form(SMS | CONCAT | changes)) == message(form(SMS))
    far = message(form(SMS | {"message-timestamp": "9999-12-31 23:59:59.999999"}))
    assert far.sent_at == datetime.max.replace(tzinfo=UTC)


def test_a_binary_message_is_a_file() -> None:
    fields = {name: text for name, text in SMS.items() if name != "text"} | {"type": "binary"}
    read = message(form(fields | {"data": "00ff10", "udh": "050003010101"}))
    assert read.attachments == (
        Attachment(content=b"\x00\xff\x10", content_type="application/octet-stream"),
    )
    assert message(form(fields | {"data": "no hex"})).attachments[0].content == b"no hex"


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("2024-11-01 14:00:00", 0),
        ("2024-11-01T14:00:01.000+00:00", 1),
        ("2024-11-01T14:00:00 00:00", 0),  # a plus that a form has as a space; then `timestamp`
        ("soon", 0),
    ],
)
def test_times_come_in_more_than_one_form(moment: str, seconds: int) -> None:
    read = message(form(SMS | {"message-timestamp": moment}))
    assert read.sent_at == NOW + timedelta(seconds=seconds)
    assert message(as_json(MESSAGE | {"timestamp": "2024-11-01 14:00:00 UTC"})).sent_at == NOW


@pytest.mark.parametrize(
    ("name", "says"), [("messageId", "messageId"), ("msisdn", "msisdn"), ("text", "text")]
)
def test_an_sms_without_its_parts_is_unreadable(name: str, says: str) -> None:
    fields = {each: text for each, text in SMS.items() if each != name}
    with pytest.raises(Unreadable, match=says):
        message(form(fields))
    assert message(form({each: SMS[each] for each in ("msisdn", "messageId", "text")})).recipients


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", "sent"),
        ("buffered", "queued"),
        ("delivered", "delivered"),
        ("expired", "failed"),
        ("failed", "failed"),
        ("rejected", "failed"),
        ("unknown", "unknown"),
        ("a new word", "unknown"),
    ],
)
@WAYS
def test_every_word_of_a_receipt_has_a_meaning(
    write: Any, word: str, status: ReceiptStatus
) -> None:
    delivery = write(RECEIPT | {"status": word})
    assert receipt(delivery) == DeliveryReceipt(
        provider_message_id="0B00000127FDBC63",
        status=status,
        provider_status=word,
        occurred_at=NOW,
    )
    (event,) = vonage.split(delivery, SMS_KIND)
    assert (event.kind, event.dedup_key) == ("receipt", f"receipt:0B00000127FDBC63:{word}:0")


def test_a_receipt_has_its_code_and_its_reason() -> None:
    failed = receipt(form(RECEIPT | {"status": "failed", "err-code": "6"}))
    assert (failed.status, failed.error_code) == ("failed", "6")
    assert vonage.explain("6") == "a carrier took it for spam"
    assert vonage.explain("98") == "Vonage did not deliver it (error 98)"


def test_reads_a_message_of_the_messages_api() -> None:
    expected = InboundMessage(
        kind="sms",
        provider_message_id="aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
        sender="+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello From Vonage!",
        sent_at=NOW,
    )
    more = {"sms": {"num_messages": "2"}, "usage": {"price": "0.0333", "currency": "EUR"}}
    assert message(as_json(MESSAGE)) == message(as_json(MESSAGE | more)) == expected
    old = {
        "message_uuid": MESSAGE["message_uuid"],
        "timestamp": MESSAGE["timestamp"],
        "to": {"type": "sms", "number": "14155550199"},
        "from": {"type": "sms", "number": "14155550100"},
        "message": {"content": {"type": "text", "text": "Hello From Vonage!"}},
    }
    assert message(as_json(old)) == expected


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file", "vcard"])
def test_reads_an_mms(kind: str) -> None:
    """https://developer.vonage.com/en/messages/concepts/mms"""
    fields = {name: value for name, value in MESSAGE.items() if name != "text"}
    place = "https://api-us.nexmo.com/v3/media/1b456509-974c-458b-aafa-45fc48a4d976"
    media = {"channel": "mms", "message_type": kind, kind: {"url": place, "caption": "See"}}
    read = message(as_json(fields | media))
    assert (read.kind, read.body, read.attachments) == ("mms", "See", (Attachment(url=place),))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channel": "viber_service"}, "channel"),
        ({"text": None, "message_type": "unsupported"}, "message_type"),
        ({"from": None}, "from"),
        ({"from": {"type": "messenger", "id": "0123456789"}}, "from"),
        ({"message_uuid": ""}, "message_uuid"),
        ({"message_uuid": None}, "message_uuid"),
    ],
)
def test_what_is_no_text_message_is_unreadable(changes: dict[str, object], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        message(as_json(MESSAGE | changes))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("submitted", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("rejected", "failed"),
        ("undeliverable", "failed"),
        ("a new word", "unknown"),
    ],
)
def test_every_status_of_the_messages_api_has_a_meaning(word: str, status: ReceiptStatus) -> None:
    fields = {
        name: MESSAGE[name] for name in ("message_uuid", "to", "from", "timestamp", "channel")
    }
    read = receipt(as_json(fields | {"status": word}))
    assert (read.status, read.provider_status, read.occurred_at) == (status, word, NOW)
    kind = "https://developer.vonage.com/api-errors/messages-olympus#1050"
    for error in ({"type": kind, "title": 1050, "detail": "..."}, {"code": 1050, "reason": "..."}):
        failed = receipt(as_json(fields | {"status": word, "error": error}))
        assert failed.error_code == "1050"
    assert vonage.explain("1050") == "the number is barred at Vonage"
