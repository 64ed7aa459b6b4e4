"""Vonage's two signatures: of fields, by a field, and of a body, by a token.

Source: https://developer.vonage.com/en/getting-started/concepts/signing-messages (`sig`),
https://developer.vonage.com/en/getting-started/concepts/webhooks (tokens)
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import Any

import pytest
from samples import NOW, channel
from vonage_samples import HOOK, MESSAGE, RECEIPT, SMS, TIME, WAYS, as_json, as_query, form, message

from domain.delivery import AUTHENTIC, Delivery
from domain.message import Attachment
from domain.signature import explain_signature, verify
from providers import vonage
from simulation import PLAYED

SECRET = "a signature secret of 32 letters"


def signed(
    fields: Mapping[str, str], secret: str = SECRET, method: str = "sha256"
) -> dict[str, str]:
    """Sign as Vonage's page says, independently of the code under test."""
    text = "".join(
        f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields)
    ).encode()
    if method == "md5hash":
        return {**fields, "sig": md5(text + secret.encode(), usedforsecurity=False).hexdigest()}
    return {**fields, "sig": hmac.new(secret.encode(), text, method).hexdigest()}


def token(body: bytes, secret: str = SECRET, alg: str = "HS256", **claims: object) -> str:
    """Write a token with the claims of the sample of Vonage's page."""
    told: dict[str, object] = {
        "iat": int(TIME),
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "iss": "Vonage",
        "payload_hash": sha256(body).hexdigest(),
        "api_key": "a1b2c3d",
    }
    parts = [{"alg": alg, "typ": "JWT"}, {**told, **claims}]
    text = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.new(secret.encode(), text, "sha256").digest()
    return (text + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def with_token(fields: Mapping[str, Any] = MESSAGE, **changes: Any) -> Delivery:
    body = json.dumps(fields).encode()
    return as_json(fields, authorization=f"Bearer {token(body, **changes)}")


def verdict(delivery: Delivery, *secrets: str, late: timedelta = timedelta()) -> str:
    return verify(vonage.signed(delivery, secrets, NOW + late)).reason


@WAYS
def test_all_fields_are_signed_however_they_come(write: Any) -> None:
    assert verify(vonage.signed(write(signed(SMS)), [SECRET], NOW)) == AUTHENTIC
    assert verdict(write(signed(SMS)), "another", f" {SECRET}\n") == "verified"  # while it changes
    assert verdict(write(signed(SMS) | {"text": "Hello World"}), SECRET) == "bad_signature"
    assert verdict(write(signed(SMS) | {"concat": "true"}), SECRET) == "bad_signature"
    assert verdict(write(SMS), SECRET) == "missing_signature"
    assert verdict(write(signed(RECEIPT | {"timestamp": TIME})), SECRET) == "verified"


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_each_method_is_that_of_its_secret(method: str) -> None:
    """https://developer.vonage.com/en/getting-started/concepts/signing-messages"""
    delivery = form(signed(SMS, method=method))
    assert verdict(delivery, f"{method}:{SECRET}") == "verified"
    others = {"md5hash", "md5", "sha1", "sha256", "sha512"} - {method}
    assert {verdict(delivery, f"{other}:{SECRET}") for other in others} == {"bad_signature"}
    assert (verdict(delivery, SECRET) == "verified") is (method == "sha256")
    upper = signed(SMS, method=method)
    assert verdict(form(upper | {"sig": upper["sig"].upper()}), f"{method}:{SECRET}") == "verified"


@pytest.mark.parametrize(
    ("method", "values", "signature"),
    [
        ("md5", ("value1", "value2"), "724c2bf6ca423c36e20631b11d1c5753"),
        ("md5", ("value&1", "value=2"), "2bbf0abafb2c55e5af6231513896a2ac"),
        (
            "sha256",
            ("value1", "value2"),
            "280c4320703dbc98bfa22db676655ed2acfbfe8792b062ff7622e67f1183c287",
        ),
    ],
)
def test_the_vectors_of_vonages_own_library(
    method: str, values: tuple[str, str], signature: str
) -> None:
    """http_client/tests/test_auth.py of https://github.com/Vonage/vonage-python-sdk"""
    first, second = values
    fields = {"param1": first, "param2": second, "timestamp": "1234567890", "sig": signature}
    late = datetime.fromtimestamp(1234567890, UTC) - NOW
    assert verdict(form(fields), f"{method}:signature_secret", late=late) == "verified"


def test_a_method_without_a_key_verifies_nothing() -> None:
    assert verdict(form(signed(SMS, "", "sha512")), "sha512:") == "no_secret"
    assert verdict(with_token(secret=""), "sha256:", " ") == "no_secret"


def test_what_separates_fields_is_a_line_in_their_values() -> None:
    """The values themselves arrive as they were."""
    fields = SMS | {"text": "a&b=c&to=1"}
    delivery = form(signed(fields))
    assert verdict(delivery, SECRET) == "verified"
    assert message(delivery).body == "a&b=c&to=1"
    same = form(signed(fields) | {"text": "a_b_c_to_1"})
    assert verdict(same, SECRET) == "verified"  # which Vonage's scheme cannot tell


def test_a_field_that_comes_twice_counts_once_for_both() -> None:
    delivery = form(signed(SMS))
    twice = replace(delivery, body=delivery.body + b"&text=Other&msisdn=1")
    assert verdict(twice, SECRET) == "verified"
    assert (message(twice).body, message(twice).sender) == ("Hello world", "+14155550100")


def test_no_explanation_shows_a_secret() -> None:
    check = explain_signature(vonage.signed(form(signed(SMS)), [f"md5hash:{SECRET}"], NOW))
    assert SECRET not in str(check)
    assert check.base.startswith("&api-key=abcd1234&keyword=HELLO&")


@pytest.mark.parametrize(("hours", "reason"), [(73, "verified"), (74, "stale_signature")])
def test_a_signature_is_good_for_as_long_as_vonage_tries(hours: int, reason: str) -> None:
    for delivery in (form(signed(SMS)), with_token()):
        for late in (timedelta(hours=hours), timedelta(hours=-hours)):
            assert verdict(delivery, SECRET, late=late) == reason


def test_without_a_time_a_signature_is_stale() -> None:
    timeless = {name: text for name, text in SMS.items() if "timestamp" not in name}
    assert verdict(form(signed(timeless)), SECRET) == "stale_signature"
    assert verdict(
        form(signed(timeless | {"message-timestamp": "2024-11-01 14:00:00"})), SECRET
    ) == ("verified")
    assert verdict(with_token(iat=None), SECRET) == "stale_signature"


def test_a_token_vouches_for_the_bytes_of_the_body() -> None:
    delivery = with_token()
    assert verify(vonage.signed(delivery, [SECRET], NOW)) == AUTHENTIC
    assert verdict(delivery, "another", f"md5hash:{SECRET}") == "verified"  # always SHA-256
    assert verdict(delivery, "another") == "bad_signature"
    other = replace(delivery, body=delivery.body.replace(b"Hello", b"hello"))
    assert verdict(other, SECRET) == "bad_signature"
    assert verdict(as_json(MESSAGE), SECRET) == "missing_signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"payload_hash": None},
        {"payload_hash": ""},
        {"payload_hash": 1},
        {"payload_hash": sha256(b"").hexdigest()},
        {"alg": "none"},
        {"alg": "HS512"},
        {"secret": ""},
    ],
)
def test_a_token_that_vouches_for_nothing_is_refused(changes: dict[str, Any]) -> None:
    """Vonage's own library does not look at the hash: jwt/src/vonage_jwt/verify_jwt.py"""
    assert verdict(with_token(**changes), SECRET) == "bad_signature"


@pytest.mark.parametrize(
    "written",
    ["Bearer", "Bearer a.b.c", "Bearer é", "Bearer ..", "Basic YTpi", "Bearer " + "a" * 9999],
)
def test_what_is_no_token_is_refused(written: str) -> None:
    assert verdict(as_json(MESSAGE, authorization=written), SECRET) != "verified"


def test_a_token_does_not_vouch_for_a_query() -> None:
    query = replace(as_query(SMS), headers={"authorization": f"Bearer {token(b'')}"})
    assert verdict(query, SECRET) == "body_not_signed"


def test_a_played_mms_is_vouched_for_by_a_token() -> None:
    sample = channel("vonage", "sms", (SECRET,))
    sent = replace(message(form(SMS)), attachments=(Attachment(url="https://x.example/1.png"),))
    delivery = PLAYED["vonage"].compose(sent, sample, HOOK, NOW)
    assert verdict(delivery, SECRET) == "verified"
    assert message(delivery) == replace(sent, kind="mms")
    unsigned = PLAYED["vonage"].compose(sent, replace(sample, secrets=()), HOOK, NOW)
    assert verdict(unsigned, SECRET) == "missing_signature"
    assert vonage.new_secret() is None
