"""Orders deliveries the way providers do: a little out of order, some of them twice. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simulation.traffic import ChannelMessage

_MIXED_UP = 8
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One delivery to make; a duplicate repeats one that was planned before."""

    what: ChannelMessage
    is_duplicate: bool


def schedule(
    messages: Iterator[ChannelMessage], *, duplicates: float, seed: int
) -> Iterator[Planned]:
    """Yield deliveries without end, of which the share `duplicates` (below 1) repeat another."""
    rng = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret
    waiting: list[ChannelMessage] = []
    recent: deque[ChannelMessage] = deque(maxlen=_REMEMBERED)
    owed = 0.0
    while True:
        owed += duplicates
        if owed >= 1 and recent:
            owed -= 1
            yield Planned(what=rng.choice(recent), is_duplicate=True)
            continue
        while len(waiting) < _MIXED_UP:
            waiting.append(next(messages))
        one = waiting.pop(rng.randrange(len(waiting)))
        recent.append(one)
        yield Planned(what=one, is_duplicate=False)
