"""How long to wait before something that failed is tried again: doubling, capped, jittered.

Knows no clock and does not wait itself.
"""

from collections.abc import Callable


class Backoff:
    """The pauses of one loop. `random` gives numbers in [0, 1); units are seconds."""

    def __init__(
        self, random: Callable[[], float], *, shortest: float = 0.1, longest: float = 5.0
    ) -> None:
        self._random = random
        self._shortest = shortest
        self._longest = longest
        self._next = shortest

    def pause(self) -> float:
        """Return the next pause: from half of it to all, so that many do not return at once."""
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause * (0.5 + self._random() / 2)

    def reset(self) -> None:
        """Begin with the shortest pause again: it worked."""
        self._next = self._shortest
