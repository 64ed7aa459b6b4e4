"""Forms, however they are written."""

import pytest

from domain.errors import Unreadable
from domain.form import first_values, numbers_of, parse_form
from domain.signed_form import signed_form


def test_the_first_of_a_repeated_field_counts() -> None:
    assert first_values(parse_form(b"To=1&To=2&Body=&x=%00a")) == {"To": "1", "Body": "", "x": "a"}


def test_numbers_are_in_order_whatever_the_fields_are() -> None:
    names = ["Url10", "Url2", "Url02", "Url", "Url-1", "Url0", "Url99999", "AUrl1", "Url1\u0663"]
    assert numbers_of(dict.fromkeys(names, ""), "Url") == [0, 2, 10]


@pytest.mark.parametrize("form", [b"a=b&" * 1_001, b"x" * (256 * 1024 + 1)])
def test_no_endless_form_is_read(form: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_form(form)


def test_what_is_signed_of_a_form_is_sorted_and_distinct() -> None:
    fields = [("b", "2"), ("a", "3"), ("a", "1"), ("b", "2")]
    assert signed_form("https://x.test/?q", fields) == b"https://x.test/?qa1a3b2"
