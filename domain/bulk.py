"""One action on many conversations, as it is asked for and kept. Pure."""

from dataclasses import dataclass
from typing import Literal

BulkStatus = Literal["open", "pending", "closed", "spam"]
JobStatus = Literal["queued", "running", "done", "canceled", "failed"]

MOST_NAMED = 1_000
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """What is to be so of every conversation; None leaves it as it is.

    `assigns` says that `assignee_id` counts: None is nobody then. `reads` marks all of it as read
    by whoever asked.
    """

    status: BulkStatus | None = None
    assigns: bool = False
    assignee_id: str | None = None
    add_tag: str | None = None
    remove_tag: str | None = None
    reads: bool = False

    @property
    def is_empty(self) -> bool:
        return self == BulkAction()
