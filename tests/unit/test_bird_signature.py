"""What Bird signs: the time, the URL and the hash of the body, as bytes.

Source: https://docs.bird.com/api/notifications-api/api-reference/webhooks/verifying-a-webhook
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from samples import NOW
from test_bird import MESSAGE, event

from domain.delivery import AUTHENTIC, Delivery
from domain.signature import explain_signature, verify
from providers import bird

SECRET = "a signing key"
TIME = str(int(NOW.timestamp()))


def signed(delivery: Delivery, secret: str = SECRET, time: str = TIME, url: str = "") -> Delivery:
    """Sign as Bird's page says, independently of the code under test."""
    text = f"{time}\n{url or delivery.url}\n".encode() + sha256(delivery.body).digest()
    signature = b64encode(hmac.new(secret.encode(), text, "sha256").digest()).decode()
    headers = {"messagebird-signature": signature, "messagebird-request-timestamp": time}
    return replace(delivery, headers={**delivery.headers, **headers})


def verdict(delivery: Delivery, *secrets: str, late: timedelta = timedelta()) -> str:
    return verify(bird.signed(delivery, secrets, NOW + late)).reason


def test_time_url_and_body_are_signed() -> None:
    plain = event("sms.inbound", MESSAGE)
    delivery = signed(plain)
    assert verify(bird.signed(delivery, [SECRET], NOW)) == AUTHENTIC
    assert verdict(delivery, "another", f" {SECRET}\n") == "verified"  # while it changes
    assert verdict(delivery, "another") == "bad_signature"
    assert verdict(replace(delivery, body=delivery.body + b" "), SECRET) == "bad_signature"
    assert verdict(replace(delivery, url=f"{delivery.url}?a=b"), SECRET) == "bad_signature"
    later = {**delivery.headers, "messagebird-request-timestamp": str(int(TIME) + 1)}
    assert verdict(replace(delivery, headers=later), SECRET) == "bad_signature"
    assert verdict(plain, SECRET) == "missing_signature"
    assert verdict(delivery, " ") == "no_secret"


def test_the_hash_of_the_body_is_signed_as_bytes() -> None:
    """In hexadecimal it would be another signature."""
    plain = event("sms.inbound", MESSAGE)
    text = f"{TIME}\n{plain.url}\n{sha256(plain.body).hexdigest()}".encode()
    given = b64encode(hmac.new(SECRET.encode(), text, "sha256").digest()).decode()
    headers = {"messagebird-signature": given, "messagebird-request-timestamp": TIME}
    assert verdict(replace(plain, headers=headers), SECRET) == "bad_signature"


def test_a_url_may_be_spelled_with_its_port() -> None:
    plain = event("sms.inbound", MESSAGE)
    ported = plain.url.replace("inlet.example", "inlet.example:443")
    assert verdict(signed(plain, url=ported), SECRET) == "verified"


@pytest.mark.parametrize(("hours", "reason"), [(9, "verified"), (10, "stale_signature")])
def test_a_signature_is_good_for_as_long_as_bird_tries(hours: int, reason: str) -> None:
    for late in (timedelta(hours=hours), timedelta(hours=-hours)):
        assert verdict(signed(event("sms.inbound", MESSAGE)), SECRET, late=late) == reason


@pytest.mark.parametrize("time", ["", "soon", "-1"])
def test_without_a_time_a_signature_is_stale(time: str) -> None:
    assert verdict(signed(event("sms.inbound", MESSAGE), time=time), SECRET) == "stale_signature"


def test_an_explanation_shows_what_was_signed_and_no_secret() -> None:
    check = explain_signature(bird.signed(signed(event("sms.inbound", MESSAGE)), [SECRET], NOW))
    assert check.base.startswith(f"{TIME}\nhttps://")
    assert SECRET not in str(check)
    assert len(bird.new_secret() or "") >= 32
