"""What is sent by Vonage's SMS API, and what its answers mean.

Source: https://developer.vonage.com/en/api/sms (fields),
https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms (status of each part),
https://developer.vonage.com/en/messaging/sms/guides/concatenation-and-encoding (type)
"""

import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from samples import NOW, channel
from test_sending_providers import TEXT

from domain.outbound import Failed, Retry, SendOutcome, Sent
from providers import vonage

VONAGE = replace(channel("vonage", "sms", ("a secret",), "an API secret"), account="abcd1234")


def test_a_message_is_posted_as_a_form_with_key_and_secret() -> None:
    request = vonage.compose_send(TEXT, VONAGE, NOW)
    assert (request.method, request.url) == ("POST", "https://rest.nexmo.com/sms/json")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode()) == [
        ("api_key", "abcd1234"),
        ("api_secret", "an API secret"),
        ("from", "14155550199"),
        ("to", "14155550101"),
        ("text", TEXT.body),
        ("type", "unicode"),
        ("callback", TEXT.status_callback),
    ]
    elsewhere = replace(VONAGE, send_url="http://127.0.0.1:9/sms/json")
    assert vonage.compose_send(TEXT, elsewhere, NOW).url == "http://127.0.0.1:9/sms/json"


@pytest.mark.parametrize(
    ("text", "word"), [("Hello", "text"), ("Ä ß Ω €[]", "text"), ("`", "unicode"), ("ы", "unicode")]
)
def test_what_the_plain_alphabet_lacks_is_sent_as_unicode(text: str, word: str) -> None:
    form = dict(parse_qsl(vonage.compose_send(replace(TEXT, body=text), VONAGE, NOW).body.decode()))
    assert (form["text"], form["type"]) == (text, word)


def test_a_webhook_url_that_vonage_would_refuse_is_left_out() -> None:
    far = replace(TEXT, status_callback="https://inlet.test/" + "x" * 100)
    assert b"callback" not in vonage.compose_send(far, VONAGE, NOW).body


def test_a_channel_says_what_keeps_it_from_sending() -> None:
    assert vonage.obstacle(VONAGE, has_credential=True, recipients=1) is None
    keyless = replace(VONAGE, account=None)
    assert "API key" in (vonage.obstacle(keyless, has_credential=True, recipients=1) or "")
    assert "API secret" in (vonage.obstacle(VONAGE, has_credential=False, recipients=1) or "")
    assert "one number" in (vonage.obstacle(VONAGE, has_credential=True, recipients=2) or "")


def _parts(*words: str) -> bytes:
    parts = [
        {"status": word, "message-id": f"0C{position}"}
        if word == "0"
        else {"status": word, "error-text": "a text"}
        for position, word in enumerate(words, 1)
    ]
    return json.dumps({"message-count": str(len(parts)), "messages": parts}).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, _parts("0"), Sent(provider_message_id="0C1")),
        (200, _parts("0", "0"), Sent(provider_message_id="0C1")),
        (200, b'{"messages": [{"status": 0, "message-id": "1"}]}', Sent(provider_message_id="1")),
        (200, b"<html>", Sent(provider_message_id=None)),
        (200, b'{"messages": []}', Sent(provider_message_id=None)),
        (200, _parts("1"),
            Retry(after_seconds=7.0, code="status_1", detail="Vonage had too many messages")),
        (200, _parts("5"), Retry(after_seconds=7.0, code="status_5", detail="Vonage failed")),
        (200, _parts("7"),
            Failed(code="status_7", reason="the number is barred at Vonage")),
        (200, _parts("4"), Failed(code="status_4",
            reason="Vonage does not accept the channel's account and secret")),
        (200, _parts("77"),
            Failed(code="status_77", reason="Vonage did not deliver it (error status_77)")),
        (200, _parts("0", "1"),
            Failed(code="taken_in_part", reason="Vonage took only some of its parts")),
        (401, b"", Failed(code="http_401",
            reason="Vonage does not accept the channel's account and secret")),
        (429, b"",
            Retry(after_seconds=7.0, code="http_429", detail="the provider answered 429")),
        (503, b"",
            Retry(after_seconds=7.0, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_an_answer_of_200_says_nothing_by_itself(
    status: int, body: bytes, outcome: SendOutcome
) -> None:
    assert vonage.read_answer(status, {"retry-after": "7"}, body) == outcome
