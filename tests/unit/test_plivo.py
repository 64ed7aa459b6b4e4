"""Plivo's forms and JSON.

Source: messages, https://docs.plivo.com/docs/messaging/api/message/handling-incoming
Source: statuses, https://docs.plivo.com/docs/messaging/api/message/message-status-callbacks
Source: sending, https://docs.plivo.com/docs/messaging/api/message/send-a-message and
https://docs.plivo.com/docs/messaging/api/response
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel, claimed, posted, read_back
from test_sending_providers import TEXT

from domain.address import can_receive, canonicalise
from domain.channel import ChannelKind
from domain.delivery import AUTHENTIC, Delivery
from domain.errors import Unreadable
from domain.form import FORM
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import verify
from providers import plivo
from simulation import PLAYED_SENDERS

SMS_KIND: ChannelKind = "sms"
UUID = "5b40a428-bfc7-4daf-9d06-726c558bf3b8"
SMS = {
    "MessageUUID": UUID,
    "From": "14155550100",
    "To": "14155550199",
    "Type": "sms",
    "Text": "Grüße & 10% = 👍",
    "Units": "1",
    "TotalRate": "0.00000",
    "TotalAmount": "0.00000",
    "MessageIntent": "",
    "PowerpackUUID": "",
}
MMS: dict[str, str | None] = {
    "Type": "mms",
    "Text": None,
    "Body": "Look",
    "MediaCount": "2",
    "Media1": "https://media.plivo.com/Account/MA/Media/1.png",
    "Media2": "https://media.plivo.com/Account/MA/Media/2.png",
}
STATUS = {
    "MessageUUID": UUID,
    "ParentMessageUUID": "another",
    "PartInfo": "1 of 1",
    "From": "14155550199",
    "To": "14155550100",
    "Type": "sms",
    "Status": "delivered",
    "Units": "1",
    "MCC": "310",
    "MNC": "260",
    "Sequence": "3",
    "MessageTime": "2024-11-01 13:59:57.000001",
    "QueuedTime": "2024-11-01 13:59:58.000001",
    "SentTime": "2024-11-01 13:59:59.000001",
    "DeliveryReportTime": "2024-11-01 14:00:01.250000",
}
SENDS = replace(channel("plivo", "sms", ("token",), "token"), account="MA123")


def form(**changes: str | None) -> Delivery:
    return written(SMS, changes)


def written(base: dict[str, str], changes: dict[str, str | None]) -> Delivery:
    fields = {name: value for name, value in (base | changes).items() if value is not None}
    return posted(urlencode(fields).encode(), {"content-type": FORM})


def message(**changes: str | None) -> InboundMessage:
    reading = read_back(plivo, form(**changes), SMS_KIND)
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(**changes: str | None) -> DeliveryReceipt:
    reading = read_back(plivo, written(STATUS, changes), SMS_KIND)
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_an_sms_is_read() -> None:
    assert message() == InboundMessage(
        kind="sms",
        provider_message_id=UUID,
        sender="+14155550100",
        recipients=(Recipient(role="to", address="+14155550199"),),
        body="Grüße & 10% = 👍",
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("6598765432", "+6598765432"),  # of Singapore, and not of Alabama
        ("+6598765432", "+6598765432"),
        ("447911123456", "+447911123456"),
        ("72345", "72345"),
        ("Plivo", "Plivo"),
    ],
)
def test_numbers_without_plus_are_international(written: str, value: str) -> None:
    sender = canonicalise(message(From=written).sender, "sms", "US")
    assert sender.address.value == value


def test_an_mms_has_its_text_in_another_field_and_no_types() -> None:
    read = message(**MMS)
    assert (read.kind, read.body) == ("mms", "Look")
    assert read.attachments == (
        Attachment(url="https://media.plivo.com/Account/MA/Media/1.png"),
        Attachment(url="https://media.plivo.com/Account/MA/Media/2.png"),
    )


def test_media_are_counted_from_nought_or_from_one() -> None:
    """A page of Plivo's help has Media0 as the first: https://support.plivo.com."""
    read = message(**{**MMS, "Media1": None, "Media0": "https://media.plivo.com/0.png"})
    assert [file.url for file in read.attachments] == [
        "https://media.plivo.com/0.png",
        "https://media.plivo.com/Account/MA/Media/2.png",
    ]
    many = {f"Media{n}": f"https://media.plivo.com/{n}" for n in range(200)}
    assert len(message(**{**MMS, **many}).attachments) == 50


def test_a_picture_that_plivo_could_not_keep_is_still_a_message() -> None:
    read = message(Type="mms", Text=None, MediaCount="0", ErrorCode="450")
    assert (read.body, read.attachments) == ("", ())


