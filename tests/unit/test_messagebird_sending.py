"""What is sent by MessageBird, and what its answers mean.

Source: https://developers.messagebird.com/api/sms-messaging/ (send),
src/MessageBird/Common/ResponseError.php of https://github.com/messagebird/php-rest-api (errors)
"""

import json
from dataclasses import replace

import pytest
from samples import NOW, channel
from test_sending_providers import TEXT

from domain.outbound import Failed, Retry, SendOutcome, Sent
from providers import messagebird

SENDS = channel("messagebird", "sms", ("a secret",), " live_key\n")


def test_a_message_is_posted_with_what_makes_messagebird_report_on_it() -> None:
    """Without `reference` there is no report: .../articles/360001869258 at its support pages"""
    request = messagebird.compose_send(TEXT, SENDS, NOW)
    assert (request.method, request.url) == ("POST", "https://rest.messagebird.com/messages")
    assert request.headers["authorization"] == "AccessKey live_key"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "recipients": ["14155550101"],
        "originator": "14155550199",
        "body": TEXT.body,
        "datacoding": "auto",
        "reference": TEXT.id,
        "reportUrl": TEXT.status_callback,
    }
    elsewhere = replace(SENDS, send_url="http://127.0.0.1:9/messages")
    assert messagebird.compose_send(TEXT, elsewhere, NOW).url == "http://127.0.0.1:9/messages"


def test_a_channel_says_what_keeps_it_from_sending() -> None:
    assert messagebird.obstacle(SENDS, has_credential=True, recipients=1) is None
    keyless = messagebird.obstacle(SENDS, has_credential=False, recipients=1)
    assert "access key" in (keyless or "")
    several = messagebird.obstacle(SENDS, has_credential=True, recipients=2)
    assert "one number" in (several or "")
    assert messagebird.new_secret() is None


def _errors(*codes: object) -> bytes:
    return json.dumps(
        {"errors": [{"code": code, "description": "a text", "parameter": None} for code in codes]}
    ).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, b'{"id": "e8077d80", "href": "https://...", "direction": "mt"}',
            Sent(provider_message_id="e8077d80")),
        (200, b"<html>", Sent(provider_message_id=None)),
        (401, _errors(2),
            Failed(code="api_2", reason="MessageBird does not accept the channel's access key")),
        (422, _errors(25, 9),
            Failed(code="api_25", reason="the MessageBird account has no money left")),
        (422, _errors(77),
            Failed(code="api_77", reason="MessageBird did not deliver it (error api_77)")),
        (422, _errors("a sentence"),
            Failed(code="http_422", reason="MessageBird did not deliver it (error http_422)")),
        (401, b'{"errors": []}',
            Failed(code="http_401", reason="MessageBird does not accept the channel's access key")),
        (429, b"",
            Retry(after_seconds=7.0, code="http_429", detail="the provider answered 429")),
        (500, _errors(99),
            Retry(after_seconds=7.0, code="api_99", detail="the provider answered 500")),
    ],
)  # fmt: skip
def test_answers_have_a_meaning(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert messagebird.read_answer(status, {"retry-after": "7"}, body) == outcome


def test_codes_of_answers_are_not_those_of_reports() -> None:
    assert messagebird.explain("1") == "the number belongs to nobody"
    assert messagebird.explain("2") != messagebird.explain("api_2")
