"""What SNS posts for SES, and the mails that SES is sent.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html,
https://docs.aws.amazon.com/ses/latest/dg/notification-examples.html (events),
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html (sending).
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, outbound_mail, posted, read_back
from ses_samples import (
    BOUNCED,
    MAIL_ID,
    RECEIVED,
    SENT_ID,
    SNS_ID,
    TOPIC,
    certificate,
    envelope,
    received,
    subscription,
)

from domain.basic_auth import basic_credentials
from domain.errors import Unreadable
from domain.event import ClaimedEvent
from domain.fetched_parts import joined_parts
from domain.message import DeliveryReceipt, FetchNeeded, Reading, ThreadHeaders
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import explain_signature, verify
from providers import ses

URL = "https://inlet.example/webhooks/ses/tok"
KEY = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CHANNEL = replace(channel("ses", "email", ("a password",), KEY), account=TOPIC)
OUTBOUND = outbound_mail("ses")


def body_of(fields: object) -> bytes:
    return msgspec.json.encode(fields)


def event_of(fields: object) -> ClaimedEvent:
    (event,) = ses.split(posted(body_of(fields)), "email")
    return claimed(event, "ses", "text/plain; charset=UTF-8")


def reading_of(fields: object) -> Reading:
    """Read an event whose signature was found to be right."""
    event = replace(event_of(fields), fetched=joined_parts([certificate()]))
    return ses.read(event, ReadingContext(kind="email", own_address=OWN_EMAIL))


def told_of(word: str, name: str, fate: object, key: str = "eventType") -> dict[str, Any]:
    """Write what becomes of the mail of the sample."""
    return envelope({key: word, "mail": BOUNCED["mail"], name: fate})


@pytest.mark.parametrize(
    ("query", "header", "reason"),
    [
        ("?password=a%20password", None, "verified"),
        ("?password=a+password", None, "bad_signature"),
        ("?x=1&password=the%20old%20one&y=2", None, "verified"),
        ("?password=wrong", None, "bad_signature"),
        ("?password=", None, "bad_signature"),
        ("?xpassword=a%20password", None, "missing_signature"),
        ("?PASSWORD=a%20password", None, "missing_signature"),
        ("?password", None, "missing_signature"),
        ("", None, "missing_signature"),
        ("", "a password", "verified"),
        ("", "wrong", "bad_signature"),
        ("?password=a%20password", "wrong", "bad_signature"),
    ],
)
def test_the_password_is_in_the_url_or_in_the_credentials(
    query: str, header: str | None, reason: str
) -> None:
    """SNS shows credentials only after a 401 with WWW-Authenticate, so the query has it."""
    headers = {"authorization": basic_credentials("any", header)} if header else {}
    delivery = posted(body_of(envelope(RECEIVED)), headers, URL + query)
    signed = ses.signed(delivery, ["a password", "the old one"], NOW)
    assert verify(signed).reason == reason
    assert "password" not in str(explain_signature(signed)).replace("bad_", "")


def test_a_new_channel_has_a_password_that_a_url_can_hold() -> None:
    secret = ses.new_secret()
    assert secret is not None
    delivery = posted(b"", url=f"{URL}?password={secret}")
    assert verify(ses.signed(delivery, [secret], NOW)).is_authentic


def test_a_mail_is_an_event_of_its_notification() -> None:
    """Posted again it has the same id; several rules tell of a mail under ids of their own."""
    first, again = event_of(envelope(RECEIVED)), event_of(envelope(RECEIVED))
    other = event_of(envelope(RECEIVED, MessageId="another"))
    assert first.dedup_key == again.dedup_key == f"message:{SNS_ID}"
    assert other.dedup_key == "message:another"
    (event,) = ses.split(posted(body_of(envelope(RECEIVED))), "email")
    assert (event.kind, event.provider_message_id) == ("message", MAIL_ID)


def test_headers_are_not_believed_before_the_body() -> None:
    headers = {"x-amz-sns-message-type": "UnsubscribeConfirmation", "x-amz-sns-message-id": "x"}
    delivery = posted(body_of(envelope(RECEIVED)), headers)
    assert [event.dedup_key for event in ses.split(delivery, "email")] == [f"message:{SNS_ID}"]


@pytest.mark.parametrize(
    "fields",
    [
        subscription(Type="UnsubscribeConfirmation"),
        envelope("Successfully validated SNS topic for Amazon SES event publishing."),
    ],
)
def test_what_says_nothing_is_accepted_and_makes_nothing(fields: object) -> None:
    assert ses.split(posted(body_of(fields)), "email") == ()
    assert ses.answer(posted(body_of(fields)), ()).status == 200


@pytest.mark.parametrize(
    ("word", "name", "fate", "status", "code"),
    [
        ("Send", "send", {}, "sent", None),
        ("Delivery", "delivery", {"recipients": ["ann@example.com"]}, "delivered", None),
        ("Open", "open", {"ipAddress": "192.0.2.1"}, "opened", None),
        ("Click", "click", {"link": "https://x.test"}, "clicked", None),
        ("Reject", "reject", {"reason": "Bad content"}, "failed", "Reject"),
        ("Rendering Failure", "failure", {"errorMessage": "Attribute 'x'", "templateName": "T"},
            "failed", "RenderingFailure"),
        ("DeliveryDelay", "deliveryDelay", {"delayType": "MailboxFull"}, "unknown", "MailboxFull"),
        ("Subscription", "subscription", {"source": "UnsubscribeHeader"}, "unknown", None),
        ("Complaint", "complaint", {"complaintFeedbackType": "abuse"}, "complained", None),
        ("Complaint", "complaint", {"complaintFeedbackType": "not-spam"}, "unknown", None),
        ("Complaint", "complaint", {"complaintSubType": "OnAccountSuppressionList"}, "failed",
            "OnAccountSuppressionList"),
        ("Telegram", "telegram", {}, "unknown", None),
    ],
)  # fmt: skip
def test_receipts(word: str, name: str, fate: object, status: str, code: str | None) -> None:
    reading = reading_of(told_of(word, name, fate))
    assert isinstance(reading, DeliveryReceipt)
    assert reading.provider_message_id == SENT_ID
    assert (reading.provider_status, reading.status, reading.error_code) == (word, status, code)


@pytest.mark.parametrize(
    ("kind", "subtype", "status"),
    [
        ("Permanent", "General", "bounced"), ("Permanent", "OnAccountSuppressionList", "bounced"),
        ("Transient", "MailboxFull", "failed"), ("Transient", "General", "unknown"),
        ("Undetermined", "Undetermined", "failed"), ("Later", "General", "unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["eventType", "notificationType"])
def test_bounces(kind: str, subtype: str, status: str, key: str) -> None:
    """A transient one of no kind may as well be "out of the office", says SES."""
    bounce = BOUNCED["bounce"] | {"bounceType": kind, "bounceSubType": subtype}
    assert reading_of(told_of("Bounce", "bounce", bounce, key)) == DeliveryReceipt(
        provider_message_id=SENT_ID,
        status=status,  # pyright: ignore[reportArgumentType]
        provider_status=f"Bounce {kind}",
        error_code=subtype,
        occurred_at=datetime(2017, 8, 5, 0, 41, 2, 669000, tzinfo=UTC),
        recipients=("ann@example.com", "ben@example.org"),
        is_permanent=kind == "Permanent",
    )


def test_a_bounce_of_several_recipients_is_one_receipt() -> None:
    event = event_of(envelope(BOUNCED))
    assert event.dedup_key == f"receipt:{SENT_ID}:Bounce Permanent:{SNS_ID}"
    assert event.kind == "receipt"


def test_each_opening_is_a_receipt_of_its_own() -> None:
    opened: dict[str, Any] = {"eventType": "Open", "mail": BOUNCED["mail"], "open": {}}
    keys = {event_of(envelope(opened, MessageId=one)).dedup_key for one in ("a", "b", "a")}
    assert len(keys) == 2


def test_a_time_that_an_event_does_not_tell_is_that_of_the_mail() -> None:
    reading = reading_of(told_of("Send", "send", {}))
    assert isinstance(reading, DeliveryReceipt)
    assert reading.occurred_at == datetime(2017, 8, 5, 0, 40, 2, 12000, tzinfo=UTC)


def test_nothing_is_made_of_an_event_before_its_signature_is_checked() -> None:
    for fields in (envelope(RECEIVED), envelope(BOUNCED), subscription()):
        assert read_back(ses, posted(body_of(fields)), "email") == FetchNeeded()


def test_a_subscription_that_was_confirmed_changes_nothing() -> None:
    assert event_of(subscription()).kind == "receipt"
    reading = reading_of(subscription())
    assert isinstance(reading, DeliveryReceipt)
    told = (reading.provider_message_id, reading.status, reading.provider_status)
    assert told == (SNS_ID, "unknown", "SubscriptionConfirmation")


@pytest.mark.parametrize("message", [RECEIVED, BOUNCED])
def test_a_message_without_its_envelope_is_a_dead_letter_that_says_why(message: object) -> None:
    """Raw message delivery leaves no signature.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
    """
    delivery = posted(body_of(message), {"x-amz-sns-rawdelivery": "true"})
    with pytest.raises(Unreadable, match="raw message delivery"):
        read_back(ses, delivery, "email")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"Successfully validated SNS topic", b'{"Type": "Notification"}',
        body_of(envelope("Successfully")), body_of(envelope(RECEIVED, Type="notification")),
        body_of(envelope(RECEIVED, MessageId=None)), body_of(envelope({"eventType": "Send"})),
        body_of(envelope({"eventType": "Send", "mail": {"messageId": " "}})),
        body_of(envelope({"eventType": "Send", "mail": {"messageId": 5}})),
    ],
)  # fmt: skip
def test_what_has_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        ses.split(posted(body), "email")


@pytest.mark.parametrize("kind", ["Lambda", "WorkMail", "Bounce", "Stop", "SNS", ""])
def test_an_action_that_gives_no_mail_is_unreadable(kind: str) -> None:
    with pytest.raises(Unreadable, match="SNS or S3"):
        reading_of(envelope(received({"type": kind})))


def test_a_mail_is_sent_as_json_that_is_signed() -> None:
    request = ses.compose_send(OUTBOUND, CHANNEL, NOW)
    assert request.method == "POST"
    assert request.url == "https://email.us-west-2.amazonaws.com/v2/email/outbound-emails"
    assert request.headers["x-amz-date"] == "20241101T140000Z"
    scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20241101/us-west-2/ses/aws4_request, "
    signed = "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature="
    assert request.headers["authorization"].startswith(scope + signed)
    assert msgspec.json.decode(request.body) == {
        "FromEmailAddress": "help@example.com",
        "Destination": {
            "ToAddresses": ["ann@example.org", "cat@example.org"],
            "CcAddresses": ["ben@example.org"],
        },
        "Content": {
            "Simple": {
                "Subject": {"Data": "Re: Order", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "Grüße 👍", "Charset": "UTF-8"}},
                "Headers": [
                    {"Name": "In-Reply-To", "Value": "<2@mail>"},
                    {"Name": "References", "Value": "<1@mail> <2@mail> <aaaa@example.com>"},
                ],
            }
        },
    }


def test_a_header_is_no_longer_than_ses_takes_and_ends_with_our_own_id() -> None:
    """870 printable characters of ASCII: API_MessageHeader."""
    earlier = (*(f"{'x' * 90}{number}@mail" for number in range(20)), "grüße@mail")
    thread = ThreadHeaders(message_id="aaaa@example.com", in_reply_to=earlier, references=earlier)
    request = ses.compose_send(replace(OUTBOUND, thread=thread), CHANNEL, NOW)
    headers = msgspec.json.decode(request.body)["Content"]["Simple"]["Headers"]
    written = {header["Name"]: header["Value"] for header in headers}
    assert all(len(value) <= 870 and value.isascii() for value in written.values())
    assert written["References"].endswith(f"{'x' * 90}19@mail> <aaaa@example.com>")
    assert written["References"].count("<") == 9


def test_a_mail_without_a_thread_has_no_headers() -> None:
    request = ses.compose_send(replace(OUTBOUND, thread=None), CHANNEL, NOW)
    assert msgspec.json.decode(request.body)["Content"]["Simple"]["Headers"] == []


def test_a_channel_sends_in_the_region_of_its_first_topic() -> None:
    china = "arn:aws-cn:sns:cn-north-1:123456789012:inlet"
    request = ses.compose_send(OUTBOUND, replace(CHANNEL, account=f"{china}, {TOPIC}"), NOW)
    assert request.url.startswith("https://email.cn-north-1.amazonaws.com.cn/")
    elsewhere = replace(CHANNEL, send_url="http://127.0.0.1:9/send")
    assert ses.compose_send(OUTBOUND, elsewhere, NOW).url == "http://127.0.0.1:9/send"


def test_what_keeps_a_channel_from_sending() -> None:
    told = [
        ses.obstacle(replace(CHANNEL, **at), has_credential=has, recipients=count)
        for at, has, count in (
            ({}, True, 50), ({"credential": None}, True, 1), ({"account": None}, True, 1),
            ({"account": "us-west-2"}, True, 1), ({"credential": None}, False, 1),
            ({"credential": "a key"}, True, 1), ({}, True, 51),
        )
    ]  # fmt: skip
    no_topic = "its account is no topic of SNS, in whose region it would send"
    no_key = "it has no credential: ACCESS_KEY_ID:SECRET_ACCESS_KEY"
    assert told == [
        None,
        None,
        no_topic,
        no_topic,
        no_key,
        no_key,
        "SES sends to 50 addresses at a time",
    ]


@pytest.mark.parametrize(
    ("status", "error", "body", "outcome"),
    [
        (200, "", b'{"MessageId": "0100-000000"}', Sent(provider_message_id="0100-000000")),
        (200, "", b"<html>", Sent(provider_message_id=None)),
        (400, "MessageRejected", b'{"message": "ann@ is not verified"}',
            Failed(code="MessageRejected",
                reason="SES refused it: its sender is not verified, or what it says")),
        (400, "BadRequestException:http://internal.amazon.com/x/", b"{}",
            Failed(code="BadRequestException",
                reason="SES says that an address or another field of it is not valid")),
        (400, "LimitExceededException", b"{}",
            Retry(after_seconds=None, code="LimitExceededException",
                detail="the account may not send more at SES for now")),
        (429, "TooManyRequestsException", b"{}",
            Retry(after_seconds=None, code="TooManyRequestsException",
                detail="SES had too many mails of the account")),
        (403, "UnrecognizedClientException", b"{}",
            Failed(code="UnrecognizedClientException",
                reason="SES does not accept the channel's access key")),
        (403, "", b"", Failed(code="http_403",
            reason="SES does not accept the channel's access key")),
        (400, "ann@example.org", b"", Failed(code="http_400",
            reason="SES did not deliver it (error http_400)")),
        (500, "InternalFailure", b"", Retry(after_seconds=None, code="InternalFailure",
            detail="the provider answered 500")),
    ],
)  # fmt: skip
def test_answers(status: int, error: str, body: bytes, outcome: SendOutcome) -> None:
    headers = {"x-amzn-errortype": error} if error else {}
    assert ses.read_answer(status, headers, body) == outcome


def test_codes_are_explained() -> None:
    assert ses.explain("MailboxFull") == "the recipient's mailbox is full"
    assert ses.explain(None) == "SES did not deliver it (error not given)"
