"""A cursor comes back as it went out, and nothing else is taken for one."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidCursor
from inbox.http.cursor import (
    decode_cursor,
    decode_number,
    encode_cursor,
    encode_number,
    fingerprint,
)
from store.position import Position

HERE = fingerprint("conversations", 1, None)
THERE = fingerprint("conversations", 2, None)
PLACE = Position(
    datetime(2024, 11, 1, 14, 0, 0, 123456, UTC), "6a0c9d2e-31f7-8b52-a4c4-58d1c1b2f0aa"
)


@given(
    at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])),
    id_=st.uuids(),
)
def test_a_cursor_comes_back_as_it_went_out(at: datetime, id_: object) -> None:
    place = Position(at, str(id_))
    assert decode_cursor(encode_cursor(place, HERE), HERE) == place


def test_a_cursor_is_safe_in_a_url() -> None:
    assert encode_cursor(PLACE, HERE).replace("-", "").replace("_", "").isalnum()


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="other filters"):
        decode_cursor(encode_cursor(PLACE, HERE), THERE)


def test_a_cursor_of_another_version_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="made by this API"):
        decode_cursor(urlsafe_b64encode(b"\2" + bytes(32)).decode(), bytes(8))


def test_a_time_that_no_calendar_has_is_refused() -> None:
    packed = b"\1" + b"\x7f" + bytes(7) + bytes(16) + HERE
    with pytest.raises(InvalidCursor, match="made by this API"):
        decode_cursor(urlsafe_b64encode(packed).decode(), HERE)


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, HERE)


@given(st.integers(0, 43), st.sampled_from("Aa0-_=+/ é"))
def test_a_changed_cursor_is_refused_or_still_a_place(index: int, char: str) -> None:
    text = encode_cursor(PLACE, HERE)
    changed = text[:index] + char + text[index + 1 :]
    try:
        place = decode_cursor(changed, HERE)
    except InvalidCursor:
        return
    assert encode_cursor(place, HERE) == changed


@given(st.lists(st.none() | st.integers() | st.text() | st.lists(st.text()), unique_by=repr))
def test_different_filters_have_different_fingerprints(
    parts: list[str | int | list[str] | None],
) -> None:
    assert len({fingerprint(part) for part in parts}) == len(parts)
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(None) != fingerprint("None")


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_a_number_comes_back_as_it_went_out(number: int) -> None:
    assert decode_number(encode_number(number, HERE), HERE) == number


def test_a_number_is_no_position_and_belongs_to_its_list() -> None:
    written = encode_number(7, HERE)
    for decode, text, belongs_to in (
        (decode_cursor, written, HERE),
        (decode_number, encode_cursor(PLACE, HERE), HERE),
        (decode_number, written, THERE),
        (decode_number, written[:-4], HERE),
        (decode_number, "é", HERE),
    ):
        with pytest.raises(InvalidCursor):
            decode(text, belongs_to)
