"""Twilio's forms.

Source: message fields, https://www.twilio.com/docs/messaging/guides/webhook-request
Source: status fields,
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
"""

from urllib.parse import urlencode

import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back

from domain.channel import ChannelKind
from domain.delivery import AUTHENTIC, Delivery
from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient
from domain.signature import verify
from providers import twilio
from simulation import PLAYED

SMS_KIND: ChannelKind = "sms"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
# https://www.twilio.com/docs/messaging/guides/webhook-request
SMS = {
    "ToCountry": "US",
    "MessageSid": "SM" + "1" * 32,
    "SmsSid": "SM" + "1" * 32,
    "SmsMessageSid": "SM" + "1" * 32,
    "AccountSid": "AC" + "2" * 32,
    "SmsStatus": "received",
    "From": "+14155550100",
    "To": OWN_PHONE,
    "Body": "Hello",
    "NumMedia": "0",
    "NumSegments": "1",
    "ApiVersion": "2010-04-01",
}
MEDIA = {
    "NumMedia": "2",
    "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME0",
    "MediaContentType0": "image/png",
    "MediaUrl1": "https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME1",
}
# https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
STATUS = {
    "SmsSid": "SM" + "3" * 32,
    "SmsStatus": "sent",
    "MessageStatus": "sent",
    "To": "+14155550100",
    "MessageSid": "SM" + "3" * 32,
    "AccountSid": "AC" + "2" * 32,
    "From": OWN_PHONE,
    "ApiVersion": "2010-04-01",
}


def form(base: dict[str, str], **changes: str | None) -> Delivery:
    fields = {name: value for name, value in (base | changes).items() if value is not None}
    return posted(urlencode(fields).encode(), {"content-type": FORM})


def message(base: dict[str, str], **changes: str | None) -> InboundMessage:
    reading = read_back(twilio, form(base, **changes), SMS_KIND)
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(base: dict[str, str], **changes: str | None) -> DeliveryReceipt:
    reading = read_back(twilio, form(base, **changes), SMS_KIND)
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_reads_an_sms() -> None:
    assert message(SMS) == InboundMessage(
        kind="sms",
        provider_message_id="SM" + "1" * 32,
        sender="+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello",
    )


def test_reads_an_mms() -> None:
    read = message(SMS | MEDIA)
    assert read.kind == "mms"
    assert read.attachments == (
        Attachment(url=MEDIA["MediaUrl0"], content_type="image/png"),
        Attachment(url=MEDIA["MediaUrl1"]),
    )
    assert message(SMS, MessageSid="MM" + "1" * 32).kind == "mms"


@pytest.mark.parametrize("count", ["many", "-1", "", "99999999999999999999", "0", None])
def test_media_count_for_themselves(count: str | None) -> None:
    assert len(message(SMS | MEDIA, NumMedia=count).attachments) == 2


def test_media_are_bounded_and_in_order() -> None:
    many = {f"MediaUrl{n}": f"https://api.twilio.com/{n}" for n in reversed(range(200))}
    read = message(SMS | many, MediaUrlx="no", MediaUrl007="no", MediaUrl="no", Body=None)
    assert [attachment.url for attachment in read.attachments] == [
        f"https://api.twilio.com/{n}" for n in range(50)
    ]


def test_a_get_carries_the_message_in_its_query() -> None:
    query = urlencode(SMS | {"Body": "a&b=c €"})
    url = f"https://inlet.example/webhooks/twilio/tok?{query}"
    delivery = posted(b"", {}, url, method="GET")
    (event,) = twilio.split(delivery, SMS_KIND)
    assert event.body == query.encode()
    read = read_back(twilio, delivery, SMS_KIND)
    assert isinstance(read, InboundMessage)
    assert read.body == "a&b=c €"


def test_the_first_of_a_repeated_field_counts() -> None:
    body = urlencode([*SMS.items(), ("From", "+19995550100"), ("MessageSid", "SMx")]).encode()
    read = read_back(twilio, posted(body), SMS_KIND)
    assert isinstance(read, InboundMessage)
    assert (read.sender, read.provider_message_id) == (SMS["From"], SMS["MessageSid"])


