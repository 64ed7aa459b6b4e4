"""Brevo's mails, and the files of them that it keeps.

Source: https://developers.brevo.com/docs/inbound-parse-webhooks (mails),
https://developers.brevo.com/reference/get-inbound-email-attachment (files),
https://developers.brevo.com/docs/limit-headers (how long it wants to be left alone).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from brevo_samples import CHANNEL, IMAGE, MAIL, MAIL_FILE, TEXT_FILE, UUID, items
from samples import NOW, OWN_EMAIL, claimed, fetched, posted, read_back

from domain.errors import Unreadable
from domain.event import ClaimedEvent, FetchedContent
from domain.fetched_parts import joined_parts
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.mailbox import parse_mailbox
from domain.message import (
    Attachment,
    FetchNeeded,
    InboundMessage,
    MailReport,
    Recipient,
    ThreadHeaders,
)
from domain.message_parts import addresses_in
from domain.provider import ReadingContext
from providers import brevo

FILES_URL = "https://api.brevo.com/v3/inbound/attachments/"
TEXT_URL = f"{FILES_URL}eyJmb2xkZXIi%2F%2B%3D%3D"
FILES = [TEXT_FILE, IMAGE, MAIL_FILE]


def mail(*own: str, **changes: object) -> InboundMessage:
    """Read a mail without files on a channel that has further own addresses."""
    (event,) = brevo.split(items(MAIL | changes), "email")
    context = ReadingContext(kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, *own))
    reading = brevo.read(claimed(event, "brevo"), context)
    assert isinstance(reading, InboundMessage)
    return reading


def event_with(*files: object) -> ClaimedEvent:
    (event,) = brevo.split(items(MAIL | {"Attachments": files}), "email")
    return claimed(event, "brevo")


def answered(body: bytes, content_type: str = "", status: int = 200) -> FetchAnswer:
    headers = {"content-type": content_type} if content_type else {}
    return FetchAnswer(status=status, headers=headers, body=body)


def read(event: ClaimedEvent, content: FetchedContent) -> InboundMessage:
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    reading = brevo.read(replace(event, fetched=content), context)
    assert isinstance(reading, InboundMessage)
    return reading


def test_a_mail_without_files_is_read_at_once() -> None:
    assert mail() == InboundMessage(
        kind="email",
        provider_message_id=UUID,
        sender='"Ann Ruiz" <ann@example.org>',
        recipients=(
            Recipient(role="to", address="help@example.com"),
            Recipient(role="cc", address='"Last, First" <cc@example.org>'),
        ),
        body="<div>Is this <b>it</b>?</div>\r\n",
        body_format="html",
        subject="Größe",
        sent_at=datetime(2014, 8, 1, 20, 45, 32, tzinfo=UTC),
        thread=ThreadHeaders(message_id="2@mail.example.com", in_reply_to=(), references=()),
        mail_class="human",
    )


def test_text_is_shown_where_there_is_no_html() -> None:
    shown = mail(RawHtmlBody=None)
    assert (shown.body, shown.body_format) == ("Is this *it*?\r\n", "text")


def test_a_thread_is_read_from_the_header_or_from_what_is_beside_it() -> None:
    references = "<0@mail.example.com> <1@mail.example.com>"
    both = mail(
        InReplyTo="<1@mail.example.com>",
        Headers={"In-Reply-To": "<1@mail.example.com>", "References": references},
    )
    alone = mail(InReplyTo="<1@mail.example.com>", Headers={})
    assert both.thread == ThreadHeaders(
        message_id="2@mail.example.com",
        in_reply_to=("1@mail.example.com",),
        references=("0@mail.example.com", "1@mail.example.com"),
    )
    assert alone.thread == ThreadHeaders(
        message_id="2@mail.example.com", in_reply_to=("1@mail.example.com",), references=()
    )


@pytest.mark.parametrize(
    "score", [{"SpamScore": 7}, {"SpamScore": "x"}, {"SpamScore": None}, {"SpamScore": {"a": 1}},
        {"Spam": {"Score": 1.5}}, {"Spam": []}],
)  # fmt: skip
def test_the_score_of_spam_may_lie_anywhere(score: dict[str, object]) -> None:
    """The page has it in an object, what is posted has not."""
    assert mail(**score).subject == "Größe"


def test_a_field_of_the_header_is_a_text_or_a_list() -> None:
    fields: dict[str, object] = {
        "Auto-Submitted": ["auto-replied", None], "X-Count": 3, "X-None": None, "X-Parts": [1, 2.5],
    }  # fmt: skip
    assert mail(Headers=fields).mail_class in ("auto_reply", "out_of_office")


@pytest.mark.parametrize("headers", [None, [], {}, "Received: x", ["Received: x"]])
def test_a_mail_whose_header_is_missing_is_a_mail(headers: object) -> None:
    read_mail = mail(Headers=headers)
    assert read_mail.thread
    assert read_mail.sent_at == datetime(2014, 8, 1, 20, 45, 32, tzinfo=UTC)
    assert (read_mail.thread.message_id, read_mail.mail_class) == ("2@mail.example.com", "human")


def test_who_wrote_and_to_whom_is_read_from_the_header_where_it_is_not_beside_it() -> None:
    read_mail = mail(From=None, To=None, Cc=None)
    assert read_mail.sender == "Ann Ruiz <ann@example.org>"
    assert read_mail.recipients == (
        Recipient(role="to", address="help@example.com"),
        Recipient(role="cc", address='"Last, First" <cc@example.org>'),
    )


def test_a_mailbox_may_be_text() -> None:
    written: list[object] = ["help@example.com", None, {}]
    read_mail = mail(From="ann@example.org", To=written, Cc=None)
    assert read_mail.sender == "ann@example.org"
    assert read_mail.recipients[0] == Recipient(role="to", address="help@example.com")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Support <support@bank.example>", "eve@example.org"),
        ('a" <support@bank.example>, "b', "eve@example.org"),
        ("support@bank.example", "eve@example.org"),
        ("Ann \\", "eve@example.org"),
        ("eve@example.org", "eve@example.org"),
    ],
)
def test_a_name_is_never_an_address(name: str, address: str) -> None:
    read_mail = mail(From={"Name": name, "Address": address})
    assert parse_mailbox(read_mail.sender).address == address
    assert addresses_in(read_mail.sender, "email") == [read_mail.sender]


@pytest.mark.parametrize(
    ("written", "message_id"),
    [
        ("<>", None),
        ("<[x]@y>", "[x]@y"),
        ("<a@b@c>", "a@b@c"),
        ("<abc def@x>", "abcdef@x"),
        ("", None),
    ],
)
def test_message_ids_are_read_however_they_are_written(
    written: str, message_id: str | None
) -> None:
    read_mail = mail(MessageId=written, InReplyTo="<1@mail>", Headers=None)
    assert read_mail.thread
    assert read_mail.thread.message_id == message_id


def test_a_mail_from_nobody_in_particular_is_a_bounce() -> None:
    """Return-Path is the envelope's; it is not always there."""
    fields = {"Return-Path": "<>", "Content-Type": "multipart/report; report-type=delivery-status"}
    assert mail(Headers=fields).mail_class == "bounce"


