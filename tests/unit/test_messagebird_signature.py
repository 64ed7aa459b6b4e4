"""MessageBird's token: it vouches for the whole URL and for the bytes of the body, for a minute.

The cases are those that messagebird/request_validator.py of
https://github.com/messagebird/python-rest-api and its tests tell apart.
"""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from messagebird_samples import HOOK, REPORT, SMS, as_json, as_query, form
from samples import NOW, channel

from domain.delivery import AUTHENTIC, Delivery
from domain.message import DeliveryReceipt
from domain.signature import verify
from providers import messagebird
from simulation import PLAYED_SENDERS

SECRET = "a signing key of 32 letters, or so"
TIME = int(NOW.timestamp())


def token(
    url: str, body: bytes, *, secret: str = SECRET, alg: Any = "HS256", **changes: Any
) -> str:
    """Write a token as the validator has it, independently of the code under test."""
    claims: dict[str, Any] = {
        "iss": "MessageBird",
        "nbf": TIME,
        "exp": TIME + 60,
        "jti": "59a244dc-e9ad-4e23-9778-371faa238f72",
        "url_hash": sha256(url.encode()).hexdigest(),
    }
    if body:
        claims["payload_hash"] = sha256(body).hexdigest()
    parts = [{"alg": alg, "typ": "JWT"}, claims | changes]
    text = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    digest = {"HS384": "sha384", "HS512": "sha512"}.get(alg, "sha256")
    signature = hmac.new(secret.encode(), text, digest).digest()
    return (text + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def signed(delivery: Delivery, **changes: Any) -> Delivery:
    made = token(delivery.url, delivery.body, **changes)
    return replace(
        delivery, headers={**delivery.headers, "messagebird-signature-jwt": f" {made}\n"}
    )


def verdict(delivery: Delivery, *secrets: str, late: timedelta = timedelta()) -> str:
    return verify(messagebird.signed(delivery, secrets, NOW + late)).reason


@pytest.mark.parametrize("delivery", [form(SMS), as_json(SMS), as_query(SMS), as_query(REPORT)])
def test_each_way_of_delivering_is_vouched_for(delivery: Delivery) -> None:
    assert verify(messagebird.signed(signed(delivery), [SECRET], NOW)) == AUTHENTIC
    assert verdict(signed(delivery), "another", f" {SECRET}\n") == "verified"  # while it changes
    assert verdict(signed(delivery), "another") == "bad_signature"
    assert verdict(delivery, SECRET) == "missing_signature"
    assert verdict(signed(delivery), "", " ") == "no_secret"


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_token_may_be_signed_with_any_length_of_sha_2(alg: str) -> None:
    """As ALLOWED_ALGOS in MessageBird's library has it; each is as good as the key."""
    assert verdict(signed(form(SMS), alg=alg), SECRET) == "verified"
    assert verdict(signed(form(SMS), alg=alg, secret="another"), SECRET) == "bad_signature"


def test_the_body_is_vouched_for() -> None:
    delivery = signed(form(SMS))
    other = replace(delivery, body=delivery.body.replace(b"Hello", b"hello"))
    assert verdict(other, SECRET) == "bad_signature"


def test_the_whole_url_is_vouched_for_and_its_query_in_its_order() -> None:
    report = signed(as_query(REPORT))
    failed = replace(report, url=report.url.replace("delivered", "expired"))
    assert verdict(failed, SECRET) == "bad_signature"
    assert verdict(replace(report, url=HOOK), SECRET) == "bad_signature"
    turned = as_query(dict(reversed(REPORT.items())))
    assert verdict(replace(turned, headers=report.headers), SECRET) == "bad_signature"
    elsewhere = replace(report, url=report.url.replace("tok", "another"))
    assert verdict(elsewhere, SECRET) == "bad_signature"


def test_a_url_may_be_spelled_with_its_port() -> None:
    bare = form(SMS)
    made = token(HOOK.replace("inlet.example", "inlet.example:443"), bare.body)
    assert verdict(replace(bare, headers={"messagebird-signature-jwt": made}), SECRET) == "verified"


def test_a_token_that_was_made_for_no_body_is_good_for_none() -> None:
    """courier does not look: handlers/messagebird/handler.go"""
    for absent in (None, ""):
        assert verdict(signed(form(SMS), payload_hash=absent), SECRET) == "bad_signature"
    hash_of_none = sha256(b"").hexdigest()
    assert verdict(signed(form(SMS), payload_hash=hash_of_none), SECRET) == "bad_signature"
    assert verdict(signed(as_query(SMS), payload_hash=hash_of_none), SECRET) == "bad_signature"
    assert verdict(signed(as_query(SMS), payload_hash=""), SECRET) == "verified"


def test_a_body_cannot_be_moved_into_the_url() -> None:
    made = token(f"{HOOK}\nid=1", b"")
    moved = replace(form({"id": "1"}), headers={"messagebird-signature-jwt": made})
    assert verdict(moved, SECRET) == "bad_signature"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "Somebody"}, "bad_signature"),
        ({"iss": None}, "bad_signature"),
        ({"url_hash": None}, "bad_signature"),
        ({"url_hash": 1}, "bad_signature"),
        ({"payload_hash": 1}, "bad_signature"),
        ({"alg": "none"}, "bad_signature"),
        ({"alg": "HS224"}, "bad_signature"),
        ({"alg": 256}, "bad_signature"),
        ({"secret": "another"}, "bad_signature"),
        ({"nbf": None}, "stale_signature"),
        ({"exp": None}, "stale_signature"),
        ({"exp": "never"}, "stale_signature"),
    ],
)
def test_a_token_that_lacks_something_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert verdict(signed(form(SMS), **changes), SECRET) == reason


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-301, "stale_signature"), (-300, "verified"), (60, "verified"), (360, "verified"),
        (361, "stale_signature"),
    ],
)  # fmt: skip
def test_a_token_is_good_for_its_minute_and_what_clocks_differ_by(
    seconds: int, reason: str
) -> None:
    assert verdict(signed(form(SMS)), SECRET, late=timedelta(seconds=seconds)) == reason


@pytest.mark.parametrize("written", ["", "a.b.c", "é", "..", "a" * 9999, "e30.e30.e30"])
def test_what_is_no_token_is_refused(written: str) -> None:
    delivery = replace(form(SMS), headers={"messagebird-signature-jwt": written})
    assert verdict(delivery, SECRET) in {"missing_signature", "stale_signature"}


def test_the_older_signature_is_not_looked_at() -> None:
    """It is deprecated: https://developers.messagebird.com/api/#verifying-http-requests"""
    headers = {"messagebird-signature": "aGFzaA==", "messagebird-request-timestamp": str(TIME)}
    assert verdict(replace(form(SMS), headers=headers), SECRET) == "missing_signature"


def test_a_played_status_report_is_a_get_that_is_vouched_for() -> None:
    told = DeliveryReceipt(
        provider_message_id="e8077d80", status="failed", provider_status="delivery_failed",
        error_code="103", occurred_at=datetime(2024, 11, 1, 14, tzinfo=UTC),
        recipients=("+14155550101",),
    )  # fmt: skip
    sends = channel("messagebird", "sms", (SECRET,), "a key")
    played = PLAYED_SENDERS["messagebird"].compose_receipt(told, "+14155550199", sends, HOOK, NOW)
    assert (played.method, played.body) == ("GET", b"")
    assert verdict(played, SECRET) == "verified"
    (event,) = messagebird.split(played, "sms")
    assert event.dedup_key == "receipt:e8077d80:delivery_failed:103"
