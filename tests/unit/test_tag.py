"""What can be a tag, and how it is written."""

import pytest

from domain.tag import LONGEST_TAG, read_tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("VIP", "vip"),
        ("e\u0301te\u0301", "été"),
        ("نام\u200cها", "نام\u200cها"),
        ("x.y-z_1", "x.y-z_1"),
        ("x" * LONGEST_TAG, "x" * LONGEST_TAG),
    ],
)
def test_a_tag_is_one_word_in_lower_case(text: str, tag: str) -> None:
    assert read_tag(text) == tag
    assert read_tag(tag) == tag


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a,b", "a/b", ".", "..", "a\0", "a\n", "\u202ea", "a\ud800", "x" * 65]
)
def test_what_is_no_tag(text: str) -> None:
    assert read_tag(text) is None