def test_whoever_writes_by_whatsapp_is_answered_there() -> None:
    read = message(
        Type="whatsapp",
        Text=None,
        Body="Hi",
        ContentType="media",
        MimeType="image/png",
        Media0="https://media.plivo.com/0.png",
    )
    assert read.sender == "whatsapp:+14155550100"
    assert read.recipients == (Recipient(role="to", address="+14155550199"),)
    assert (read.kind, read.body, read.shape) == ("whatsapp", "Hi", None)
    assert [file.content_type for file in read.attachments] == ["image/png"]
    sender = canonicalise(read.sender, "sms", "US").address.value
    assert can_receive(sender, "sms")
    answer = replace(TEXT, to=(sender,))
    sent = msgspec.json.decode(plivo.compose_send(answer, SENDS, NOW).body)
    assert (sent["dst"], sent["type"]) == ("+14155550100", "whatsapp")


@pytest.mark.parametrize(
    ("content_type", "body", "shape", "shown"),
    [
        ("text", "Hi", None, "Hi"),
        ("button", "Yes", "choice", "Yes"),
        ("button", "", "choice", "A button was tapped"),
        (
            "unknown",
            "",
            "unsupported",
            "A message of the type “unknown”, which cannot be shown here",
        ),
        (
            "location",
            "",
            "unsupported",
            "A message of the type “location”, which cannot be shown here",
        ),
        ("media", "", "unsupported", "A message of the type “media”, which cannot be shown here"),
        ("unknown", "Hi", None, "Hi"),
    ],
)
def test_whatsapp_is_never_blank(
    content_type: str, body: str, shape: str | None, shown: str
) -> None:
    """Plivo has fields for text, media and buttons alone."""
    read = message(Type="whatsapp", Text=None, Body=body, ContentType=content_type)
    assert (read.kind, read.shape, read.body) == ("whatsapp", shape, shown)


def test_who_has_no_number_on_whatsapp_is_kept_as_written() -> None:
    assert message(Type="whatsapp", Text=None, Body="Hi", From="US.1a2b").sender == (
        "whatsapp:US.1a2b"
    )


@pytest.mark.parametrize(
    ("intent", "consent"),
    [("optout", "opt_out"), ("optin", "opt_in"), ("help", "help"), ("", None)],
)
def test_stop_is_a_message_and_what_plivo_takes_it_for(intent: str, consent: str | None) -> None:
    """https://plivo.com/docs/messaging/api/message/handling-incoming"""
    read = message(Text="STOP", MessageIntent=intent)
    assert (read.body, read.consent and read.consent.consent) == ("STOP", consent)


def test_a_get_carries_its_fields_in_the_query() -> None:
    url = f"https://inlet.example/webhooks/plivo/tok?{urlencode(SMS)}"
    read = read_back(plivo, posted(b"", url=url, method="GET"), SMS_KIND)
    assert isinstance(read, InboundMessage)
    assert (read.provider_message_id, read.body) == (UUID, SMS["Text"])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"MessageUUID": None}, "MessageUUID"),
        ({"MessageUUID": " "}, "MessageUUID"),
        ({"From": None}, "From"),
        ({"From": " "}, "From"),
        ({"Text": None}, "Text"),
    ],
)
def test_what_is_not_there_is_named(changes: dict[str, str | None], match: str) -> None:
    with pytest.raises(Unreadable, match=match):
        read_back(plivo, form(**changes), SMS_KIND)


def test_a_call_is_no_message() -> None:
    """Source: https://www.plivo.com/docs/account/api/application/, which posts calls, too."""
    call = {"CallUUID": UUID, "From": "14155550100", "CallStatus": "ringing", "Event": "StartApp"}
    with pytest.raises(Unreadable, match="MessageUUID"):
        plivo.split(posted(urlencode(call).encode(), {"content-type": FORM}), SMS_KIND)


def test_without_a_recipient_it_is_the_channel() -> None:
    assert message(To=None).recipients == (Recipient(role="to", address=OWN_PHONE),)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "queued"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("undelivered", "failed"),
        ("failed", "failed"),
        ("rejected", "failed"),
        ("Delivered", "delivered"),
        ("teleported", "unknown"),
    ],
)
def test_words_of_receipts(word: str, status: str) -> None:
    read = receipt(Status=word)
    assert (read.status, read.provider_status) == (status, word)


def test_a_receipt_is_of_its_message_whatever_is_reserved() -> None:
    (event,) = plivo.split(written(STATUS, {}), SMS_KIND)
    assert event.dedup_key == f"receipt:{UUID}:delivered"
    assert receipt().provider_message_id == UUID


def test_a_message_that_says_that_it_was_received_is_no_receipt() -> None:
    (event,) = plivo.split(form(Status="received"), SMS_KIND)
    assert event.kind == "message"


