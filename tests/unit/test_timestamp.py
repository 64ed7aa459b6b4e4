"""Providers' times are read as UTC or not at all."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.timestamp import parse_timestamp

NOON = datetime(2024, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2024-11-01T12:00:00Z",
        "2024-11-01t12:00:00z",
        "2024-11-01 12:00:00",
        "2024-11-01T12:00:00.000",
        " 2024-11-01T12:00:00.000000000Z ",
        "2024-11-01T17:30:00+05:30",
        "2024-11-01T12:00",
        1730462400,
        1730462400.0,
        1730462400000,
        "1730462400",
        "1730462400000",
    ],
)
def test_reads_the_usual_spellings(value: object) -> None:
    assert parse_timestamp(value) == NOON
    moment = parse_timestamp(value)
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        None, True, [], {}, "", "soon", "12:00", "2024-13-01T00:00:00Z", "2024-11-01T12:00:60Z",
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
        "1970-01-01T00:00:00Z", 0, -1, "0000000000", "20241101120000", "9" * 5_000,
        10**400, -(10**400), 1e300, math.inf, -math.inf, math.nan, 1730462400 * 10**6,
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, int) else "number",
)  # fmt: skip
def test_anything_else_is_no_time(value: object) -> None:
    assert parse_timestamp(value) is None


def test_a_fraction_of_a_second_is_kept() -> None:
    moment = parse_timestamp("2024-11-01T12:00:00.123456Z")
    assert moment == NOON.replace(microsecond=123456)
    assert parse_timestamp(1730462400123) == NOON.replace(microsecond=123000)


@given(st.text() | st.integers() | st.floats() | st.datetimes().map(str))
def test_nothing_raises(value: object) -> None:
    moment = parse_timestamp(value)
    assert moment is None or moment.astimezone(UTC) == moment