@pytest.mark.parametrize(
    "told",
    [
        {"Recipients": [{"Name": None, "Address": "Sales@example.com"}]},
        {"Recipients": ["Sales@example.com", None]},
        {"Bcc": [{"Address": "Sales@example.com"}]},
        {"Headers": {"Delivered-To": "Sales@example.com", "Return-Path": "<ann@example.org>"}},
        {"Headers": {"Bcc": "Sales@example.com"}},
    ],
)
def test_where_it_was_sent_to_counts_only_if_it_is_ours(told: dict[str, object]) -> None:
    """Else whoever answers all would write to the place that we are forwarded to."""
    assert len(mail(**told).recipients) == 2
    alias = Recipient(role="bcc", address="Sales@example.com")
    assert mail("sales@example.com", **told).recipients[2:] == (alias,)


def test_files_are_asked_for_with_the_key_one_after_the_other() -> None:
    event = event_with(*FILES)
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    assert brevo.read(event, context) == FetchNeeded()
    first = brevo.next_fetch(event, CHANNEL, [], NOW)
    assert first == FetchRequest(url=TEXT_URL, headers={"api-key": "xkeysib-1"})
    second = brevo.next_fetch(event, CHANNEL, [answered(b"")], NOW)
    assert isinstance(second, FetchRequest)
    assert second.url == f"{FILES_URL}token-2"
    aside = brevo.next_fetch(
        event_with(IMAGE | {"DownloadToken": "../../a?b#c\0"}), CHANNEL, [], NOW
    )
    assert isinstance(aside, FetchRequest)
    assert aside.url == f"{FILES_URL}..%2F..%2Fa%3Fb%23c"
    hosts = ("api.brevo.com.evil.test", "brevo.com", "a.api.brevo.com", "evilapi.brevo.com")
    assert not any(brevo.FETCH_HOSTS.fullmatch(host) for host in hosts)


