"""Brevo's events and its password, and the mails that it is sent.

Source: https://developers.brevo.com/docs/transactional-webhooks (events),
https://developers.brevo.com/docs/batch-webhooks (batches of them),
https://developers.brevo.com/docs/username-and-password-authentication (the password),
https://developers.brevo.com/reference/send-transac-email (sending).
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from brevo_samples import CHANNEL, MAIL
from samples import NOW, OWN_EMAIL, claimed, outbound_mail, posted, read_back

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import DeliveryReceipt, ThreadHeaders
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import verify
from providers import brevo

SENT_ID = "201798300811.5787683@smtp-relay.mailin.fr"
EVENT: dict[str, object] = {
    "event": "hard_bounce",
    "email": "ann@example.com",
    "id": 9999999,  # of the webhook, not of the event
    "date": "2024-11-01 14:59:54",
    "ts": 1730473194,
    "message-id": f"<{SENT_ID}>",
    "ts_event": 1730473194,
    "subject": "Re: Order",
    "X-Mailin-custom": "some_custom_header",
    "sending_ip": "192.0.2.1",
    "ts_epoch": 1730469594907,
    "template_id": 22,
    "tags": ["transac_messages"],
    "reason": "550 5.1.1 <ann@example.com>: no such user",
}
OUTBOUND = outbound_mail("brevo")
RELAYED = Sent(provider_message_id="1@relay", message_id="1@relay")


def post(event: object) -> Delivery:
    return posted(msgspec.json.encode(event))


def keys(*deliveries: Delivery) -> list[str]:
    return [brevo.split(delivery, "email")[0].dedup_key for delivery in deliveries]


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("request", "queued", None),
        ("delivered", "delivered", None),
        ("deferred", "unknown", None),
        ("soft_bounce", "bounced", "soft_bounce"),
        ("hard_bounce", "bounced", "hard_bounce"),
        ("invalid_email", "bounced", "invalid_email"),
        ("blocked", "failed", "blocked"),
        ("error", "failed", "error"),
        ("spam", "complained", None),
        ("complaint", "complained", None),
        ("unique_opened", "opened", None),
        ("opened", "opened", None),
        ("proxy_open", "unknown", None),
        ("unique_proxy_open", "unknown", None),
        ("click", "clicked", None),
        ("unsubscribed", "unknown", None),
        ("later", "unknown", None),
    ],
)
def test_events(word: str, status: str, code: str | None) -> None:
    assert read_back(brevo, post(EVENT | {"event": word}), "email") == DeliveryReceipt(
        provider_message_id=SENT_ID,
        status=status,  # pyright: ignore[reportArgumentType]
        provider_status=word,
        error_code=code,
        occurred_at=datetime(2024, 11, 1, 13, 59, 54, 907000, tzinfo=UTC),
        recipients=("ann@example.com",),
        is_permanent=word == "hard_bounce",
    )


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (1730469594, datetime(2024, 11, 1, 13, 59, 54, tzinfo=UTC)),
        ("1730469594000", datetime(2024, 11, 1, 13, 59, 54, tzinfo=UTC)),
        (None, None), ("soon", None), (0, None), (1e300, None),
    ],
)  # fmt: skip
def test_only_the_time_in_utc_is_believed(written: object, moment: datetime | None) -> None:
    """It is in milliseconds, but in the examples of the page; others are in some time zone."""
    reading = read_back(brevo, post(EVENT | {"ts_epoch": written}), "email")
    assert isinstance(reading, DeliveryReceipt)
    assert reading.occurred_at == moment


@pytest.mark.parametrize("written", [SENT_ID, f"<{SENT_ID}>", f" <{SENT_ID}> "])
def test_an_event_is_of_the_mail_that_was_answered_whether_its_id_has_brackets(
    written: str,
) -> None:
    """What is posted has brackets, the page has none."""
    (event,) = brevo.split(post(EVENT | {"message-id": written}), "email")
    answer = msgspec.json.encode({"messageId": f"<{SENT_ID}>"})
    assert brevo.read_answer(201, {}, answer) == Sent(
        provider_message_id=event.provider_message_id, message_id=SENT_ID
    )


def test_each_recipient_and_each_opening_is_a_receipt_of_its_own_and_a_repeated_event_is_one() -> (
    None
):
    opened = EVENT | {"event": "opened"}
    variants = [
        {}, {"email": "cat@example.com"}, {"ts_epoch": 1730469594908}, {"event": "click"},
        {"event": "click", "link": "https://x.test"}, {"message-id": "<2@mail>"},
    ]  # fmt: skip
    found = keys(*(post(opened | changes) for changes in variants))
    assert len(set(found)) == len(variants)
    assert not any("example.com" in key for key in found)
    again = post(dict(reversed(opened.items())) | {"tags": None, "id": 1})
    assert keys(again) == found[:1]


def test_without_the_time_in_utc_another_tells_an_event_from_the_next() -> None:
    bare = {name: value for name, value in EVENT.items() if not name.startswith(("ts", "date"))}
    dated = [bare, bare | {"date": "2024-11-01"}, bare | {"ts": 1}, bare | {"ts_event": 2}]
    assert len(set(keys(*map(post, dated)))) == 4


def test_of_a_batch_each_event_is_one_and_an_odd_one_harms_no_other() -> None:
    odd: list[object] = [
        None, 7, [], {}, {"event": "opened"}, {"event": 7, "message-id": "<1@mail>"},
        {"event": "opened", "message-id": ""}, {"event": "list_addition", "list_id": [3]},
    ]  # fmt: skip
    other = EVENT | {"event": "delivered"}
    events = brevo.split(post([EVENT, *odd, other]), "email")
    assert [event.kind for event in events] == ["receipt", *["unreadable"] * 8, "receipt"]
    assert msgspec.json.decode(events[-1].body) == other
    assert brevo.split(post([]), "email") == []
    with pytest.raises(Unreadable, match="more than"):
        brevo.split(post([EVENT] * 1_001), "email")


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 1, "camp_id": 2, "email": "ann@example.com", "event": "list_addition"}',
        b'{"msg_status": "delivered", "to": "15550100", "messageId": 1, "status": "OK"}',
        b'{"event": "contact_deleted", "content": [{"email": "ann@example.com"}]}',
        b"{}",
    ],
)
def test_what_is_of_no_mail_is_kept_as_unreadable(body: bytes) -> None:
    """Contacts, texts and campaigns have webhooks of their own."""
    (event,) = brevo.split(posted(body), "email")
    assert (event.kind, event.body) == ("unreadable", body)
    with pytest.raises(Unreadable):
        brevo.read(claimed(event, "brevo"), ReadingContext(kind="email", own_address=OWN_EMAIL))


def test_mails_and_events_may_come_to_one_url() -> None:
    """A mail alone is one, too; in items an event is what it is anywhere."""
    kinds = [
        [event.kind for event in brevo.split(post(body), "email")]
        for body in (MAIL, [MAIL, EVENT], {"items": [MAIL, EVENT]}, EVENT)
    ]
    assert kinds == [["message"], ["message", "receipt"], ["message", "receipt"], ["receipt"]]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"null", b"7", b'"x"', b"{", b"[", b"[1", b'{"items": null}', b'{"items": {}}',
        b'{"items": "x"}', b'{"items": [}', b"[" * 100_000, b'{"items": ' + b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_delivery_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        brevo.split(posted(body), "email")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Basic " + b64encode(b"inlet:a password").decode(), "verified"),
        ("Basic " + b64encode(b"inlet:another").decode(), "bad_signature"),
        ("Bearer a password", "missing_signature"),
        ("", "missing_signature"),
    ],
)
def test_the_password_of_the_url_is_checked(header: str, reason: str) -> None:
    delivery = posted(b"{}", {"authorization": header})
    assert verify(brevo.signed(delivery, ["a password"], NOW)).reason == reason
    assert brevo.answer(delivery, []).status == 200


def test_a_mail_is_sent_as_text_and_as_html() -> None:
    """Of text alone Brevo makes HTML alone, and its page says that HTML has to be there."""
    request = brevo.compose_send(OUTBOUND, CHANNEL, NOW)
    assert (request.method, request.url) == ("POST", "https://api.brevo.com/v3/smtp/email")
    assert request.headers["api-key"] == "xkeysib-1"
    sent = msgspec.json.decode(request.body)
    assert "Grüße 👍" in sent.pop("htmlContent")
    assert sent == {
        "sender": {"email": "help@example.com"},
        "to": [{"email": "ann@example.org"}, {"email": "cat@example.org"}],
        "cc": [{"email": "ben@example.org"}],
        "subject": "Re: Order",
        "textContent": "Grüße 👍",
        "headers": {
            "In-Reply-To": "<2@mail>",
            "References": "<1@mail> <2@mail> <aaaa@example.com>",
        },
    }


def test_text_means_in_html_what_it_says() -> None:
    """In pairs, braces would be replaced by a variable of Brevo's templates."""
    body = "a < b & c\r\n  {{ params.x }}\n\n{% if %}"
    sent = msgspec.json.decode(brevo.compose_send(replace(OUTBOUND, body=body), CHANNEL, NOW).body)
    assert sent["textContent"] == body
    assert (
        ">a &lt; b &amp; c<br>  &#123;&#123; params.x &#125;&#125;<br><br>&#123;% if %&#125;</div>"
        in sent["htmlContent"]
    )


