"""Mails that their providers took apart: what files are called, and that a text file is no text.

The same for all of them, as they post it. Cases: email-providers.md section 13 (names that other
programs lose a file over, a path of Windows in `forwarded.msg`, line ends within a name).
"""

from dataclasses import replace

import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, fetched

from domain.message import Attachment, FetchNeeded, InboundMessage, Recipient
from domain.provider import Provider, ReadingContext
from providers import FETCHERS, brevo, mailgun, mandrill, postmark, resend, sendgrid
from simulation import PLAYED, PLAYED_KEEPERS

URL = "https://inlet.example/webhooks/any/tok"
SECRET = "whsec_b2xkIHNlY3JldA=="
IN_PIECES = (brevo, mailgun, mandrill, postmark, resend, sendgrid)


def name_of(provider: Provider) -> str:
    return provider.NAME


def read(provider: Provider, *files: Attachment) -> InboundMessage:
    """Post a mail with these files, as its provider does, and read it with what is kept of it."""
    sent = InboundMessage(
        kind="email",
        provider_message_id="m-1",
        sender="ann@example.org",
        recipients=(Recipient(role="to", address=OWN_EMAIL),),
        body="",
        attachments=files,
    )
    at = channel(provider.NAME, "email", (SECRET,), "a key")
    delivery = PLAYED[provider.NAME].compose(sent, at, URL, NOW)
    (found,) = provider.split(delivery, "email")
    event = claimed(found, provider.NAME, delivery.content_type)
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    reading = provider.read(event, context)
    if isinstance(reading, FetchNeeded):
        kept = PLAYED_KEEPERS[provider.NAME].kept(sent, NOW)
        content = fetched(FETCHERS[provider.NAME], event, at, kept)
        reading = provider.read(replace(event, fetched=content), context)
    assert isinstance(reading, InboundMessage)
    return reading


def named(written: str) -> Attachment:
    return Attachment(content=b"content", content_type="text/pdf", filename=written)


@pytest.mark.parametrize("provider", IN_PIECES, ids=name_of)
def test_a_file_is_called_by_its_name_alone(provider: Provider) -> None:
    """No file is lost over its name, and none moves or hides by it."""
    written = {
        "\\share\\mail\\forwarded.msg": "forwarded.msg", "/etc/passwd": "passwd",
        "../static/index.html": "index.html", "a\u202efdp.exe": "a fdp.exe",
        "=?utf-8?q?Pr=C3=BC.pdf?=": "Prü.pdf", "x" * 300 + ".pdf": "x" * 251 + ".pdf",
        "": None, "path\\": None, "path/.": None, "path\\.": None, "..": None, "path/..": None,
    }  # fmt: skip
    files = read(provider, *map(named, written)).attachments
    assert [file.filename for file in files] == list(written.values())
    assert {file.content for file in files} == {b"content"}


@pytest.mark.parametrize("provider", [brevo, mandrill, postmark, resend], ids=name_of)
def test_line_ends_within_a_name_are_spaces(provider: Provider) -> None:
    """As providers decode them out of `=?iso-8859-1?Q?Outlook-Icon=0A=0ADesc.png?=`."""
    (file,) = read(provider, named("Outlook-Icon\n\nDesc.png")).attachments
    assert (file.filename or "").split() == ["Outlook-Icon", "Desc.png"]
    assert (file.filename or "").isprintable()


@pytest.mark.parametrize("provider", IN_PIECES, ids=name_of)
def test_a_file_that_is_text_is_no_text_of_the_mail(provider: Provider) -> None:
    texts = [
        Attachment(content=b"csv \xe9", content_type="text/csv; charset=iso-8859-1", filename="a"),
        Attachment(content=b"text", content_type="text/plain", filename="b.txt"),
        Attachment(content=b"<p>html", content_type="text/html", filename="c.html"),
    ]
    found = read(provider, *texts)
    assert (found.body, found.attachments) == ("", tuple(texts))
