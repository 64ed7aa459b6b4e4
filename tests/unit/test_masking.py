"""What is masked shows its form and nothing that anybody wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.masking import MASKED, mask_body, mask_headers, mask_text, printable_text

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


def test_json_keeps_its_fields_and_loses_its_values() -> None:
    body = b'{"from": "+14155550123", "n": 17, "ok": true, "none": null, "to": ["ann@example.org"]}'
    assert json.loads(mask_body(body, _JSON)) == {
        "from": "+99999999999", "n": "99", "ok": True, "none": None, "to": ["xxx@xxxxxxx.xxx"],
    }  # fmt: skip


def test_a_form_keeps_its_fields() -> None:
    body = b"From=%2B14155550123&Body=Where+is+it%3F&Body=J%C3%BCrgen"
    assert mask_body(body, _FORM) == "From=+99999999999\nBody=xxxxx xx xx?\nBody=xxxxxx"


@pytest.mark.parametrize("name", ["ann@example.org", "+14155550123", "14155550123", "a" * 41])
def test_a_field_that_is_named_after_somebody_is_masked(name: str) -> None:
    assert name not in mask_body(json.dumps({name: 1}).encode(), _JSON)


@given(st.text())
def test_no_letter_and_no_digit_is_left(text: str) -> None:
    masked = mask_text(text)
    assert len(masked) == len(text)
    assert not {character for character in masked if character.isalnum()} - {"x", "9"}


@given(st.binary(max_size=200), st.sampled_from([_JSON, _FORM, "text/plain", ""]))
def test_any_bytes_can_be_masked(body: bytes, content_type: str) -> None:
    masked = mask_body(body, content_type)
    assert masked.encode().decode() == masked


def test_headers_that_authenticate_or_name_somebody_are_masked() -> None:
    headers = {
        "user-agent": "Provider/1.0",
        "x-twilio-signature": "abc",
        "x-forwarded-for": "203.0.113.7",
        "x-api-key": "abc",
    }
    assert mask_headers(headers) == {
        "user-agent": "Provider/1.0",
        "x-twilio-signature": MASKED,
        "x-forwarded-for": MASKED,
        "x-api-key": MASKED,
    }


def test_only_text_is_shown_as_text() -> None:
    assert printable_text(b"Hello\r\n\tyou") == "Hello\r\n\tyou"
    assert printable_text(b"\x00") is None
    assert printable_text(b"\xff") is None
