"""What Twilio signs, with an auth token and with a SharedKey.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security and the vectors of
https://github.com/twilio/twilio-python/blob/main/tests/unit/test_request_validator.py
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from samples import INBOUND_TEXT, NOW, channel, posted, read_back

from domain.delivery import AUTHENTIC, Delivery
from domain.errors import Unreadable
from domain.signature import verify
from providers import twilio
from simulation import PLAYED

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TOKEN = "12345"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
CALL_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="


def signed(
    signature: str,
    body: bytes = urlencode(CALL).encode(),
    url: str = URL,
    content_type: str = FORM,
    method: str = "POST",
) -> Delivery:
    headers = {"content-type": content_type, "x-twilio-signature": signature}
    return posted(body, headers, url, method)


def sign(text: str, token: str = TOKEN, digest: str = "sha1") -> str:
    """Sign as the documentation says, independently of the code under test."""
    return b64encode(hmac.digest(token.encode(), text.encode(), digest)).decode()


@pytest.mark.parametrize(
    "delivery",
    [
        signed(CALL_SIGNATURE),
        signed(CALL_SIGNATURE, content_type=""),
        signed(CALL_SIGNATURE, url=URL.replace(".com", ".com:443")),
        signed(CALL_SIGNATURE, url=URL.replace(".com", ".com:1234")),
        signed("kvajT1Ptam85bY51eRf/AJRuM3w="),  # signed with :443, received without
        signed("0ZXoZLH/DfblKGATFgpif+LLRf4=", url=URL.replace("https", "http")),  # the same, :80
        signed(
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            url=URL.replace(".com", ".com:1234").replace("https", "http"),
        ),
        signed(
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=", b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234"
        ),
        signed(JSON_SIGNATURE, JSON_BODY, f"{URL}&bodySHA256={JSON_HASH}", "application/json"),
        signed(sign(URL), b"", method="GET"),
        signed(sign(f"{URL}A1A2B3"), b"B=3&A=2&A=1&A=2"),
        signed(sign(f"{URL}Body€\U0001f600"), urlencode({"Body": "€\U0001f600"}).encode()),
        signed(sign("https://[::1]:8443/x"), b"", url="https://[::1]:8443/x"),
        signed(sign("https://[::1]:443/x"), b"", url="https://[::1]/x"),
    ],
)
def test_what_twilio_signed_is_authentic(delivery: Delivery) -> None:
    assert verify(twilio.signed(delivery, [TOKEN], NOW)) == AUTHENTIC
    assert verify(twilio.signed(delivery, ["new", TOKEN], NOW)) == AUTHENTIC
    assert not verify(twilio.signed(delivery, ["54321"], NOW)).is_authentic


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (posted(b"", {"content-type": FORM}), "missing_signature"),
        (signed(""), "missing_signature"),
        (signed(CALL_SIGNATURE, b"Digits=1235"), "bad_signature"),
        (signed(CALL_SIGNATURE, url=URL + "&x=1"), "bad_signature"),
        (signed("\udcff€"), "bad_signature"),
        (signed(sign(URL), JSON_BODY, content_type="application/json"), "body_not_signed"),
        (signed(sign(URL), b"Body=forged", content_type="text/plain"), "body_not_signed"),
        (
            signed(JSON_SIGNATURE, b"{}", f"{URL}&bodySHA256={JSON_HASH}", "application/json"),
            "body_not_signed",
        ),
        (
            signed(sign(f"{URL}&bodySHA256={JSON_HASH}x"), JSON_BODY,
                   f"{URL}&bodySHA256={JSON_HASH}x", "application/json"),
            "body_not_signed",
        ),
        (signed(CALL_SIGNATURE, b"&" * 2_000), "unreadable_form"),
        (signed(CALL_SIGNATURE, b"a" * 300_000), "unreadable_form"),
    ],
)  # fmt: skip
def test_everything_else_is_not(delivery: Delivery, reason: str) -> None:
    assert verify(twilio.signed(delivery, [TOKEN], NOW)).reason == reason


def test_no_secret_and_a_blank_one_verify_nothing() -> None:
    for secrets in ([], [""], [" "]):
        blank = signed(sign(URL, ""), b"", method="GET")
        assert verify(twilio.signed(blank, secrets, NOW)).reason == "no_secret"


SHARED_KEY = f"sha256:{TOKEN}"


def by_shared_key(digest: str, **headers: str) -> Delivery:
    """Sign a form as a Setting with a SharedKey has it.

    Source: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
    """
    names = {
        "content-type": FORM,
        "x-twilio-signature": sign(f"{URL}A1B2", digest=digest),
        "x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
    }
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return posted(b"B=2&A=1", names | changed, URL)


def test_a_shared_key_signs_with_sha256() -> None:
    delivery = by_shared_key("sha256")
    for secrets in ([SHARED_KEY], ["another", f" {SHARED_KEY}\n"], ["sha256:another", SHARED_KEY]):
        assert verify(twilio.signed(delivery, secrets, NOW)) == AUTHENTIC
    assert verify(twilio.signed(delivery, ["sha256:another"], NOW)).reason == "bad_signature"
    tampered = replace(delivery, body=b"B=3&A=1")
    assert verify(twilio.signed(tampered, [SHARED_KEY], NOW)).reason == "bad_signature"


@pytest.mark.parametrize(
    "settings", ["key=1,algorithm=HMAC_SHA256", "algorithm=HMAC_SHA1", "", "x"]
)
@pytest.mark.parametrize(
    ("digest", "secret", "reason"),
    [
        ("sha1", TOKEN, "verified"),
        ("sha1", f"sha1:{TOKEN}", "verified"),
        ("sha256", SHARED_KEY, "verified"),
        ("sha256", TOKEN, "bad_signature"),
        ("sha256", f"sha1:{TOKEN}", "bad_signature"),
        ("sha1", SHARED_KEY, "bad_signature"),
        ("md5", f"md5:{TOKEN}", "bad_signature"),
    ],
)
def test_a_caller_cannot_choose_the_algorithm(
    digest: str, secret: str, reason: str, settings: str
) -> None:
    delivery = by_shared_key(digest, x_twilio_webhooks_signature_settings=settings)
    assert verify(twilio.signed(delivery, [secret], NOW)).reason == reason


@pytest.mark.parametrize("secret", ["sha256:", "sha1:", " sha256: "])
def test_a_method_without_a_key_verifies_nothing(secret: str) -> None:
    unkeyed = replace(by_shared_key("sha256"), headers={"x-twilio-signature": sign(URL, "")})
    assert verify(twilio.signed(unkeyed, [secret], NOW)).reason == "no_secret"


def test_a_played_delivery_says_which_key_signed_it() -> None:
    settings = "x-twilio-webhooks-signature-settings"
    for secret, is_told in ((SHARED_KEY, True), (TOKEN, False)):
        delivery = PLAYED["twilio"].compose(
            INBOUND_TEXT, channel("twilio", "sms", (secret,)), URL, NOW
        )
        assert verify(twilio.signed(delivery, [secret], NOW)) == AUTHENTIC
        assert (settings in delivery.headers) == is_told


def test_a_form_cut_at_other_places_lacks_what_a_message_needs() -> None:
    """Names and values are signed without separators, so `A=1&B=2` and `A=1B2` sign equal."""
    joined = {"AccountSid": "AC1Body" + "Hello", "From": "+14155550100", "MessageSid": "SM1"}
    text = "".join(name + value for name, value in sorted(joined.items()))
    delivery = signed(sign(URL + text), urlencode(joined).encode())
    assert verify(twilio.signed(delivery, [TOKEN], NOW)) == AUTHENTIC
    with pytest.raises(Unreadable, match="Body"):
        read_back(twilio, delivery, "sms")
