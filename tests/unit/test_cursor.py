"""A cursor comes back as it went out, and nothing else is taken for one."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidCursor
from inbox.http.cursor import (
    IdPlace,
    NamePlace,
    NumberPlace,
    Place,
    TimePlace,
    decode_cursor,
    encode_cursor,
    fingerprint,
)

HERE = fingerprint("conversations", 1, None)
THERE = fingerprint("conversations", 2, None)
ID = "6a0c9d2e-31f7-8b52-a4c4-58d1c1b2f0aa"
PLACE = TimePlace(datetime(2024, 11, 1, 14, 0, 0, 123456, UTC), ID)
PLACES = [PLACE, IdPlace(ID), NamePlace("Zoë"), NumberPlace(7)]
KINDS = [type(place) for place in PLACES]


def text_of(value: object) -> str:
    packed = msgspec.msgpack.encode(value)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


@given(
    at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])),
    id_=st.uuids(),
)
def test_a_time_comes_back_as_it_went_out(at: datetime, id_: object) -> None:
    place = TimePlace(at, str(id_))
    assert decode_cursor(encode_cursor(place, HERE), TimePlace, HERE) == place


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_a_number_comes_back_as_it_went_out(number: int) -> None:
    place = NumberPlace(number)
    assert decode_cursor(encode_cursor(place, HERE), NumberPlace, HERE) == place


@pytest.mark.parametrize("name", ["a", "Zoë", "x" * 200, "a?b/c+d"])
def test_a_name_comes_back_as_it_went_out(name: str) -> None:
    place = NamePlace(name)
    assert decode_cursor(encode_cursor(place, HERE), NamePlace, HERE) == place


@pytest.mark.parametrize("place", PLACES)
def test_a_cursor_is_safe_in_a_url(place: Place) -> None:
    assert encode_cursor(place, HERE).replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("place", PLACES)
def test_a_cursor_of_another_list_is_refused(place: Place) -> None:
    with pytest.raises(InvalidCursor, match="other filters"):
        decode_cursor(encode_cursor(place, HERE), type(place), THERE)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [TimePlace, IdPlace, NumberPlace])
def test_a_cursor_of_another_kind_is_refused(place: Place, kind: type[Place]) -> None:
    if type(place) is not kind:
        with pytest.raises(InvalidCursor, match="made by this API"):
            decode_cursor(encode_cursor(place, HERE), kind, HERE)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (TimePlace, [PLACE.at, "no id"]),
        (TimePlace, [PLACE.at, f"{ID}\n"]),
        (TimePlace, [datetime(2024, 11, 1), ID]),  # noqa: DTZ001  # no zone
        (TimePlace, [PLACE.at, ID, ID]),
        (TimePlace, [msgspec.msgpack.Ext(-1, b"\xff" * 8), ID]),
        (IdPlace, [ID.upper()]),
        (NamePlace, [""]),
        (NamePlace, ["a\0b"]),
        (NumberPlace, [1 << 63]),
        (NumberPlace, [7.5]),
        (NumberPlace, []),
    ],
)
def test_a_place_that_no_list_has_is_refused(kind: type[Place], place: list[object]) -> None:
    with pytest.raises(InvalidCursor, match="made by this API"):
        decode_cursor(text_of((HERE, place)), kind, HERE)


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_garbage_is_refused(kind: type[Place], text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, kind, HERE)


@given(st.integers(0, 43), st.sampled_from("Aa0-_=+/ é"))
def test_a_changed_cursor_is_refused_or_still_a_place(index: int, char: str) -> None:
    text = encode_cursor(PLACE, HERE)
    changed = text[:index] + char + text[index + 1 :]
    try:
        place = decode_cursor(changed, TimePlace, HERE)
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
