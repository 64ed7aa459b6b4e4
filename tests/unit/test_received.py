"""What was received is shown to operators no longer than a page can hold, and without its token."""

import pytest

from inbox.operations.received import shown_body, without_token

_MOST = 200_000


@pytest.mark.parametrize("is_unmasked", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 300 + b",".join([b"1"] * 7_000) + b"]" * 300,  # 4 MB once it is indented
        b"a" * 300_000,
        b"\xff" * 300_000,
    ],
)
def test_no_body_makes_a_page_long(body: bytes, *, is_unmasked: bool) -> None:
    assert len(shown_body(body, "application/json", is_unmasked=is_unmasked)) <= _MOST


def test_bytes_that_are_no_text_are_shown_in_hexadecimal() -> None:
    assert shown_body(b"\xffa\n", "", is_unmasked=True) == f"00000000  {'ff 61 0a':<47}  .a."


def test_a_url_loses_its_token_and_its_query() -> None:
    url = "https://inlet.test/webhooks/generic/s3cret?key=s3cret"
    assert without_token(url) == "https://inlet.test/webhooks/generic"
