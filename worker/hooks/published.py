"""An event on its way to a queue, and what came of it. Knows no queue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEvent:
    """`id` is the same at every attempt; events of one `group` stay in order."""

    id: str
    type: str
    group: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Without an `error_class` the queue has it; `answer` is what it said."""

    error_class: str | None = None
    http_status: int | None = None
    answer: bytes = b""
