"""Twilio's forms and signatures.

Source: message fields, https://www.twilio.com/docs/messaging/guides/webhook-request
Source: status fields,
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
Source: signatures, https://www.twilio.com/docs/usage/webhooks/webhooks-security and the vectors of
https://github.com/twilio/twilio-python/blob/main/tests/unit/test_request_validator.py
"""

import hmac
from base64 import b64encode
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
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TOKEN = "12345"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
CALL_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="

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


def signed(
    signature: str,
    body: bytes = urlencode(CALL).encode(),
    url: str = URL,
    content_type: str = FORM,
    method: str = "POST",
) -> Delivery:
    headers = {"content-type": content_type, "x-twilio-signature": signature}
    return posted(body, headers, url, method)


def sign(text: str, token: str = TOKEN) -> str:
    """Sign as the documentation says, independently of the code under test."""
    return b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


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


@pytest.mark.parametrize(
    "delivery",
    [
        signed(CALL_SIGNATURE),
        signed(CALL_SIGNATURE, content_type=""),
        signed(CALL_SIGNATURE, url=URL.replace(".com", ".com:443")),
        signed(CALL_SIGNATURE, url=URL.replace(".com", ".com:1234")),
        signed("kvajT1Ptam85bY51eRf/AJRuM3w="),  # signed with :443, received without
        signed("0ZXoZLH/DfblKGATFgpif+LLRf4=", url=URL.replace("https", "http")),  # the same, :80
        signed(
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            url=URL.replace(".com", ".com:1234").replace("https", "http"),
        ),
        signed(
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=", b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234"
        ),
        signed(JSON_SIGNATURE, JSON_BODY, f"{URL}&bodySHA256={JSON_HASH}", "application/json"),
        signed(sign(URL), b"", method="GET"),
        signed(sign(f"{URL}A1A2B3"), b"B=3&A=2&A=1&A=2"),
        signed(sign(f"{URL}Body€\U0001f600"), urlencode({"Body": "€\U0001f600"}).encode()),
        signed(sign("https://[::1]:8443/x"), b"", url="https://[::1]:8443/x"),
        signed(sign("https://[::1]:443/x"), b"", url="https://[::1]/x"),
    ],
)
def test_what_twilio_signed_is_authentic(delivery: Delivery) -> None:
    assert verify(twilio.signed(delivery, [TOKEN], NOW)) == AUTHENTIC
    assert verify(twilio.signed(delivery, ["new", TOKEN], NOW)) == AUTHENTIC
    assert not verify(twilio.signed(delivery, ["54321"], NOW)).is_authentic


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (posted(b"", {"content-type": FORM}), "missing_signature"),
        (signed(""), "missing_signature"),
        (signed(CALL_SIGNATURE, b"Digits=1235"), "bad_signature"),
        (signed(CALL_SIGNATURE, url=URL + "&x=1"), "bad_signature"),
        (signed("\udcff€"), "bad_signature"),
        (signed(sign(URL), JSON_BODY, content_type="application/json"), "body_not_signed"),
        (signed(sign(URL), b"Body=forged", content_type="text/plain"), "body_not_signed"),
        (
            signed(JSON_SIGNATURE, b"{}", f"{URL}&bodySHA256={JSON_HASH}", "application/json"),
            "body_not_signed",
        ),
        (
            signed(sign(f"{URL}&bodySHA256={JSON_HASH}x"), JSON_BODY,
                   f"{URL}&bodySHA256={JSON_HASH}x", "application/json"),
            "body_not_signed",
        ),
        (signed(CALL_SIGNATURE, b"&" * 2_000), "unreadable_form"),
        (signed(CALL_SIGNATURE, b"a" * 300_000), "unreadable_form"),
    ],
)  # fmt: skip
def test_everything_else_is_not(delivery: Delivery, reason: str) -> None:
    assert verify(twilio.signed(delivery, [TOKEN], NOW)).reason == reason


def test_no_secret_and_a_blank_one_verify_nothing() -> None:
    for secrets in ([], [""], [" "]):
        blank = signed(sign(URL, ""), b"", method="GET")
        assert verify(twilio.signed(blank, secrets, NOW)).reason == "no_secret"


def test_a_caller_cannot_choose_the_algorithm() -> None:
    digest = hmac.digest(TOKEN.encode(), URL.encode(), "sha256")
    headers = {
        "x-twilio-signature": b64encode(digest).decode(),
        "x-twilio-webhooks-signature-settings": "key=1,algorithm=HMAC_SHA256",
    }
    delivery = posted(b"", headers, URL)
    assert verify(twilio.signed(delivery, [TOKEN], NOW)).reason == "bad_signature"


def test_a_form_cut_at_other_places_lacks_what_a_message_needs() -> None:
    """Names and values are signed without separators, so `A=1&B=2` and `A=1B2` sign equal."""
    joined = {"AccountSid": "AC1Body" + "Hello", "From": "+14155550100", "MessageSid": "SM1"}
    text = "".join(name + value for name, value in sorted(joined.items()))
    delivery = signed(sign(URL + text), urlencode(joined).encode())
    assert verify(twilio.signed(delivery, [TOKEN], NOW)) == AUTHENTIC
    with pytest.raises(Unreadable, match="Body"):
        read_back(twilio, delivery, SMS_KIND)


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
    delivery = signed(sign(url), b"", url, method="GET")
    assert verify(twilio.signed(delivery, [TOKEN], NOW)) == AUTHENTIC
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
        ("HELP", "HELP", None),
        (None, "Hello", None),
        (None, " Yes! ", "opt_in"),
        (None, "Yes please", None),
    ],
)
def test_what_twilio_took_a_text_for(told: str | None, body: str, consent: str | None) -> None:
    """https://www.twilio.com/docs/api/errors/23002 and Advanced Opt-Out's OptOutType"""
    assert message(SMS, OptOutType=told, Body=body).consent == consent
