"""What somebody types becomes things to find, and whatever they type is safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.search_query import SearchTerm, parse_search


def test_runs_are_their_places_and_digits_may_be_the_last_of_a_number() -> None:
    assert [term.places for term in terms("请问订单 x")] == [("请问", "问订", "订单"), ()]
    assert [term.places for term in terms('"ของฉัน a b"')] == [(), ("ของ", "องฉ", "งฉั", "ฉัน")]
    assert [term.ending for term in terms("0150 ab +1 415 555 0150")] == [
        "0150", None, "14155550150",
    ]  # fmt: skip
    assert terms("0150")[0].beginnings == ("0150", "~0510")


def terms(text: str) -> tuple[SearchTerm, ...]:
    found = parse_search(text)
    return found.terms if found else ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("refund", [(("refund",), "refund")]),
        ("Still WAITING", [(("still",), None), (("waiting",), "waiting")]),
        ("Müller", [(("muller",), "muller")]),
        ('"still waiting"', [(("still", "waiting"), None)]),
        ('parcel "still waiting', [(("parcel",), None), (("still", "waiting"), None)]),
        ("ann@example.com", [(("ann",), None), (("example",), None), (("com",), "com")]),
        ("no", [(("no",), None)]),
        ("荷物", [((), None)]),
        ("荷", [((), "荷")]),
        ("order-4711", [(("order",), None), (("4711",), "4711")]),
        ("+1 (415) 555-0123", [(("1", "415", "555", "0123"), "14155550123")]),
        ("0031 6 1234 5678", [(("0031", "6", "1234", "5678"), "31612345678")]),
        ("06-12345678 refund", [(("06", "12345678"), "0612345678"), (("refund",), "refund")]),
        ("a:* & !b | 'c'", [(("a",), None), (("b",), None), (("c",), None)]),
    ],
)
def test_a_query_is_words_phrases_and_numbers(text: str, expected: list[object]) -> None:
    assert [(term.words, term.beginning) for term in terms(text)] == expected


@pytest.mark.parametrize("text", ["", "  ", "...", '""', "&|!", " ".join("abcdefghijklm")])
def test_what_has_no_word_or_too_many_is_no_query(text: str) -> None:
    assert parse_search(text) is None


@given(st.text(max_size=200))
def test_terms_hold_letters_and_digits_only(text: str) -> None:
    for term in terms(text):
        assert term.words or term.run
        for word in (*term.words, *term.places, term.beginning or "x"):
            assert word
            assert not set(word) & set("'\\:*&|!<>() \0")
