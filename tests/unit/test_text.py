"""Texts that Postgres can hold, and previews of one line."""

from hypothesis import given
from hypothesis import strategies as st

from domain.text import clean_text, one_line


def test_nul_and_lone_surrogates_are_dropped_and_nothing_else() -> None:
    assert clean_text("a\0b\ud800c\udfff") == "abc"
    kept = " \t\r\n\x01 é \U0001f600 \u202e\ufffe"
    assert clean_text(kept) == kept


@given(st.text(st.characters()))
def test_clean_text_can_be_stored(value: str) -> None:
    cleaned = clean_text(value)
    assert b"\0" not in cleaned.encode()
    assert clean_text(cleaned) == cleaned


def test_a_preview_is_one_line() -> None:
    assert one_line(" a\r\n\tb ", 10) == "a b"
    assert one_line("abcdef", 6) == "abcdef"
    assert one_line("abcdefg", 6) == "abcde…"


@given(st.text(), st.integers(1, 50))
def test_a_preview_is_never_longer_than_asked(value: str, limit: int) -> None:
    assert len(one_line(value, limit)) <= limit