def test_the_latest_time_of_a_receipt_counts() -> None:
    assert receipt().occurred_at == datetime(2024, 11, 1, 14, 0, 1, 250_000, UTC)
    sent = receipt(Status="sent", DeliveryReportTime="")
    assert sent.occurred_at == datetime(2024, 11, 1, 13, 59, 59, 1, UTC)
    never = dict.fromkeys(("DeliveryReportTime", "SentTime", "QueuedTime", "MessageTime"))
    assert receipt(**never).occurred_at is None
    assert receipt(DeliveryReportTime="yesterday", SentTime=None).occurred_at is not None


@pytest.mark.parametrize(
    ("code", "read"), [("80", "80"), ("000", None), ("", None), (None, None), ("a b", None)]
)
def test_codes_of_receipts(code: str | None, read: str | None) -> None:
    assert receipt(Status="undelivered", ErrorCode=code).error_code == read


def test_codes_are_explained_or_named() -> None:
    assert plivo.explain("200") == "the recipient has opted out by answering STOP"
    assert plivo.explain("9999") == "Plivo did not deliver it (error 9999)"
    assert plivo.explain(None) == "Plivo did not deliver it (error not given)"


def test_json_with_basic_authentication_is_sent() -> None:
    request = plivo.compose_send(TEXT, SENDS, NOW)
    assert (request.method, request.url) == (
        "POST",
        "https://api.plivo.com/v1/Account/MA123/Message/",
    )
    assert request.headers == {
        "authorization": "Basic " + b64encode(b"MA123:token").decode(),
        "content-type": "application/json",
    }
    assert msgspec.json.decode(request.body) == {
        "src": "+14155550199",
        "dst": "+14155550101",
        "text": "Grüße & 10% = 👍",
        "type": "sms",
        "url": TEXT.status_callback,
        "method": "POST",
    }


def test_it_is_sent_elsewhere_if_the_channel_says_so() -> None:
    elsewhere = replace(SENDS, send_url="http://127.0.0.1:9/Message/")
    assert plivo.compose_send(TEXT, elsewhere, NOW).url == "http://127.0.0.1:9/Message/"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, b'{"message": "message(s) queued", "message_uuid": ["u-1"], "api_id": "a"}',
            Sent(provider_message_id="u-1")),
        (202, b'{"message_uuid": "u-1"}', Sent(provider_message_id="u-1")),
        (202, b'{"message_uuid": []}', Sent(provider_message_id=None)),
        (202, b"<html>", Sent(provider_message_id=None)),
        (400, b'{"api_id": "a", "error": "14155550101 is no number"}',
            Failed(code="http_400", reason="Plivo did not deliver it (error http_400)")),
        (401, b"Could not verify your access level", Failed(code="http_401",
            reason="Plivo does not accept the channel's account and auth token")),
        (404, b'{"error": "not found"}',
            Failed(code="http_404", reason="Plivo does not know the channel's account")),
        (429, b'{"error": "rate_limit_exceeded"}',
            Retry(after_seconds=None, code="http_429", detail="the provider answered 429")),
        (500, b"", Retry(after_seconds=None, code="http_500", detail="the provider answered 500")),
    ],
)  # fmt: skip
def test_answers_of_plivo(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert plivo.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize(
    ("changes", "has_credential", "recipients", "says"),
    [
        ({"account": None}, True, 1, "Auth ID"),
        ({}, False, 1, "Auth Token"),
        ({}, True, 2, "one number"),
    ],
)
def test_a_channel_that_cannot_send_says_why(
    changes: dict[str, None], has_credential: bool, recipients: int, says: str
) -> None:
    sends = replace(SENDS, **changes)
    obstacle = plivo.obstacle(sends, has_credential=has_credential, recipients=recipients)
    assert says in (obstacle or "")
    assert plivo.obstacle(SENDS, has_credential=True, recipients=1) is None


def test_a_played_receipt_reads_back() -> None:
    told = DeliveryReceipt(
        provider_message_id=UUID,
        status="failed",
        provider_status="undelivered",
        error_code="80",
        occurred_at=NOW,
    )
    url = "https://inlet.example/webhooks/plivo/tok"
    delivery = PLAYED_SENDERS["plivo"].compose_receipt(told, OWN_PHONE, SENDS, url, NOW)
    assert verify(plivo.signed(delivery, ["token"], NOW)) == AUTHENTIC
    (event,) = plivo.split(delivery, SMS_KIND)
    context = ReadingContext(kind="sms", own_address=OWN_PHONE)
    assert plivo.read(claimed(event, "plivo"), context) == told


def test_plivo_issues_the_secret_and_wants_xml() -> None:
    assert plivo.new_secret() is None
    assert (plivo.SUCCESS.status, plivo.SUCCESS.content_type) == (200, "application/xml")
    assert plivo.SUCCESS.body == b"<Response/>"
