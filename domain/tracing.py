"""How steps tell that they began and ended, without knowing who listens, if anybody.

A trace is named by its W3C traceparent, so it can be carried through a row of the queue.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

_NOTHING: AbstractContextManager[None] = nullcontext()


class Tracing(Protocol):
    """Somebody who may listen. Facts are ids and words of closed sets: no text, no address."""

    @property
    def is_on(self) -> bool:
        """Say whether anybody listens."""
        ...

    def span(
        self, name: str, parent: str | None = None, **facts: str
    ) -> AbstractContextManager[str | None]:
        """Time a step, inside `parent` or else the step around it; yields its traceparent."""
        ...

    def record(
        self, name: str, parent: str, seconds: float, error_class: str | None, **facts: str | int
    ) -> None:
        """Tell of a step that ended now and took so long."""
        ...


class Untraced:
    """Nobody listens, and nothing is spent on it."""

    is_on = False

    def span(
        self, name: str, parent: str | None = None, **facts: str
    ) -> AbstractContextManager[None]:
        return _NOTHING

    def record(
        self, name: str, parent: str, seconds: float, error_class: str | None, **facts: str | int
    ) -> None:
        pass


UNTRACED = Untraced()
