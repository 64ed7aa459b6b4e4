"""Dates of mails, as programs write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mail_date import parse_mail_date

TWO = datetime(2024, 11, 1, 14, tzinfo=UTC)
_PIECES = (
    *("Fri,", "1", "Nov", "2024", "14:00:00", "+0100", "-0000", "GMT", "June", "(", ")", ",", "-"),
    *(":", "/", ".", "12.30", "99999999999", "٣", "é", '"', "T", "am", " ", ""),
)


@pytest.mark.parametrize(
    "written",
    [
        "Fri, 01 Nov 2024 15:00:00 +0100",
        "Fri, 1 Nov 2024 14:00 GMT",
        "1 Nov 2024 14:00:00",
        "Fri, 01 Nov 2024 14:00:00 -0000",  # naive for the standard library: section 11
        "Fri, 01 Nov 2024 15:00:00 +0100 (CET)",
        "Fri Nov  1 14:00:00 2024",
        "1 Nov 24 9:00:00 EST",
        "2024-11-01T14:00:00Z",
    ],
)
def test_a_date_is_read(written: str) -> None:
    assert parse_mail_date(written) == TWO


def test_a_leap_second_is_the_one_before_it() -> None:
    read = parse_mail_date("Sat, 31 Dec 2016 23:59:60 +0000")
    assert read == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "yesterday", "\ud800", "17 June , 2022"),
        "Fri, 01 Nov 2024 14:00:00 +9900",
        "Fri, 31 Dec 9999 23:59:59 -0500",
        "Mon, 20 Nov 9999999999 12:00:00 +0000",  # python/cpython issue 153406
        "Fri, 32 Nov 2024 14:00:00",
        "Thu, 1 Jan 1970 00:00:00 +0000",
        "x" * 200_000,
    ],
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert parse_mail_date(written) is None


@given(st.lists(st.sampled_from(_PIECES), max_size=8), st.sampled_from(["", " "]))
def test_nothing_raises(pieces: list[str], between: str) -> None:
    read = parse_mail_date(between.join(pieces))
    assert read is None or read.tzinfo is UTC
