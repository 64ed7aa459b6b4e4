"""Forms, however they are written."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import posted

from domain.errors import Unreadable
from domain.form import FORM, first_value_of, first_values, numbers_of, parse_form
from domain.signed_form import signed_form, signed_text


def test_the_first_of_a_repeated_field_counts() -> None:
    fields = parse_form(b"To=1&To=2&Body=&x=%00a")
    assert first_values(fields) == {"To": "1", "Body": "", "x": "a"}


def test_numbers_are_in_order_whatever_the_fields_are() -> None:
    names = ["Url10", "Url2", "Url02", "Url", "Url-1", "Url0", "Url99999", "AUrl1", "Url1\u0663"]
    assert numbers_of(dict.fromkeys(names, ""), "Url") == [0, 2, 10]


_PIECES = [
    b"a", b"Text", b"=", b"&", b"+", b"%", b"%20", b"%26", b"%3D", b"%3d", b"%1E", b"%1e", b"\x1e",
    b"%C3%BC", b"%C3", b"%ZZ", b"%4", b"\xc3\xbc", b"\xff", b"%00", b"%2B", b";", b"==", b"\x00",
    b"\x01", b"%01", b"a=1&a=2", b"&a1=", b"&a=",
]  # fmt: skip
_FORMS = st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join) | st.binary(max_size=40)


@given(_FORMS)
def test_a_form_is_what_the_standard_library_reads(form: bytes) -> None:
    text = form.decode("utf-8", "replace")
    expected = parse_qsl(text, keep_blank_values=True, errors="replace")
    assert list(parse_form(form)) == expected


@given(_FORMS)
def test_names_are_found_and_fields_signed_as_they_are_listed(form: bytes) -> None:
    fields = parse_form(form)
    values = first_values(fields)
    for name in ("a", "Text", "a1", ""):
        assert first_value_of(form, name) == values.get(name)
    delivery = posted(form, {"content-type": FORM})
    text, refusal = signed_text(delivery, lambda _: False)
    assert (text.encode("utf-8", "surrogatepass"), refusal) == (signed_form("", fields), None)


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=6))
def test_a_form_is_what_was_written(fields: list[tuple[str, str]]) -> None:
    assert list(parse_form(urlencode(fields, errors="replace").encode())) == [
        (name.encode("utf-8", "replace").decode(), value.encode("utf-8", "replace").decode())
        for name, value in fields
    ]


@pytest.mark.parametrize("form", [b"a=b&" * 1_001, b"x" * (256 * 1024 + 1)])
def test_no_endless_form_is_read(form: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_form(form)


def test_what_is_signed_of_a_form_is_sorted_and_distinct() -> None:
    fields = [("b", "2"), ("a", "3"), ("a", "1"), ("b", "2")]
    assert signed_form("https://x.test/?q", fields) == b"https://x.test/?qa1a3b2"
