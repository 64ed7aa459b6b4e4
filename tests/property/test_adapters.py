"""Whatever an adapter is fed, it reads it or calls it unreadable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.faults.adapters import feed, samples
from bench.faults.corpus import corpus
from domain.message import Reading

_FOUND = corpus()


def test_there_is_something_to_feed() -> None:
    assert len(_FOUND) > 100


@pytest.mark.parametrize("number", range(0, len(_FOUND), 20))
def test_what_a_search_has_found(number: int) -> None:
    for body in _FOUND[number : number + 20]:
        _check(feed(body))


def test_valid_events() -> None:
    for body in samples():
        assert len(feed(body)) == 1


@given(st.sampled_from(samples()), st.integers(0, 2000), st.binary(max_size=8))
def test_valid_events_with_a_bent_place(sample: bytes, at: int, piece: bytes) -> None:
    _check(feed(sample[:at] + piece + sample[at + len(piece) :]))


def _check(readings: list[Reading]) -> None:
    assert all(isinstance(reading, Reading) for reading in readings)