@pytest.mark.parametrize("name", ["MessageSid", "SmsSid", "SmsMessageSid"])
def test_the_sid_has_three_names(name: str) -> None:
    nameless = {"MessageSid": None, "SmsSid": "", "SmsMessageSid": " "}
    delivery = form(SMS, **(nameless | {name: "SM9"}))
    (event,) = twilio.split(delivery, SMS_KIND)
    assert (event.kind, event.dedup_key) == ("message", "message:SM9")
    with pytest.raises(Unreadable, match="MessageSid"):
        twilio.split(form(SMS, **nameless), SMS_KIND)


@pytest.mark.parametrize("name", ["From", "Body"])
def test_a_message_without_its_parts_is_unreadable(name: str) -> None:
    with pytest.raises(Unreadable, match=name):
        message(SMS, **{name: None})


def test_a_text_may_be_empty_and_need_not_say_to_whom() -> None:
    read = message(SMS, Body="", To=None)
    assert read.body == ""
    assert read.recipients == (Recipient(role="to", address=OWN_PHONE),)


def test_text_is_left_as_it_is_but_for_nul() -> None:
    assert message(SMS, Body="SGVsbG8=").body == "SGVsbG8="
    assert message(SMS, Body=" a\0b\n ").body == " ab\n "
    delivery = posted(urlencode(SMS).encode().replace(b"Hello", b"%ED%A0%80%FFx"))
    read = read_back(twilio, delivery, SMS_KIND)
    assert isinstance(read, InboundMessage)
    assert read.body.strip("\N{REPLACEMENT CHARACTER}") == "x"


def test_reads_a_status() -> None:
    assert receipt(STATUS, MessageStatus="failed", ErrorCode="30003") == DeliveryReceipt(
        provider_message_id="SM" + "3" * 32,
        status="failed",
        provider_status="failed",
        error_code="30003",
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", "queued"),
        ("scheduled", "queued"),
        ("queued", "queued"),
        ("sending", "queued"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("undelivered", "failed"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("partially_delivered", "unknown"),
        ("a new word", "unknown"),
    ],
)
def test_every_status_word_has_a_meaning(word: str, status: str) -> None:
    assert receipt(STATUS, MessageStatus=word).status == status
    assert receipt(STATUS, MessageStatus=None, SmsStatus=word).status == status
    (event,) = twilio.split(form(STATUS, MessageStatus=word), SMS_KIND)
    assert event.dedup_key == f"receipt:{STATUS['MessageSid']}:{word}"


@pytest.mark.parametrize("status", ["received", "receiving", "", None])
def test_a_message_coming_in_is_no_receipt(status: str | None) -> None:
    (event,) = twilio.split(form(SMS, SmsStatus=status), SMS_KIND)
    assert event.kind == "message"


def test_a_composed_form_is_signed_with_the_newest_secret() -> None:
    sample = channel("twilio", "sms", ("new", "old"))
    url = "https://inlet.example/webhooks/twilio/tok"
    delivery = PLAYED["twilio"].compose(message(SMS | MEDIA), sample, url, NOW)
    assert verify(twilio.signed(delivery, ["new"], NOW)) == AUTHENTIC
    assert verify(twilio.signed(delivery, ["old"], NOW)).reason == "bad_signature"
    assert "x-twilio-signature" not in PLAYED["twilio"].compose(
        message(SMS), channel("twilio", "sms"), url, NOW
    ).headers  # fmt: skip


def test_only_twilio_issues_its_secret() -> None:
    assert twilio.new_secret() is None


def test_success_is_a_reply_that_sends_nothing() -> None:
    assert (twilio.SUCCESS.status, twilio.SUCCESS.content_type) == (200, "text/xml")
    assert twilio.SUCCESS.body == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


@pytest.mark.parametrize(
    ("told", "body", "consent"),
    [
        ("STOP", "arret", "opt_out"),
        ("START", "oui", "opt_in"),
        ("HELP", "HELP", "help"),
        (None, "STOP", None),
    ],
)
def test_what_twilio_took_a_text_for(told: str | None, body: str, consent: str | None) -> None:
    """https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out"""
    found = message(SMS, OptOutType=told, Body=body).consent
    assert (found and found.consent) == consent