def test_a_file_has_the_charset_that_the_answer_names() -> None:
    """The type that comes with the mail names none; a mail in a mail may have no name."""
    event = event_with(*FILES)
    kept = {
        TEXT_URL: answered("Größe".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        f"{FILES_URL}token-2": answered(b"png\0", "application/octet-stream"),
        f"{FILES_URL}token-3": answered(b"A: b\n\n", "message/rfc822; charset=us-ascii"),
    }
    assert read(event, fetched(brevo, event, CHANNEL, kept)).attachments == (
        Attachment(
            content=b"Gr\xf6\xdfe",
            content_type="text/plain; charset=iso-8859-1",
            filename="Prüfung.txt",
        ),
        Attachment(
            content=b"png\0", content_type="image/png", filename="logo.png", content_id="logo@x"
        ),
        Attachment(content=b"A: b\n\n", content_type="message/rfc822; charset=us-ascii"),
    )


def test_a_file_without_a_type_or_a_token() -> None:
    untold = {"Name": None, "ContentId": "<old@x>", "DownloadToken": "token-4"}
    event = event_with(untold, {"Name": "lost.txt", "DownloadToken": " "}, {"Name": "x"}, None)
    content = fetched(brevo, event, CHANNEL, {f"{FILES_URL}token-4": answered(b"?")})
    assert read(event, content).attachments == (Attachment(content=b"?", content_id="old@x"),)
    assert mail(Attachments=None).attachments == mail(Attachments=[{"Name": "a"}]).attachments == ()


def test_a_bounce_with_its_files_reports() -> None:
    status = b"Final-Recipient: rfc822; ann@x.test\nAction: failed\nStatus: 5.1.1\n"
    returned = b"Message-ID: <aaaa@example.com>\n\nhello"
    event = event_with(IMAGE | {"ContentType": "message/delivery-status"}, MAIL_FILE)
    kept = {
        f"{FILES_URL}token-2": answered(status, "message/delivery-status"),
        f"{FILES_URL}token-3": answered(returned, "message/rfc822"),
    }
    bounce = read(event, fetched(brevo, event, CHANNEL, kept))
    assert bounce.mail_class == "bounce"
    assert bounce.report == MailReport(
        original_message_id="aaaa@example.com",
        status="bounced",
        word="failed",
        error_code="5.1.1",
        recipients=("ann@x.test",),
        is_permanent=True,
    )


@pytest.mark.parametrize(
    ("answers", "is_for_good"),
    [
        ([answered(b'{"code": "unauthorized"}', status=401)], False),
        ([answered(b"", status=403)], False),
        ([answered(b"", status=429)], False),
        ([answered(b"", status=500)], False),
        ([answered(b'{"code": "document_not_found"}', status=404)], True),
        ([answered(b"", status=302)], True),
        ([answered(b"a"), answered(b"", status=401)], False),
        ([answered(b"a"), answered(b"", status=404)], True),
    ],
)
def test_what_is_not_given(answers: Sequence[FetchAnswer], is_for_good: bool) -> None:
    """A wrong key can be put right while Brevo has the files."""
    failed = brevo.next_fetch(event_with(*FILES), CHANNEL, answers, NOW)
    assert isinstance(failed, NotFetched)
    assert failed.is_for_good == is_for_good


def test_how_long_brevo_wants_to_be_left_alone() -> None:
    busy = FetchAnswer(status=429, headers={"x-sib-ratelimit-reset": "45"}, body=b"")
    failed = brevo.next_fetch(event_with(*FILES), CHANNEL, [busy], NOW)
    assert isinstance(failed, NotFetched)
    assert failed.after_seconds == 45


@pytest.mark.parametrize("credential", [None, " "])
def test_without_a_key_nothing_is_asked(credential: str | None) -> None:
    failed = brevo.next_fetch(event_with(IMAGE), replace(CHANNEL, credential=credential), [], NOW)
    assert isinstance(failed, NotFetched)
    assert "API key" in failed.detail
    assert not failed.is_for_good


def test_a_mail_with_too_many_files_is_given_up_at_once() -> None:
    assert isinstance(brevo.next_fetch(event_with(*[IMAGE] * 100), CHANNEL, [], NOW), FetchRequest)
    failed = brevo.next_fetch(event_with(*[IMAGE] * 101), CHANNEL, [], NOW)
    assert isinstance(failed, NotFetched)
    assert (failed.error_class, failed.is_for_good) == ("fetch_too_large", True)


def test_what_cannot_be_read_is_not_asked_for() -> None:
    event = replace(event_with(IMAGE), body=b'{"Attachments": 7}')
    failed = brevo.next_fetch(event, CHANNEL, [], NOW)
    assert isinstance(failed, NotFetched)
    assert failed.is_for_good


@pytest.mark.parametrize(
    "content",
    [FetchedContent(content_type="text/html", body=b"\xc1"), joined_parts([]),
        joined_parts([b"image/png"]), joined_parts([b"image/png", b"", b"image/png", b""])],
)  # fmt: skip
def test_what_was_kept_otherwise_is_unreadable(content: FetchedContent) -> None:
    with pytest.raises(Unreadable):
        read(event_with(IMAGE), content)


@pytest.mark.parametrize("name", [*MAIL, "Recipients", "Bcc", "event", "message-id", "email"])
@pytest.mark.parametrize("value", [None, 7, 1.5, True, "x", [], [7], [None], {}, {"a": [1]}])
def test_a_field_of_any_type_is_read_or_unreadable(name: str, value: object) -> None:
    for event in brevo.split(items(MAIL | {name: value}), "email"):
        try:
            brevo.read(claimed(event, "brevo"), ReadingContext(kind="email", own_address=OWN_EMAIL))
        except Unreadable:
            continue


@pytest.mark.parametrize("name", sorted(MAIL))
def test_a_field_may_be_missing(name: str) -> None:
    body = {other: value for other, value in MAIL.items() if other != name}
    assert isinstance(read_back(brevo, items(body), "email"), InboundMessage)


def test_a_mail_is_known_by_its_uuid_whatever_else_is_posted() -> None:
    """Without one its bytes are what tells it from another."""
    again = items(MAIL | {"SpamScore": 3, "Uuid": [UUID, "another"]})
    lone = MAIL | {"Uuid": None}
    deliveries = [items(MAIL), again, items(MAIL | {"Uuid": UUID}), items(lone), items(lone),
        items(lone | {"Subject": "x"})]  # fmt: skip
    keys = [brevo.split(delivery, "email")[0].dedup_key for delivery in deliveries]
    assert keys[0] == keys[1] == keys[2] == f"message:{UUID}"
    assert keys[3] == keys[4] != keys[5]
    assert len({*keys}) == 3


def test_of_several_mails_each_is_an_event_with_its_own_bytes() -> None:
    odd: list[object] = [None, 7, "x", [], {}, {"Uuid": []}, {"Uuid": [""]}, {"Uuid": [{}]}]
    other = MAIL | {"Uuid": ["other"], "Subject": "\N{PILE OF POO}"}
    events = brevo.split(items(MAIL, *odd, other), "email")
    assert [event.kind for event in events] == ["message", *["unreadable"] * 8, "message"]
    assert msgspec.json.decode(events[0].body) == MAIL
    assert msgspec.json.decode(events[-1].body) == other
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    for event in events[1:-1]:
        with pytest.raises(Unreadable):
            brevo.read(claimed(event, "brevo"), context)


def test_a_bad_byte_or_half_a_character_costs_no_mail() -> None:
    body = items(MAIL | {"RawHtmlBody": ""}, MAIL | {"Uuid": ["other"]}).body
    for bad in (b"\xff", b"\\ud800", b"\\u0000"):
        first, second = brevo.split(posted(body.replace(b"*it*", b"i" + bad + b"t")), "email")
        assert (first.kind, second.dedup_key) == ("message", "message:other")
        context = ReadingContext(kind="email", own_address=OWN_EMAIL)
        reading = brevo.read(claimed(first, "brevo"), context)
        assert isinstance(reading, InboundMessage)
        assert reading.body.replace("\ufffd", "") == "Is this it?\r\n"


def test_mails_have_their_limit() -> None:
    assert brevo.split(items(), "email") == []
    assert len(brevo.split(items(*[MAIL] * 1_000), "email")) == 1_000
    with pytest.raises(Unreadable, match="more than"):
        brevo.split(items(*[MAIL] * 1_001), "email")
