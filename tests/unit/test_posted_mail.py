"""Forms that carry whole mails are decoded as forms are, only faster."""

import re
from urllib.parse import quote_plus, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.posted_mail import read_posted_mail

_FORM = "application/x-www-form-urlencoded"
_NO_FILES = re.compile(r"(?!)")


def field(value: bytes) -> bytes:
    return read_posted_mail(b"a=" + value, _FORM, ("a",), _NO_FILES).fields["a"]


@given(st.binary())
@example(b"=\n=\r\n=3D==_ \t\n")
def test_what_is_escaped_is_what_was_meant(value: bytes) -> None:
    assert field(quote_plus(value).encode()) == value


@given(st.text("%=3dD+ _\r\n\tz.~\0", max_size=12).map(str.encode))
def test_what_is_escaped_oddly_is_read_as_elsewhere(written: bytes) -> None:
    assert field(written) == unquote_to_bytes(written.replace(b"+", b" "))


@pytest.mark.parametrize("written", [b"%", b"%3", b"%3g", b"%%3D", b"=%\n", b"=3D", b"a=b%3d"])
def test_odd_escapes(written: bytes) -> None:
    assert field(written) == unquote_to_bytes(written)
