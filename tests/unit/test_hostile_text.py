"""What strangers write is worked on in time that grows no faster than its length."""

import pytest

from bench.hostile_steps import MOST_GROWTH, STEPS, growth

_MOST_SECONDS = 5.0


@pytest.mark.parametrize(
    ("step", "kind"), [(name, kind) for name, step in STEPS.items() for kind in step.kinds]
)
def test_twice_the_text_takes_twice_the_time_at_most(step: str, kind: str) -> None:
    found = growth(STEPS[step], STEPS[step].kinds[kind])
    assert found.seconds < _MOST_SECONDS
    assert found.factor is None or found.factor <= MOST_GROWTH
