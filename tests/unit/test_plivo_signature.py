"""What Plivo signs, by both of its versions.

Source: https://docs.plivo.com/docs/messaging/concepts/signature-validation and the vectors of
https://github.com/plivo/plivo-go/blob/master/utils_test.go
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from samples import NOW, posted

from domain.delivery import AUTHENTIC, Delivery
from domain.form import FORM
from domain.signature import verify
from providers import plivo

# https://github.com/plivo/plivo-go/blob/master/utils_test.go
TOKEN = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4"
NONCE = "31627761595286130198"
PLACE = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml"
CALL = {
    "Direction": "outbound",
    "From": "19792014278",
    "ALegUUID": "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36",
    "CallStatus": "in-progress",
    "BillRate": "0.002",
    "ParentAuthID": "MANWVLYTK4ZWU1YTY4QA",
    "To": "sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com",
    "ALegRequestUUID": "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36",
    "CallUUID": "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36",
    "RequestUUID": "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36",
    "SIP-H-To": "<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1",
    "SessionStart": "2020-04-08 11:34:33.238707",
    "Event": "StartApp",
}
QUERY_SIGNATURE = "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c="
PLAIN_SIGNATURE = "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="
V2_SIGNATURE = "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc="


def by_v3(
    signature: str,
    url: str = PLACE,
    fields: dict[str, str] | None = None,
    method: str = "POST",
    **headers: str,
) -> Delivery:
    all_headers = {
        "content-type": FORM,
        "x-plivo-signature-v3": signature,
        "x-plivo-signature-v3-nonce": NONCE,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    body = urlencode(CALL if fields is None else fields).encode()
    if method == "GET":
        separator = "&" if "?" in url else "?"
        return posted(b"", all_headers, f"{url}{separator}{body.decode()}", method)
    return posted(body, all_headers, url, method)


def by_v2(signature: str, url: str = "https://answer.url", **headers: str) -> Delivery:
    all_headers = {
        "content-type": FORM,
        "x-plivo-signature-v2": signature,
        "x-plivo-signature-v2-nonce": "12345",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return posted(b"Text=any", all_headers, url)


def signature_of(base: str, token: str = TOKEN) -> str:
    return b64encode(hmac.digest(token.encode(), base.encode(), "sha256")).decode()


@pytest.mark.parametrize(
    "delivery",
    [
        by_v3(QUERY_SIGNATURE, f"{PLACE}/?a=b&c=d"),
        by_v3(QUERY_SIGNATURE, f"{PLACE}/?c=d&a=b"),
        by_v3(PLAIN_SIGNATURE),
        by_v3(PLAIN_SIGNATURE, PLACE.replace(".com", ".com:443")),
        by_v3("UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ=", f"{PLACE}/?a=b&c=d", method="GET"),
        by_v3("i/MQsaQSAd6fiKhOh2qeeeLHZ9faldADSb3/7+Akfbc=", method="GET"),
        by_v3(f"AAAA,{PLAIN_SIGNATURE}"),
        by_v3(f"AAAA, {PLAIN_SIGNATURE} ,BBBB"),
        by_v3("AAAA", x_plivo_signature_ma_v3=PLAIN_SIGNATURE),
        by_v3(signature_of(f"{PLACE}?TextGrüße 👍.{NONCE}"), fields={"Text": "Grüße 👍"}),
        by_v3(signature_of(f"{PLACE}.{NONCE}"), fields={}),
    ],
)
def test_what_plivo_signed_is_authentic(delivery: Delivery) -> None:
    assert verify(plivo.signed(delivery, [TOKEN], NOW)) == AUTHENTIC
    assert verify(plivo.signed(delivery, ["new", TOKEN], NOW)) == AUTHENTIC
    assert verify(plivo.signed(delivery, ["new"], NOW)).reason == "bad_signature"


def test_repeated_fields_are_signed_with_their_values_in_order() -> None:
    delivery = replace(
        by_v3(signature_of(f"{PLACE}?A1A2B3.{NONCE}")),
        body=b"B=3&A=2&A=1",
    )
    assert verify(plivo.signed(delivery, [TOKEN], NOW)) == AUTHENTIC


@pytest.mark.parametrize(
    "delivery",
    [
        by_v2(V2_SIGNATURE),
        by_v2(V2_SIGNATURE, "https://answer.url?not=covered"),
        by_v2("AAAA", x_plivo_signature_ma_v2=V2_SIGNATURE),
    ],
)
def test_by_v2_the_url_alone_is_signed(delivery: Delivery) -> None:
    """So it says who posts, and nothing of what: any other form goes by as well."""
    for body in (b"Text=any", b"Text=other"):
        verdict = verify(plivo.signed(replace(delivery, body=body), ["my_auth_token"], NOW))
        assert verdict == AUTHENTIC
    assert not verify(plivo.signed(delivery, ["my_auth_tokens"], NOW)).is_authentic
    elsewhere = replace(delivery, url="https://another.url")
    assert not verify(plivo.signed(elsewhere, ["my_auth_token"], NOW)).is_authentic


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (posted(b"", {"content-type": FORM}), "missing_signature"),
        (by_v3(""), "missing_signature"),
        (by_v3(" , ,"), "missing_signature"),
        (by_v3(PLAIN_SIGNATURE, x_plivo_signature_v3_nonce=""), "missing_signature"),
        (by_v2(V2_SIGNATURE, x_plivo_signature_v2_nonce=""), "missing_signature"),
        (by_v3(PLAIN_SIGNATURE, x_plivo_signature_v3_nonce="1"), "bad_signature"),
        (by_v3(PLAIN_SIGNATURE, fields=CALL | {"Event": "Hangup"}), "bad_signature"),
        (by_v3(PLAIN_SIGNATURE, fields=CALL | {"More": ""}), "bad_signature"),
        (by_v3(PLAIN_SIGNATURE, f"{PLACE}?a=b"), "bad_signature"),
        (by_v3("\udcff€"), "bad_signature"),
        (by_v3(PLAIN_SIGNATURE, content_type="application/json"), "body_not_signed"),
        (by_v3(PLAIN_SIGNATURE, f"{PLACE}?{'&' * 2_000}"), "unreadable_form"),
        (replace(by_v3(PLAIN_SIGNATURE), body=b"a" * 300_000), "unreadable_form"),
    ],
)
def test_everything_else_is_not(delivery: Delivery, reason: str) -> None:
    assert verify(plivo.signed(delivery, [TOKEN, "my_auth_token"], NOW)).reason == reason


def test_v2_does_not_help_where_v3_is_wrong() -> None:
    both = by_v2(V2_SIGNATURE, x_plivo_signature_v3="AAAA", x_plivo_signature_v3_nonce="1")
    assert verify(plivo.signed(both, ["my_auth_token"], NOW)).reason == "bad_signature"
    bare = by_v2(V2_SIGNATURE, x_plivo_signature_ma_v3="")
    assert verify(plivo.signed(bare, ["my_auth_token"], NOW)).reason == "missing_signature"
