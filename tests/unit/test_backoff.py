"""Pauses grow, end at the longest, and differ."""

from domain.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(lambda: 1.0, shortest=0.1, longest=0.5)

    assert [backoff.pause() for _ in range(4)] == [0.1, 0.2, 0.4, 0.5]


def test_the_shortest_pause_is_half_of_it() -> None:
    assert Backoff(lambda: 0.0, shortest=1.0).pause() == 0.5


def test_success_begins_anew() -> None:
    backoff = Backoff(lambda: 1.0, shortest=0.1, longest=5.0)
    backoff.pause()
    backoff.pause()

    backoff.reset()

    assert backoff.pause() == 0.1