def test_only_ids_in_ascii_are_referred_to() -> None:
    """Brevo writes other letters into a header as they are, and mails with these are refused."""
    thread = ThreadHeaders(
        message_id="aaaa@größe.example",
        in_reply_to=("2@größe",),
        references=("1@mail", "2@größe", "\N{PILE OF POO}@mail"),
    )
    sent = msgspec.json.decode(
        brevo.compose_send(replace(OUTBOUND, thread=thread), CHANNEL, NOW).body
    )
    assert sent["headers"] == {"References": "<1@mail>"}


def test_a_mail_without_a_thread_or_a_copy_has_none() -> None:
    request = brevo.compose_send(replace(OUTBOUND, thread=None, cc=()), CHANNEL, NOW)
    assert not {"headers", "cc"} & set(msgspec.json.decode(request.body))


def test_a_channel_may_send_elsewhere() -> None:
    elsewhere = replace(CHANNEL, send_url="http://127.0.0.1:9/email")
    assert brevo.compose_send(OUTBOUND, elsewhere, NOW).url == "http://127.0.0.1:9/email"


def test_what_keeps_a_channel_from_sending() -> None:
    told = [
        brevo.obstacle(CHANNEL, has_credential=has, recipients=count)
        for has, count in ((True, 99), (False, 1), (True, 100))
    ]
    assert told == [
        None,
        "it has no credential: a Brevo API key",
        "Brevo sends to 99 addresses at a time",
    ]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, b'{"messageId": "<1@relay>"}', RELAYED),
        (202, b'{"messageId": "1@relay", "batchId": "b"}', RELAYED),
        (201, b'{"messageIds": ["<1@relay>"]}', Sent(provider_message_id=None)),
        (201, b'{"messageId": ["<1@relay>"]}', Sent(provider_message_id=None)),
        (201, b"<html>", Sent(provider_message_id=None)),
        (201, b"", Sent(provider_message_id=None)),
        (400, b'{"code": "invalid_parameter", "message": "ann@ is not valid"}',
            Failed(code="invalid_parameter",
                reason="Brevo says that an address or another field of it is not valid")),
        (400, b'{"code": "new_word", "message": "ann@"}',
            Failed(code="new_word", reason="Brevo did not deliver it (error new_word)")),
        (401, b'{"code": "unauthorized", "message": "Key not found"}',
            Failed(code="unauthorized",
                reason="Brevo does not accept the channel's API key, or not from where it comes")),
        (402, b'{"code": "not_enough_credits", "message": "no"}',
            Failed(code="not_enough_credits",
                reason="the account has nothing left to send with at Brevo")),
        (403, b'{"code": "ann@example.org may not"}',
            Failed(code="http_403",
                reason="Brevo does not let the channel's API key send")),
        (429, b'{"code": "too_many_requests"}',
            Retry(after_seconds=None, code="too_many_requests",
                detail="the provider answered 429")),
        (500, b"", Retry(after_seconds=None, code="http_500", detail="the provider answered 500")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert brevo.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-sib-ratelimit-reset": "45"}, 45), ({"x-sib-ratelimit-reset": "soon"}, None),
        ({"x-sib-ratelimit-reset": "45", "retry-after": "7"}, 7), ({"retry-after": "7"}, 7),
    ],
)  # fmt: skip
def test_how_long_brevo_wants_to_be_left_alone(
    headers: dict[str, str], seconds: float | None
) -> None:
    """Source: https://developers.brevo.com/docs/limit-headers."""
    outcome = brevo.read_answer(429, headers, b"")
    assert isinstance(outcome, Retry)
    assert outcome.after_seconds == seconds


def test_codes_are_explained() -> None:
    assert brevo.explain("hard_bounce") == "the recipient's server refused it for good"
    assert brevo.explain(None) == "Brevo did not deliver it (error not given)"
    undelivered = ("hard_bounce", "soft_bounce", "invalid_email", "blocked", "error")
    assert not any("(error" in brevo.explain(word) for word in undelivered)
