"""Mails that a route of Mailgun stores: which are fetched, from where, and how they are read.

Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/store-retreive
(fields), https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/view-stored-messages
(how a mail is asked for).
"""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, fetched, read_back
from test_mailgun import TOKEN, form

from domain.basic_auth import basic_credentials
from domain.event import ClaimedEvent, FetchedContent
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.message import Attachment, FetchNeeded, InboundMessage
from domain.provider import ReadingContext
from providers import mailgun
from tests.mails import a_mail, a_multipart

URL = "https://storage-europe-west1.api.mailgun.net/v3/domains/mg.example.com/messages/AwABB_2l87Zafd=="
FILES = [
    {
        "url": f"{URL}/attachments/0",
        "content-type": "application/pdf",
        "name": "a.pdf",
        "size": 3,
    }
]
RAW = a_multipart(
    "mixed",
    [
        a_mail("text/plain; charset=utf-8", "Grüße\n"),
        a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
    ],
    "From: Ann <ann@example.org>",
    "To: help@example.com",
    "Subject: Raw",
    "Message-ID: <3@mail.example.com>",
).decode()
CHANNEL = channel("mailgun", "email", ("a signing key",), "an API key")
CONTEXT = ReadingContext(kind="email", own_address=OWN_EMAIL)
BY_PLACE = (
    Attachment(
        url=f"{URL}/attachments/0",
        content_type="application/pdf",
        filename="a.pdf",
        size_bytes=3,
    ),
)


def event_of(url: str | None = URL, files: object = FILES) -> ClaimedEvent:
    attachments = msgspec.json.encode(files).decode()
    delivery = form(**{"message-url": url, "attachments": attachments, "domain": "mg.example.com"})
    (event,) = mailgun.split(delivery, "email")
    return claimed(event, "mailgun", delivery.content_type)


def answered(fields: object, status: int = 200) -> FetchAnswer:
    return FetchAnswer(status=status, headers={}, body=msgspec.json.encode(fields))


def step(*answers: FetchAnswer, credential: str | None = "an API key") -> Any:
    return mailgun.next_fetch(event_of(), replace(CHANNEL, credential=credential), answers, NOW)


def mail(event: ClaimedEvent) -> InboundMessage:
    reading = mailgun.read(event, CONTEXT)
    assert isinstance(reading, InboundMessage)
    return reading


def test_a_mail_whose_files_are_stored_is_fetched_as_it_came() -> None:
    event = event_of()
    assert mailgun.read(event, CONTEXT) == FetchNeeded()
    kept = fetched(mailgun, event, CHANNEL, {URL: answered({"body-mime": RAW, "subject": "Raw"})})
    read = mail(replace(event, fetched=kept))
    assert (read.sender, read.subject, read.body) == ("Ann <ann@example.org>", "Raw", "Grüße")
    assert read.provider_message_id == TOKEN
    assert read.attachments == (
        Attachment(content=b"pdf", content_type="application/pdf", filename="a.pdf"),
    )


def test_a_mail_is_asked_for_with_the_key_of_the_account() -> None:
    assert step() == FetchRequest(
        url=URL,
        headers={
            "authorization": basic_credentials("api", "an API key"),
            "accept": "message/rfc2822",
        },
    )


@pytest.mark.parametrize("files", [[], None, "x"])
def test_what_has_no_files_needs_no_fetching(files: object) -> None:
    assert mail(event_of(files=files)).body == "<div>Test body html</div>"
    assert isinstance(read_back(mailgun, form(**{"message-url": URL}), "email"), InboundMessage)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        URL.replace("https:", "http:"),
        URL.replace("mailgun.net", "mailgun.net.example.org"),
        URL.replace("storage-europe-west1.api", "storage.api.example.org/.api"),
        URL.replace("https://", "https://key@"),
        URL.replace(".net/", ".net:8443/"),
        URL.replace("/domains/", "/keys/domains/"),
        URL.replace("mg.example.com", ".."),
        URL.replace("/messages/", "/credentials/"),
        URL + "/../../credentials",
        URL + "?a=b",
        URL + "#a",
        URL + "\na",
    ],
)
def test_the_key_is_shown_only_where_mails_lie(url: str | None) -> None:
    """Who has seen one signature can post a form that names any place."""
    strange = event_of(url)
    assert mail(strange).attachments == BY_PLACE
    assert mailgun.next_fetch(strange, CHANNEL, (), NOW) == FetchedContent(
        content_type="application/json", body=b"{}"
    )


@pytest.mark.parametrize(
    "host", ["api.mailgun.net", "api.eu.mailgun.net", "se.api.mailgun.net", "sw.api.mailgun.net"]
)
def test_storage_has_several_hosts(host: str) -> None:
    url = f"https://{host}/v3/domains/mg.example.com/messages/eyJwIjpmYWxzZX0="
    assert mailgun.read(event_of(url), CONTEXT) == FetchNeeded()
    assert mailgun.FETCH_HOSTS.fullmatch(host)


@pytest.mark.parametrize("status", [302, 400, 404, 410])
def test_what_mailgun_no_longer_has_is_read_as_it_was_posted(status: int) -> None:
    given = step(answered({"message": "Message not found"}, status))
    assert isinstance(given, FetchedContent)
    read = mail(replace(event_of(), fetched=given))
    assert (read.subject, read.attachments) == ("Test subject", BY_PLACE)


def test_without_a_key_a_mail_is_read_as_it_was_posted() -> None:
    for credential in (None, " "):
        given = step(credential=credential)
        assert isinstance(given, FetchedContent)
        assert mail(replace(event_of(), fetched=given)).attachments == BY_PLACE


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (answered({"message": "Forbidden"}, 401), None),
        (answered({"message": "Forbidden"}, 403), None),
        (replace(answered({}, 429), headers={"retry-after": "30"}), 30.0),
        (answered({}, 500), None),
        (answered({}), None),
        (answered({"body-mime": ""}), None),
        (FetchAnswer(status=200, headers={}, body=b"<html>"), None),
    ],
)
def test_what_may_pass_is_tried_again(answer: FetchAnswer, after: float | None) -> None:
    """A wrong key is put right by an operator, while Mailgun has the mail for three days."""
    given = step(answer)
    assert isinstance(given, NotFetched)
    assert (given.error_class, given.is_for_good) == ("fetch_failed", False)
    assert given.after_seconds == after
    assert mailgun.FETCH_WITHIN.days == 3


def test_what_is_no_form_is_not_asked_for() -> None:
    event = replace(event_of(), content_type="text/plain")
    given = mailgun.next_fetch(event, CHANNEL, (), NOW)
    assert isinstance(given, NotFetched)
    assert given.is_for_good
