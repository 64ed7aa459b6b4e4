"""Mail that SendGrid is sent, how it answers, and what it then reports.

Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send (fields),
https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors (errors, limits),
https://support.sendgrid.com/hc/en-us/articles/18322114821403 (401),
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event (custom arguments).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from samples import NOW, channel, outbound_mail, read_back

from domain.message import DeliveryReceipt
from domain.outbound import Failed, OutboundMessage, Retry, SendOutcome, Sent
from domain.signature import verify
from providers import sendgrid
from simulation import sendgrid as played
from simulation.played import TakenMessage
from simulation.send_endpoint import send_endpoint
from simulation.send_url import send_url

HOME = "http://127.0.0.1:9"
CHANNEL = channel("sendgrid", "email", ("a password",), "SG.an API key\n")
PLAYED = replace(CHANNEL, send_url=send_url(HOME, CHANNEL))
OUTBOUND = outbound_mail("sendgrid")
WRONG_KEY = "SendGrid does not accept the channel's API key"
SENDER = "SendGrid does not accept the address that it leaves from: it has to be verified there"


def sent(message: OutboundMessage) -> Any:
    return msgspec.json.decode(sendgrid.compose_send(message, CHANNEL, NOW).body)


def error(message: str, field: str | None) -> bytes:
    return msgspec.json.encode({"errors": [{"message": message, "field": field, "help": None}]})


def test_a_mail_is_sent_as_json() -> None:
    request = sendgrid.compose_send(OUTBOUND, CHANNEL, NOW)
    assert (request.method, request.url) == ("POST", "https://api.sendgrid.com/v3/mail/send")
    assert request.headers["authorization"] == "Bearer SG.an API key"
    assert request.headers["content-type"] == "application/json"
    assert msgspec.json.decode(request.body) == {
        "personalizations": [
            {
                "to": [{"email": "ann@example.org"}, {"email": "cat@example.org"}],
                "cc": [{"email": "ben@example.org"}],
            }
        ],
        "from": {"email": "help@example.com"},
        "subject": "Re: Order",
        "content": [{"type": "text/plain", "value": "Grüße 👍"}],
        "headers": {
            "In-Reply-To": "<2@mail>",
            "References": "<1@mail> <2@mail> <aaaa@example.com>",
        },
        "custom_args": {"inlet_message_id": OUTBOUND.id},
    }


def test_what_is_empty_is_left_out() -> None:
    plain = sent(replace(OUTBOUND, cc=(), thread=None))
    assert "headers" not in plain
    assert "cc" not in plain["personalizations"][0]


def test_no_mail_leaves_without_a_subject() -> None:
    """SendGrid refuses an empty one."""
    assert sent(replace(OUTBOUND, subject=None))["subject"] == "(no subject)"


def test_an_address_is_named_once() -> None:
    """SendGrid refuses a mail that names one twice."""
    twice = replace(OUTBOUND, to=("ann@example.org", "Ann@Example.org"), cc=("ANN@example.org",))
    assert sent(twice)["personalizations"] == [{"to": [{"email": "ann@example.org"}]}]


def test_a_channel_sends_from_the_region_of_its_account() -> None:
    european = replace(CHANNEL, send_url="https://api.eu.sendgrid.com/v3/mail/send")
    request = sendgrid.compose_send(OUTBOUND, european, NOW)
    assert request.url == "https://api.eu.sendgrid.com/v3/mail/send"


@pytest.mark.parametrize(
    ("has_credential", "recipients", "says"),
    [(False, 1, "API key"), (True, 1_001, "1000 addresses"), (True, 1_000, None)],
)
def test_what_keeps_a_channel_from_sending(
    has_credential: bool, recipients: int, says: str | None
) -> None:
    told = sendgrid.obstacle(CHANNEL, has_credential=has_credential, recipients=recipients)
    assert told is None if says is None else says in (told or "")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, b"", Sent(provider_message_id=None)),
        (400, error("The to array is required for ann@example.org", "personalizations.0.to"),
            Failed(code="personalizations.to",
                reason="SendGrid does not accept the recipient's address")),
        (400, error("Does not contain a valid address.", "personalizations.0.cc.11.email"),
            Failed(code="personalizations.cc.email",
                reason="SendGrid does not accept the recipient's address")),
        (400, error("Bad Request", None), Failed(code="http_400",
            reason="SendGrid did not deliver it (error http_400)")),
        (400, error("no", "mail to ann@example.org"), Failed(code="http_400",
            reason="SendGrid did not deliver it (error http_400)")),
        (401, error("The provided authorization grant is invalid, expired, or revoked", None),
            Failed(code="http_401", reason=WRONG_KEY)),
        (401, error("Maximum credits exceeded", None), Failed(code="credits_exceeded",
            reason="the SendGrid account may not send more for now")),
        (403, error("The from address does not match a verified Sender Identity.", "from"),
            Failed(code="from", reason=SENDER)),
        (403, error("access forbidden", None), Failed(code="http_403",
            reason="SendGrid does not let the channel's API key send from its address")),
        (413, b"", Failed(code="http_413", reason="it is larger than SendGrid takes")),
        (429, error("too many requests", None),
            Retry(after_seconds=None, code="http_429", detail="the provider answered 429")),
        (500, error("server error for ann@example.org", None),
            Retry(after_seconds=None, code="http_500", detail="the provider answered 500")),
        (503, b"<html>",
            Retry(after_seconds=None, code="http_503", detail="the provider answered 503")),
        (400, b'{"errors": []}', Failed(code="http_400",
            reason="SendGrid did not deliver it (error http_400)")),
        (400, b'{"errors": [{"field": {}}]}', Failed(code="http_400",
            reason="SendGrid did not deliver it (error http_400)")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert sendgrid.read_answer(status, {"x-message-id": "R14554"}, body) == outcome


def test_codes_are_explained() -> None:
    assert "earlier mail bounced" in sendgrid.explain("bounced_address")
    assert sendgrid.explain("5.1.1") == "SendGrid did not deliver it (error 5.1.1)"
    assert sendgrid.explain(None) == "SendGrid did not deliver it (error not given)"


async def give_to_the_played(
    message: OutboundMessage, taken: list[TakenMessage], changes: Mapping[str, Any] | None = None
) -> tuple[httpx.Response, SendOutcome]:
    request = sendgrid.compose_send(message, replace(PLAYED, **changes or {}), NOW)
    app = send_endpoint({PLAYED.id: PLAYED}, taken.append, lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        answer = await client.post(request.url, headers=dict(request.headers), content=request.body)
    outcome = sendgrid.read_answer(answer.status_code, dict(answer.headers), answer.content)
    return answer, outcome


async def test_the_played_one_answers_without_a_body_and_reports_under_our_id() -> None:
    taken: list[TakenMessage] = []
    answer, outcome = await give_to_the_played(replace(OUTBOUND, reply_to="help+a@b.test"), taken)
    assert (answer.status_code, answer.content) == (202, b"")
    message_id = answer.headers["x-message-id"]
    assert outcome == Sent(provider_message_id=None)
    [mail] = taken
    assert (mail.provider_message_id, mail.to) == (OUTBOUND.id, OUTBOUND.to)
    assert mail.reply_to == "help+a@b.test"
    assert mail.references[-2] == "aaaa@example.com"
    assert mail.references[-1].startswith(f"{message_id}@")
    receipt = DeliveryReceipt(
        provider_message_id=mail.provider_message_id,
        status="bounced",
        provider_status="bounce",
        recipients=mail.to[:1],
        is_permanent=True,
    )
    url = "https://inlet.test/webhooks/sendgrid/tok"
    delivery = played.compose_receipt(receipt, mail.own_address, PLAYED, url, NOW)
    assert verify(sendgrid.signed(delivery, PLAYED.secrets, NOW)).is_authentic
    assert f'"sg_message_id":"{message_id}.'.encode() in delivery.body
    reading = read_back(sendgrid, delivery, "email")
    assert reading == replace(receipt, error_code="invalid_address", occurred_at=NOW)


@pytest.mark.parametrize(
    ("message", "changes", "code"),
    [
        (OUTBOUND, {"credential": "another"}, "http_401"),
        (OUTBOUND, {"send_url": f"{HOME}/sendgrid/nobody/v3/mail/send"}, "http_401"),
        (replace(OUTBOUND, own_address="other@example.com"), {}, "from"),
        (replace(OUTBOUND, body=""), {}, "content"),
    ],
)
async def test_the_played_one_refuses_what_the_real_one_would(
    message: OutboundMessage, changes: Mapping[str, Any], code: str
) -> None:
    taken: list[TakenMessage] = []
    _, outcome = await give_to_the_played(message, taken, changes)
    assert isinstance(outcome, Failed)
    assert (outcome.code, taken) == (code, [])
