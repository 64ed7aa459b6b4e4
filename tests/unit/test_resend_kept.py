"""What Resend keeps of a mail: how it is asked for, and how it is read.

Source: https://resend.com/docs/api-reference/emails/retrieve-received-email,
https://resend.com/docs/api-reference/emails/list-received-email-attachments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from resend_samples import ID, RECEIVED
from samples import NOW, OWN_EMAIL, channel, claimed, fetched, posted, read_back

from domain.errors import Unreadable
from domain.event import ClaimedEvent, FetchedContent
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.message import (
    Attachment,
    FetchNeeded,
    InboundMessage,
    Recipient,
    ThreadHeaders,
)
from domain.provider import ReadingContext
from providers import resend
from tests.mails import a_mail, a_multipart

MAIL_URL = f"https://api.resend.com/emails/receiving/{ID}?html_format=cid"
LIST_URL = f"https://api.resend.com/emails/receiving/{ID}/attachments?limit=100"
FILE_URL = f"https://inbound-cdn.resend.com/{ID}/attachments/2a0c9ce0?signature=sig-123"
RAW_URL = f"https://inbound-cdn.resend.com/receiving/raw/{ID}?Signature=sig-123"
RAW = a_multipart(
    "mixed",
    [
        a_mail("text/plain; charset=utf-8", "Grüße\n"),
        a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
    ],
    "From: Ann <ann@example.com>",
    "To: help@example.com",
    "Subject: Raw",
    "Message-ID: <3@mail.example.com>",
)
IN_PIECES: dict[str, Any] = {
    "object": "email",
    "id": ID,
    "from": "Acme <onboarding@resend.dev>",
    "to": ["help@example.com"],
    "cc": ["ben@example.org"],
    "bcc": [],
    "subject": "Sending this example",
    "html": '<p>Hi <img src="cid:img001"></p>',
    "text": None,
    "message_id": "<2@mail.example.com>",
    "headers": {
        "in-reply-to": "<1@mail.example.com>",
        "references": ["<0@mail.example.com>", "<1@mail.example.com>"],
        "date": "Fri, 1 Aug 2014 16:45:32 -0400",
        "x-empty": None,
    },
    "raw": None,
    "attachments": RECEIVED["data"]["attachments"],
}
LISTED = {
    "object": "list",
    "has_more": False,
    "data": [RECEIVED["data"]["attachments"][0] | {"download_url": FILE_URL}],
}
CHANNEL = channel("resend", "email", ("whsec_b2xkIHNlY3JldA==",), "re_key")


def answered(fields: object, status: int = 200) -> FetchAnswer:
    return FetchAnswer(status=status, headers={}, body=msgspec.json.encode(fields))


def binary(content: bytes, status: int = 200) -> FetchAnswer:
    return FetchAnswer(status=status, headers={}, body=content)


def event_of(**changes: object) -> ClaimedEvent:
    body = RECEIVED | {"data": RECEIVED["data"] | changes}
    (event,) = resend.split(posted(msgspec.json.encode(body)), "email")
    return claimed(event, "resend")


def mail(kept: Mapping[str, FetchAnswer], *own: str, **changes: object) -> InboundMessage:
    """Read a mail of which Resend answers so, on a channel that has further own addresses."""
    event = event_of(**changes)
    context = ReadingContext(kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, *own))
    whole = replace(event, fetched=fetched(resend, event, CHANNEL, kept))
    reading = resend.read(whole, context)
    assert isinstance(reading, InboundMessage)
    return reading


def step(*answers: FetchAnswer, credential: str | None = "re_key") -> object:
    return resend.next_fetch(event_of(), replace(CHANNEL, credential=credential), answers, NOW)


def test_a_mail_is_read_from_its_own_bytes() -> None:
    """Whom it was sent to beside its fields counts if it is ours; a forward does not."""
    raw = {"raw": {"download_url": RAW_URL, "expires_at": "2026-02-23T00:41:12.126Z"}}
    kept = {MAIL_URL: answered(IN_PIECES | raw), RAW_URL: binary(RAW)}
    assert mail(kept, "sales@example.com") == InboundMessage(
        kind="email",
        provider_message_id=ID,
        sender="Ann <ann@example.com>",
        recipients=(
            Recipient(role="to", address="help@example.com"),
            Recipient(role="bcc", address="Sales@example.com"),
        ),
        body="Grüße",
        subject="Raw",
        attachments=(Attachment(content=b"pdf", content_type="application/pdf", filename="a.pdf"),),
        thread=ThreadHeaders(message_id="3@mail.example.com", in_reply_to=(), references=()),
        mail_class="human",
    )


def test_a_mail_that_is_kept_in_pieces_is_fetched_with_its_files() -> None:
    kept = {
        MAIL_URL: answered(IN_PIECES),
        LIST_URL: answered(LISTED),
        FILE_URL: binary(b"\x89PNG\0"),
    }
    assert mail(kept) == InboundMessage(
        kind="email",
        provider_message_id=ID,
        sender="Acme <onboarding@resend.dev>",
        recipients=(
            Recipient(role="to", address="help@example.com"),
            Recipient(role="cc", address="ben@example.org"),
        ),
        body='<p>Hi <img src="cid:img001"></p>',
        body_format="html",
        subject="Sending this example",
        attachments=(
            Attachment(
                content=b"\x89PNG\0",
                content_type="image/png",
                filename="avatar.png",
                content_id="img001",
            ),
        ),
        sent_at=datetime(2014, 8, 1, 20, 45, 32, tzinfo=UTC),
        thread=ThreadHeaders(
            message_id="2@mail.example.com",
            in_reply_to=("1@mail.example.com",),
            references=("0@mail.example.com", "1@mail.example.com"),
        ),
        mail_class="human",
    )


def test_files_are_fetched_in_the_order_in_which_they_are_listed() -> None:
    files = [
        {"id": "1", "filename": "test.txt", "content_type": "text/plain"},
        {"id": "2", "filename": "image.png", "content_type": "image/png", "content_id": "img001"},
        {"id": "3", "filename": "original.eml", "content_type": "message/rfc822"},
    ]
    urls = [f"{FILE_URL}-{file['id']}" for file in files]
    listed = [
        file | {"download_url": url}
        for file, url in zip(reversed(files), reversed(urls), strict=True)
    ]
    kept = {
        MAIL_URL: answered(IN_PIECES | {"attachments": files}),
        LIST_URL: answered({"object": "list", "data": listed}),
        urls[0]: binary(b"text"),
        urls[1]: binary(b"\x89PNG"),
        urls[2]: binary(b"Subject: old\n\n"),
    }
    found = [(each.filename, each.content, each.content_id) for each in mail(kept).attachments]
    assert found == [
        ("original.eml", b"Subject: old\n\n", None),
        ("image.png", b"\x89PNG", "img001"),
        ("test.txt", b"text", None),
    ]


@pytest.mark.parametrize("url", ["https://d1.cloudfront.test/raw", "https://[::1", "raw", ""])
def test_of_a_mail_that_lies_elsewhere_the_pieces_are_fetched(url: str) -> None:
    elsewhere: dict[str, object] = {"raw": {"download_url": url}, "attachments": []}
    read = mail({MAIL_URL: answered(IN_PIECES | elsewhere)})
    assert (read.subject, read.body_format) == ("Sending this example", "html")


def test_fields_that_are_listed_by_name() -> None:
    fields = [{"name": "Auto-Submitted", "value": "auto-replied"}, {"name": "X", "value": None}]
    pieces = IN_PIECES | {"headers": fields, "attachments": [], "html": None, "text": "I am away"}
    read = mail({MAIL_URL: answered(pieces)})
    assert (read.body, read.body_format, read.attachments) == ("I am away", "text", ())
    assert read.mail_class in ("auto_reply", "out_of_office")


def test_the_key_is_shown_to_the_api_alone() -> None:
    first = step()
    assert isinstance(first, FetchRequest)
    assert (first.url, first.headers["authorization"]) == (MAIL_URL, "Bearer re_key")
    raw = answered({"raw": {"download_url": RAW_URL}})
    assert step(raw) == FetchRequest(url=RAW_URL, headers={})
    assert step(answered(IN_PIECES), answered(LISTED)) == FetchRequest(url=FILE_URL, headers={})


def test_only_hosts_of_resend_are_asked() -> None:
    hosts = ("api.resend.com", "inbound-cdn.resend.com", "cdn.resend.app")
    assert all(resend.FETCH_HOSTS.fullmatch(host) for host in hosts)
    others = ("resend.com.evil.test", "evilresend.com", "a.b.resend.com", "resend.com", "127.0.0.1")
    assert not any(resend.FETCH_HOSTS.fullmatch(host) for host in others)
    assert timedelta(hours=1) <= resend.FETCH_WITHIN


def test_an_id_stays_within_its_place_in_the_path() -> None:
    first = resend.next_fetch(event_of(email_id="../../emails?x#"), CHANNEL, [], NOW)
    assert isinstance(first, FetchRequest)
    assert first.url.startswith("https://api.resend.com/emails/receiving/..%2F..%2Femails%3Fx%23?")


RAW_ANSWER = answered({"raw": {"download_url": RAW_URL}})


@pytest.mark.parametrize(
    ("answers", "is_for_good"),
    [
        ([answered({"name": "not_found"}, 404)], True),
        ([answered({"name": "validation_error"}, 400)], False),
        ([answered({"name": "restricted_api_key"}, 401)], False),
        ([answered({"name": "invalid_api_key"}, 403)], False),
        ([answered({}, 429)], False),
        ([answered({}, 500)], False),
        ([binary(b"<html>")], False),
        ([binary(b"{}", 302)], True),
        ([RAW_ANSWER, binary(b"expired", 403)], False),
        ([RAW_ANSWER, binary(b"", 404)], False),
        ([RAW_ANSWER, binary(b"", 503)], False),
        ([answered(IN_PIECES), answered({}, 200)], False),
    ],
)
def test_what_is_not_given(answers: Sequence[FetchAnswer], is_for_good: bool) -> None:
    """A wrong key can be put right, and a URL that is out of date is asked for anew."""
    failed = step(*answers)
    assert isinstance(failed, NotFetched)
    assert failed.is_for_good == is_for_good


def test_how_long_resend_wants_to_be_left_alone() -> None:
    failed = step(FetchAnswer(status=429, headers={"retry-after": "7"}, body=b""))
    assert isinstance(failed, NotFetched)
    assert failed.after_seconds == 7


@pytest.mark.parametrize("credential", [None, " "])
def test_without_a_key_nothing_is_asked(credential: str | None) -> None:
    failed = step(credential=credential)
    assert isinstance(failed, NotFetched)
    assert "full access" in failed.detail


def test_before_it_is_fetched_a_mail_says_nothing() -> None:
    assert read_back(resend, posted(msgspec.json.encode(RECEIVED)), "email") == FetchNeeded()


@pytest.mark.parametrize("kept", [b"", b"\x91", b"{}", b"\xc1"])
def test_what_was_kept_otherwise_is_unreadable(kept: bytes) -> None:
    event = replace(event_of(), fetched=FetchedContent(content_type="text/html", body=kept))
    with pytest.raises(Unreadable):
        resend.read(event, ReadingContext(kind="email", own_address=OWN_EMAIL))
