"""The generic provider reads what senders of one's own write, with all their liberties.

Source: the fields are our own, as the head of providers/generic.py shows them; the signature is
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
from datetime import UTC, datetime

import pytest
from samples import NOW, OWN_EMAIL, OWN_PHONE, channel, posted, read_back

from domain.channel import ChannelKind
from domain.delivery import AUTHENTIC, Delivery
from domain.errors import Unreadable
from domain.message import Attachment, InboundMessage, Recipient, ThreadHeaders
from domain.signature import verify
from providers import generic
from simulation import PLAYED

SMS: dict[str, object] = {
    "from": "+14155550100",
    "to": OWN_PHONE,
    "type": "sms",
    "provider_message_id": "m-1",
    "body": "Hello",
    "attachments": None,
    "timestamp": "2024-11-01T14:00:00Z",
}
EMAIL: dict[str, object] = {
    "from": "Ann <ann@example.com>",
    "to": OWN_EMAIL,
    "provider_message_id": "e-1",
    "body": "Hello",
    "attachments": None,
    "timestamp": "2024-11-01T14:00:00Z",
}


def delivery(base: dict[str, object], **changes: object) -> Delivery:
    return posted(json.dumps(base | changes).encode())


def read(base: dict[str, object], **changes: object) -> InboundMessage:
    kind: ChannelKind = "sms" if base is SMS else "email"
    message = read_back(generic, delivery(base, **changes), kind)
    assert isinstance(message, InboundMessage)
    return message


def addresses(message: InboundMessage, role: str) -> list[str]:
    return [recipient.address for recipient in message.recipients if recipient.role == role]


def test_reads_every_field_of_an_sms() -> None:
    assert read(SMS) == InboundMessage(
        kind="sms",
        provider_message_id="m-1",
        sender="+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello",
        sent_at=NOW,
    )


def test_reads_every_field_of_an_email() -> None:
    message = read(
        EMAIL,
        to='help@example.com, "Doe, Jane" <jane@example.com>',
        cc=["Bob <bob@example.com>"],
        subject="Your order",
        body="<p>Hello</p>",
        message_id="<Own@example.com>",
        in_reply_to="<parent@example.com>",
        references="<root@example.com> <parent@example.com>",
        attachments=[
            "https://example.com/a.pdf",
            {"url": "https://example.com/b", "content_type": "image/png", "filename": "b.png"},
        ],
    )
    assert message == InboundMessage(
        kind="email",
        provider_message_id="e-1",
        sender="Ann <ann@example.com>",
        recipients=(
            Recipient(role="to", address="help@example.com"),
            Recipient(role="to", address='"Doe, Jane" <jane@example.com>'),
            Recipient(role="cc", address="Bob <bob@example.com>"),
        ),
        body="<p>Hello</p>",
        body_format="html",
        subject="Your order",
        attachments=(
            Attachment(url="https://example.com/a.pdf"),
            Attachment(url="https://example.com/b", content_type="image/png", filename="b.png"),
        ),
        sent_at=NOW,
        thread=ThreadHeaders(
            message_id="Own@example.com",
            in_reply_to=("parent@example.com",),
            references=("root@example.com", "parent@example.com"),
        ),
    )


@pytest.mark.parametrize("base", [SMS, EMAIL])
@pytest.mark.parametrize("name", ["provider_message_id", "messaging_provider_id", "xillio_id"])
@pytest.mark.parametrize(("value", "identity"), [("m-9", "m-9"), (7, "7"), (2**70, str(2**70))])
def test_the_id_has_three_names(
    base: dict[str, object], name: str, value: object, identity: str
) -> None:
    fields = base | {"provider_message_id": None, name: value}
    (event,) = generic.split(posted(json.dumps(fields).encode()), "sms")
    assert event.kind == "message"
    assert event.provider_message_id == identity
    assert event.dedup_key == f"message:{identity}"


def test_the_event_body_is_the_request_body() -> None:
    body = json.dumps(SMS, indent=3).encode()
    (event,) = generic.split(posted(body), "sms")
    assert event.body == body


@pytest.mark.parametrize("value", ["", "  ", None, "\0", "\ud800"])
def test_a_message_without_id_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="provider_message_id"):
        generic.split(delivery(SMS, provider_message_id=value), "sms")


@pytest.mark.parametrize("value", [b"1.5", b"true", b"[]", b"{}", b"9" * 5_000])
def test_an_id_of_another_type_is_unreadable(value: bytes) -> None:
    with pytest.raises(Unreadable, match="provider_message_id"):
        generic.split(posted(b'{"provider_message_id": %s}' % value), "sms")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'[{"provider_message_id":"m"}]', b'"text"', b"null", b"7", b"{", b"\xff\xfe",
     b'{"a":' + b"[" * 100_000, b'{"a":"\\ud800","b":' + b"[" * 100_000, b"a=b&c=d"],
)  # fmt: skip
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        generic.split(posted(body), "sms")


def test_an_error_never_shows_the_value() -> None:
    with pytest.raises(Unreadable) as caught:
        read(SMS, body=["private words"], to="private number")
    assert "private" not in caught.value.detail
    assert "body" in caught.value.detail


def test_lone_surrogates_and_nul_are_dropped() -> None:
    message = read(SMS, body="a\ud800b\0c \U0001f600", provider_message_id="m\ud800\0-1")
    assert message.body == "abc \U0001f600"
    assert message.provider_message_id == "m-1"


def test_a_body_that_is_not_quite_utf8_is_read() -> None:
    message = read_back(
        generic, posted(json.dumps(SMS).encode().replace(b"Hello", b"H\xff")), "sms"
    )
    assert isinstance(message, InboundMessage)
    assert message.body == "H\N{REPLACEMENT CHARACTER}"


def test_a_byte_order_mark_is_no_harm() -> None:
    message = read_back(generic, posted(b"\xef\xbb\xbf" + json.dumps(SMS).encode()), "sms")
    assert isinstance(message, InboundMessage)
    assert message.body == "Hello"


@pytest.mark.parametrize(
    ("kind", "attachments", "expected"),
    [
        ("sms", None, "sms"),
        ("MMS", None, "mms"),
        (None, None, "sms"),
        (None, ["https://example.com/a"], "mms"),
    ],
)
def test_the_kind_of_a_text(kind: object, attachments: object, expected: str) -> None:
    assert read(SMS, type=kind, attachments=attachments).kind == expected


def test_a_message_on_the_wrong_channel_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="type"):
        read(SMS, type="email")
    with pytest.raises(Unreadable, match="type"):
        read(EMAIL, type="sms")
    assert read(EMAIL, type="email").kind == "email"


@pytest.mark.parametrize("value", ["", " ", None, "\0"])
def test_a_message_from_nobody_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="from"):
        read(SMS, **{"from": value})


@pytest.mark.parametrize("value", [None, "", [], [""], ","])
def test_a_message_to_nobody_is_to_the_channel(value: object) -> None:
    assert addresses(read(EMAIL, to=value), "to") == [OWN_EMAIL]


def test_recipients_as_text_as_a_list_and_as_a_number() -> None:
    assert addresses(read(SMS, to=["+14155550001", 14155550002]), "to") == [
        "+14155550001",
        "14155550002",
    ]
    assert addresses(read(SMS, to="Doe, Jane"), "to") == ["Doe, Jane"]
    assert addresses(read(EMAIL, to="a@example.com,b@example.com"), "to") == [
        "a@example.com",
        "b@example.com",
    ]
    assert addresses(read(EMAIL, to=["Doe, Jane <a@example.com>"]), "to") == [
        "Doe, Jane <a@example.com>"
    ]


def test_one_small_body_does_not_become_millions_of_rows() -> None:
    message = read(EMAIL, to=["a"] * 5_000, cc=",".join("a" * 5_000), attachments=["u"] * 5_000)
    assert len(message.recipients) == 2_000
    assert len(message.attachments) == 1_000


def test_no_text_is_fine_beside_attachments_or_a_subject() -> None:
    assert read(SMS, body=None, attachments=["https://example.com/a"]).body == ""
    assert read(EMAIL, body=None, subject="Only this").body == ""
    assert read(SMS, body="").body == ""
    with pytest.raises(Unreadable, match="body"):
        read(SMS, body=None)


def test_attachments_keep_what_was_said_of_them() -> None:
    size = 2**40
    message = read(
        SMS,
        attachments=[
            {"url": "https://example.com/a", "size_bytes": size, "filename": "a\0.png", "x": 1},
            {"url": "https://example.com/b", "size_bytes": -1},
            {"url": "https://example.com/c", "size_bytes": "12"},
            {"url": "https://example.com/d", "size_bytes": 2**63},
            {"content_type": "image/png"},
            None,
            "",
        ],
    )
    assert [(attachment.url or "")[-1:] for attachment in message.attachments] == [
        "a",
        "b",
        "c",
        "d",
    ]
    assert [attachment.size_bytes for attachment in message.attachments] == [size, None, None, None]
    assert message.attachments[0].filename == "a.png"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<!DOCTYPE html><html></html>", "html"),
        ("\n <div class='a'>Hi</div>", "html"),
        ("\ufeff<!-- made by x -->\n<html lang='en'><body>Hi", "html"),
        ("<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>", "html"),
        ("<p>Hello</p>\n<img src='https://example.com/a.png'>\n", "html"),
        ("<style>p{}</style><p>Hi", "html"),
        ("Hi <b>there</b>", "text"),
        ("line<br>line", "text"),
        ("<p>open", "text"),
        ("<div> is never closed, says <ann@example.com>", "text"),
        ("<html5> is a word", "text"),
        ("<b>Important</b>: see </div> below", "text"),
        ("a <b and c> d", "text"),
        ("<ann@example.com> wrote:", "text"),
        ("1 < 2 > 0", "text"),
        ("plain", "text"),
        ("", "text"),
    ],
)
def test_html_is_told_from_text(body: str, expected: str) -> None:
    assert read(EMAIL, body=body).body_format == expected
    assert read(SMS, body=body).body_format == "text"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"body": "<p>Hi</p>", "body_type": "text"}, ("<p>Hi</p>", "text")),
        ({"body": "a <b>b</b>", "body_type": "html"}, ("a <b>b</b>", "html")),
        ({"body": "a <b>b</b>", "body_type": "Text/HTML; charset=utf-8"}, ("a <b>b</b>", "html")),
        ({"body": "<p>Hi</p>", "body_type": "rtf"}, ("<p>Hi</p>", "html")),
        ({"body": "<p>Hi</p>", "body_type": 7}, ("<p>Hi</p>", "html")),
        ({"body": None, "html": "a <b>b</b>", "text": "a b"}, ("a <b>b</b>", "html")),
        ({"body": None, "html": " ", "text": "<p>a</p>"}, ("<p>a</p>", "text")),
        ({"body": None, "html": "", "text": None}, ("", "html")),
        ({"body": "old", "html": None, "text": "new"}, ("new", "text")),
    ],
)
def test_a_mail_says_what_its_body_is(fields: dict[str, object], expected: tuple[str, str]) -> None:
    message = read(EMAIL, **fields)
    assert (message.body, message.body_format) == expected


def test_a_text_message_is_text_whatever_it_says() -> None:
    message = read(SMS, body="a <b>b</b>", body_type="html")
    assert (message.body, message.body_format) == ("a <b>b</b>", "text")
    assert read(SMS, body=None, text="Hi").body == "Hi"
    with pytest.raises(Unreadable, match="body must be text"):
        read(SMS, body=None, html="<p>Hi</p>")


def test_thread_fields_as_lists_and_without_brackets() -> None:
    thread = read(
        EMAIL, in_reply_to=["a@x", "<b@x>"], references=["<a@x>", "b@x", "a@x"], message_id="c@x"
    ).thread
    assert thread == ThreadHeaders(
        message_id="c@x", in_reply_to=("a@x", "b@x"), references=("a@x", "b@x")
    )
    assert read(EMAIL, message_id="", references=[]).thread is None
    assert read(SMS, message_id="<a@x>").thread is None


@pytest.mark.parametrize("value", [None, True, [], {}, "soon", "9999-12-31T23:59:59-23:59", 1e300])
def test_a_message_is_never_refused_over_its_date(value: object) -> None:
    assert read(SMS, timestamp=value).sent_at is None


def test_a_composed_delivery_says_when() -> None:
    message = read(SMS, timestamp=None)
    delivery = PLAYED["generic"].compose(
        message, channel("generic", "sms"), "https://inlet.example/", NOW
    )
    assert json.loads(delivery.body) == SMS | {"timestamp": "2024-11-01T14:00:00.000000Z"}
    assert delivery.headers == {"content-type": "application/json"}


def test_the_webhook_id_is_the_message_id() -> None:
    secret = generic.new_secret()
    assert secret is not None
    sample = channel("generic", "sms", (secret,))
    delivery = PLAYED["generic"].compose(read(SMS), sample, "https://inlet.example/", NOW)
    assert delivery.headers["webhook-id"] == "m-1"
    assert verify(generic.signed(delivery, (secret,), NOW)) == AUTHENTIC
    late = datetime(2024, 11, 1, 14, 6, tzinfo=UTC)
    assert verify(generic.signed(delivery, (secret,), late)).reason == "stale_signature"


def test_secrets_are_new_each_time() -> None:
    assert generic.new_secret() != generic.new_secret()


def test_success_is_json() -> None:
    assert (generic.SUCCESS.status, generic.SUCCESS.content_type) == (200, "application/json")
    assert json.loads(generic.SUCCESS.body) == {"status": "accepted"}
