"""The token of RFC 7515 appendix A.1, and what is no token."""

from base64 import urlsafe_b64decode

import pytest

from domain.json_web_token import bearer_token, claims_of, is_token_signed, sign_token

KEY = urlsafe_b64decode(
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
)
TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)


def test_a_token_is_checked_as_the_rfc_says() -> None:
    assert is_token_signed(TOKEN, KEY)
    assert claims_of(TOKEN) == {
        "iss": "joe",
        "exp": 1300819380,
        "http://example.com/is_root": True,
    }
    assert not is_token_signed(TOKEN, KEY[:-1])
    assert not is_token_signed(TOKEN[:-1] + "l", KEY)
    assert not is_token_signed(TOKEN.replace(".eyJpc3Mi", ".eyJpc3Ni"), KEY)


def test_a_token_that_is_written_is_one() -> None:
    token = sign_token({"iat": 1}, KEY)
    assert is_token_signed(token, KEY)
    assert claims_of(token) == {"iat": 1}


def test_another_algorithm_has_to_be_expected() -> None:
    assert not is_token_signed(TOKEN, KEY, {"HS384", "HS512"})
    assert not is_token_signed(TOKEN, KEY, ())
    assert is_token_signed(TOKEN, KEY, {"HS256", "HS512"})


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.é.é", "W10.W10.x", "a" * 20_000 + ".."]
)
def test_what_is_no_token_claims_nothing(token: str) -> None:
    assert not is_token_signed(token, KEY)
    assert claims_of(token) == {}


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        (" bearer  abc ", "abc"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic abc", None),
        ("", None),
    ],
)
def test_a_header_may_bear_a_token(header: str, token: str | None) -> None:
    assert bearer_token(header) == token
