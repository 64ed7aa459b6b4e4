"""Who published a message of SNS, and the mails that are fetched when that is known.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html,
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, fetched, posted
from ses_samples import (
    CERTIFICATE_URL,
    MAIL_ID,
    S3_ACTION,
    TOPIC,
    certificate,
    envelope,
    received,
    sign,
    subscription,
)

from domain.errors import Unreadable
from domain.event import ClaimedEvent, FetchedContent
from domain.fetching_provider import FetchAnswer, FetchRequest, FetchStep, NotFetched
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient, ThreadHeaders
from domain.provider import ReadingContext
from providers import ses
from tests.mails import a_mail, a_multipart

KEY = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CHANNEL = replace(channel("ses", "email", ("a password",), KEY), account=TOPIC)
S3_URL = "https://s3.us-west-2.amazonaws.com/my.s3.bucket/email"
CONFIRM_URL = (
    "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription"
    "&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3Ainlet"
    "&Token=2336412f37fb687f5d51e6e2425e90ea"
)
RAW = a_multipart(
    "mixed",
    [
        a_mail("text/plain; charset=iso-8859-1", "Grüße\n".encode("iso-8859-1")),
        a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
    ],
    "From: Ann <ann@example.com>",
    "To: list@example.org",
    "Subject: Raw",
    "Message-ID: <3@mail.example.com>",
)


def whole(content: bytes = RAW) -> dict[str, Any]:
    """Write what tells of a mail that is within it, in base64."""
    return received(content=b64encode(content).decode())


def answered(body: bytes, status: int = 200, **headers: str) -> FetchAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FetchAnswer(status=status, headers=named, body=body)


CERTIFICATE = answered(certificate())


def event_of(fields: Mapping[str, Any]) -> ClaimedEvent:
    (event,) = ses.split(posted(msgspec.json.encode(fields)), "email")
    return claimed(event, "ses")


def step(
    fields: Mapping[str, Any],
    *answers: FetchAnswer,
    account: str | None = TOPIC,
    credential: str | None = KEY,
) -> FetchStep:
    at = replace(CHANNEL, account=account, credential=credential)
    return ses.next_fetch(event_of(fields), at, answers, NOW)


def refused(fields: Mapping[str, Any], *answers: FetchAnswer, **at: str | None) -> NotFetched:
    found = step(fields, *answers, **at)
    assert isinstance(found, NotFetched)
    return found


def read(fields: Mapping[str, Any], kept: Mapping[str, FetchAnswer], *own: str) -> object:
    """Read an event when all that belongs to it was fetched."""
    event = event_of(fields)
    content = fetched(ses, event, CHANNEL, {CERTIFICATE_URL: CERTIFICATE, **kept})
    context = ReadingContext(kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, *own))
    return ses.read(replace(event, fetched=content), context)


MAIL = InboundMessage(
    kind="email",
    provider_message_id=MAIL_ID,
    sender="Ann <ann@example.com>",
    recipients=(
        Recipient(role="to", address="list@example.org"),
        Recipient(role="bcc", address="help@example.com"),
    ),
    body="Grüße",
    subject="Raw",
    attachments=(Attachment(content=b"pdf", content_type="application/pdf", filename="a.pdf"),),
    thread=ThreadHeaders(message_id="3@mail.example.com", in_reply_to=(), references=()),
    mail_class="human",
)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", ["Amazon SES Email Receipt Notification", "", None])
def test_a_mail_within_its_notification(version: str, subject: str | None) -> None:
    """Whom the rule matched counts if it is ours; a Subject is signed only where there is one."""
    assert read(envelope(whole(), SignatureVersion=version, Subject=subject), {}) == MAIL


def test_a_mail_within_its_notification_as_text() -> None:
    """UTF-8, which SES takes where a rule says nothing, has lost what is of another charset."""
    text = a_mail("text/plain; charset=utf-8", "Grüße 👍", "From: ann@example.com").decode()
    for encoding in ({"encoding": "UTF8"}, {}):
        found = read(envelope(received({"type": "SNS", **encoding}, content=text)), {})
        assert isinstance(found, InboundMessage)
        assert found.body == "Grüße 👍"


def test_a_mail_that_lies_in_a_bucket() -> None:
    assert read(envelope(received(S3_ACTION)), {S3_URL: answered(RAW)}) == MAIL


def test_all_own_addresses_that_a_rule_matched_had_the_mail() -> None:
    receipt = {"recipients": ["Sales@example.com", "ben@example.net"], "action": S3_ACTION}
    found = read(envelope(received(receipt=receipt)), {S3_URL: answered(RAW)}, "sales@example.com")
    assert isinstance(found, InboundMessage)
    assert [each.address for each in found.recipients] == ["list@example.org", "Sales@example.com"]


@pytest.mark.parametrize("content", ["no base64", "ä", "AAA"])
def test_what_is_no_base64_is_unreadable(content: str) -> None:
    with pytest.raises(Unreadable, match="base64"):
        read(envelope(received(content=content)), {})


def test_a_delivery_among_mails_is_no_mail() -> None:
    told = {"notificationType": "Delivery", "mail": {"messageId": "1"}, "delivery": {}}
    found = read(envelope(told), {})
    assert isinstance(found, DeliveryReceipt)
    assert found.status == "delivered"


@pytest.mark.parametrize(
    "change",
    [
        {"Message": "{}"}, {"MessageId": "another"}, {"Subject": "another"}, {"Subject": None},
        {"Timestamp": "2016-01-01T00:00:00.000Z"}, {"Timestamp": None}, {"Signature": None},
        {"Signature": ""}, {"Signature": "AAAA"}, {"Signature": "no base64"}, {"Signature": "ä"},
        {"SignatureVersion": "2"},
    ],
)  # fmt: skip
def test_what_was_changed_after_it_was_signed_is_given_up(change: dict[str, str | None]) -> None:
    """Nothing is made of it, whatever the certificate is."""
    whole_event = event_of(envelope(whole()))
    fields = msgspec.json.decode(whole_event.body) | change
    forged = replace(whole_event, body=msgspec.json.encode(fields))
    found = ses.next_fetch(forged, CHANNEL, [CERTIFICATE], NOW)
    assert isinstance(found, NotFetched)
    assert (found.error_class, found.is_for_good) == ("bad_signature", True)


def test_the_signature_of_somebody_else_is_given_up() -> None:
    found = refused(sign(envelope(whole()), owner="somebody"), CERTIFICATE)
    assert (found.error_class, found.is_for_good) == ("bad_signature", True)


def test_a_confirmation_that_was_changed_confirms_nothing() -> None:
    for name in ("Token", "SubscribeURL"):
        found = refused(subscription() | {name: "another"}, CERTIFICATE)
        assert found.error_class == "bad_signature"


@pytest.mark.parametrize("version", ["3", "", " 1", "01", None])
def test_another_version_of_signatures_is_given_up(version: str | None) -> None:
    found = refused(envelope(whole(), SignatureVersion=version))
    assert (found.error_class, found.is_for_good) == ("bad_signature", True)
    assert "SignatureVersion" in found.detail


_HOST, _PATH = "sns.us-west-2.amazonaws.com", "/SimpleNotificationService-f3ecfb7224c7233f.pem"


@pytest.mark.parametrize(
    "url",
    [
        f"http://{_HOST}{_PATH}", f"HTTPS://{_HOST}{_PATH}", f"https://{_HOST}.evil.com{_PATH}",
        f"https://sns.us-east-1.amazonaws.com{_PATH}", f"https://{_HOST}.cn{_PATH}",
        f"https://evil.s3.amazonaws.com{_PATH}", f"https://sns.us-west-2.evil.com{_PATH}",
        f"https://sns-us-west-2.amazonaws.com{_PATH}", f"https://evil-{_HOST}{_PATH}",
        f"https://a.{_HOST}{_PATH}", f"https://sns.us-west-2xamazonaws.com{_PATH}",
        f"https://s3.us-west-2.amazonaws.com/evil{_PATH}", f"https://evil.com/{_HOST}{_PATH}",
        f"https://{_HOST}:443{_PATH}", f"https://{_HOST}:8443{_PATH}", f"https://{_HOST}.{_PATH}",
        f"https://a@{_HOST}{_PATH}", f"https://a:b@{_HOST}{_PATH}",
        f"https://{_HOST}@evil.com{_PATH}", f"https://evil.com\\@{_HOST}{_PATH}",
        f"https://{_HOST}{_PATH}?x=1", f"https://{_HOST}{_PATH}#x", f"https://{_HOST}/x{_PATH}",
        f"https://{_HOST}/..{_PATH}", f"https://{_HOST}/SimpleNotificationService-../../x.pem",
        f"https://{_HOST}/SimpleNotificationService-%2e%2e.pem", f"https://{_HOST}/x.pem",
        f"https://{_HOST}/SimpleNotificationService-.pem", f"https://{_HOST}{_PATH}\n",
        f" https://{_HOST}{_PATH}", f"https://{_HOST}{_PATH}x", f"//{_HOST}{_PATH}",
        "https://127.0.0.1/SimpleNotificationService-0.pem", "https://[::1", "", None,
    ],
)  # fmt: skip
def test_a_certificate_elsewhere_is_not_asked_for(url: str | None) -> None:
    """Hosts that only end like Amazon's may be anybody's: CVE-2023-33185."""
    found = refused(envelope(whole(), SigningCertURL=url))
    assert (found.error_class, found.is_for_good) == ("bad_signature", True)


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        ("arn:aws:sns:eu-central-1:123456789012:a_b-C", "sns.eu-central-1.amazonaws.com"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "sns.us-gov-west-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_certificate_is_asked_for_in_the_region_of_the_topic(topic: str, host: str) -> None:
    url = f"https://{host}{_PATH}"
    fields = envelope(whole(), TopicArn=topic, SigningCertURL=url)
    assert step(fields, account=topic) == FetchRequest(url=url, headers={})
    assert ses.FETCH_HOSTS.fullmatch(host)


def test_only_hosts_of_amazon_are_asked() -> None:
    hosts = ("sns.us-east-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn")
    assert all(ses.FETCH_HOSTS.fullmatch(host) for host in hosts)
    others = (
        "sns.us-east-1.amazonaws.com.evil.com", "evil.s3.amazonaws.com", "s3.amazonaws.com",
        "evil.s3.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com.", "sns.amazonaws.com",
        "sns.evil.com.us-east-1.amazonaws.com", "sns.us-east-1xamazonaws.com", "127.0.0.1",
    )  # fmt: skip
    assert not any(ses.FETCH_HOSTS.fullmatch(host) for host in others)


def test_a_channel_without_a_topic_can_be_put_right() -> None:
    """Any customer of Amazon can have its topic posted here, rightly signed."""
    for account in (None, "", "us-west-2", "arn:aws:sns:us-west-2:1:inlet"):
        found = refused(envelope(whole()), account=account)
        assert (found.error_class, found.is_for_good) == ("fetch_failed", False)
        assert "account" in found.detail


@pytest.mark.parametrize(
    "topic",
    [f"{TOPIC}2", TOPIC.replace("123456789012", "210987654321"), TOPIC.upper(), TOPIC[:-1], "",
        f"{TOPIC} ", f"x {TOPIC}", None],
)  # fmt: skip
def test_the_message_of_another_topic_is_given_up(topic: str | None) -> None:
    found = refused(envelope(whole(), TopicArn=topic))
    assert (found.error_class, found.is_for_good) == ("wrong_topic", True)
    assert refused(subscription(TopicArn=topic)).error_class == "wrong_topic"


def test_a_channel_may_name_several_topics() -> None:
    both = f"arn:aws:sns:eu-west-1:123456789012:events, {TOPIC}"
    assert isinstance(step(envelope(whole()), account=both), FetchRequest)


def test_a_subscription_is_confirmed_when_its_signature_is_right() -> None:
    """Its SubscribeURL is not followed: the same is asked for at the host of SNS."""
    fields = subscription(SubscribeURL="https://evil.com/?Action=ConfirmSubscription")
    assert step(fields, CERTIFICATE) == FetchRequest(url=CONFIRM_URL, headers={})
    found = read(subscription(), {CONFIRM_URL: answered(b"<ConfirmSubscriptionResponse/>")})
    assert isinstance(found, DeliveryReceipt)
    assert found.status == "unknown"


def test_the_mail_in_a_bucket_is_asked_for_under_the_access_key() -> None:
    found = step(envelope(received(S3_ACTION)), CERTIFICATE)
    assert isinstance(found, FetchRequest)
    assert (found.url, found.headers["x-amz-date"]) == (S3_URL, "20241101T140000Z")
    scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20241101/us-west-2/s3/aws4_request, "
    assert found.headers["authorization"].startswith(scope)
    assert step(envelope(received(S3_ACTION))) == FetchRequest(url=CERTIFICATE_URL, headers={})


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("mail/d6iitobk", "/my.s3.bucket/mail/d6iitobk"),
        ("a b+ü?#", "/my.s3.bucket/a%20b%2B%C3%BC%3F%23"),
        ("/mail/1", "/my.s3.bucket/%2Fmail%2F1"), ("a//1", "/my.s3.bucket/a%2F%2F1"),
        ("../other/1", "/my.s3.bucket/..%2Fother%2F1"), ("a/./1", "/my.s3.bucket/a%2F.%2F1"),
    ],
)  # fmt: skip
def test_a_key_stays_within_its_bucket(key: str, path: str) -> None:
    found = step(envelope(received(S3_ACTION | {"objectKey": key})), CERTIFICATE)
    assert isinstance(found, FetchRequest)
    assert found.url == f"https://s3.us-west-2.amazonaws.com{path}"


@pytest.mark.parametrize(
    "action",
    [{"bucketName": "../evil"}, {"bucketName": "a@evil.com"}, {"bucketName": None},
        {"objectKey": None}, {"objectKey": ""}],
)  # fmt: skip
def test_a_place_that_is_none_is_not_asked(action: dict[str, object]) -> None:
    found = refused(envelope(received(S3_ACTION | action)), CERTIFICATE)
    assert (found.error_class, found.is_for_good) == ("fetch_not_allowed", True)


def test_a_bucket_in_another_region_is_asked_for_where_s3_says_once() -> None:
    fields = envelope(received(S3_ACTION))
    elsewhere = answered(b"", 301, x_amz_bucket_region="eu-west-1")
    found = step(fields, CERTIFICATE, elsewhere)
    assert isinstance(found, FetchRequest)
    assert found.url == "https://s3.eu-west-1.amazonaws.com/my.s3.bucket/email"
    assert "/eu-west-1/s3/" in found.headers["authorization"]
    assert isinstance(step(fields, CERTIFICATE, elsewhere, answered(RAW)), FetchedContent)
    assert refused(fields, CERTIFICATE, elsewhere, elsewhere).is_for_good
    for told in ("evil.com/", "", "us-west-2"):
        assert refused(fields, CERTIFICATE, answered(b"", 301, x_amz_bucket_region=told))


@pytest.mark.parametrize("credential", [None, "", "AKIDEXAMPLE", ":secret", "AKIDEXAMPLE:"])
def test_without_an_access_key_the_bucket_is_not_asked(credential: str | None) -> None:
    found = refused(envelope(received(S3_ACTION)), CERTIFICATE, credential=credential)
    assert (found.error_class, found.is_for_good) == ("fetch_failed", False)
    assert "ACCESS_KEY_ID" in found.detail
    inside = step(envelope(whole()), CERTIFICATE, credential=credential)
    assert isinstance(inside, FetchedContent)


@pytest.mark.parametrize(
    ("answers", "error_class", "is_for_good"),
    [
        ([answered(b"", 403)], "fetch_refused", True),
        ([answered(b"", 404)], "fetch_refused", True),
        ([answered(b"", 302, location=CERTIFICATE_URL)], "fetch_refused", True),
        ([answered(b"", 503)], "fetch_failed", False),
        ([answered(b"")], "fetch_failed", False),
        ([answered(b"<html>")], "fetch_failed", False),
        ([CERTIFICATE, answered(b"AccessDenied", 403)], "fetch_failed", False),
        ([CERTIFICATE, answered(b"NoSuchKey", 404)], "fetch_refused", True),
        ([CERTIFICATE, answered(b"InvalidToken", 400)], "fetch_refused", True),
        ([CERTIFICATE, answered(b"SlowDown", 503)], "fetch_failed", False),
        ([CERTIFICATE, answered(RAW, 200, x_amz_meta_x_amz_key_v2="AAAA")], "fetch_refused", True),
    ],
)
def test_what_is_not_given(
    answers: Sequence[FetchAnswer], error_class: str, is_for_good: bool
) -> None:
    """Rights to a bucket can be given; what SES encrypts for its reader cannot be read."""
    found = refused(envelope(received(S3_ACTION)), *answers)
    assert (found.error_class, found.is_for_good) == (error_class, is_for_good)


def test_a_subscription_that_is_too_old_is_given_up() -> None:
    found = refused(subscription(), CERTIFICATE, answered(b"", 404))
    assert (found.error_class, found.is_for_good) == ("fetch_refused", True)


@pytest.mark.parametrize("kept", [b"", b"\x90", b"\x91", b"{}", b"\xc1", b"\x91\xc4\x00"])
def test_what_was_kept_otherwise_is_unreadable(kept: bytes) -> None:
    event = event_of(envelope(whole()))
    whole_event = replace(event, fetched=FetchedContent(content_type="text/html", body=kept))
    with pytest.raises(Unreadable):
        ses.read(whole_event, ReadingContext(kind="email", own_address=OWN_EMAIL))


def test_what_cannot_be_read_is_not_asked_for() -> None:
    event = replace(event_of(envelope(whole())), body=b"{}")
    found = ses.next_fetch(event, CHANNEL, [], NOW)
    assert isinstance(found, NotFetched)
    assert (found.error_class, found.is_for_good) == ("unreadable", True)
