"""Where a message for a closed conversation goes, as its channel decides. Pure: times come in.

A message that was sent before the close belongs to what was closed, however late it arrives.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ClosedRule = Literal["continue", "new_after_close", "new_after_idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPolicy:
    """A channel's rule; `idle_hours` is set exactly for `new_after_idle`."""

    rule: ClosedRule = "continue"
    idle_hours: int | None = None

    @property
    def always_continues(self) -> bool:
        return self.rule == "continue"

    def begins_anew(
        self,
        sent_at: datetime,
        received_at: datetime,
        closed_at: datetime | None,
        last_activity_at: datetime,
    ) -> bool:
        """Say whether a message begins a new conversation; `closed_at` is None while it is open.

        Idle is what we saw nothing of: it is counted from arrival to arrival.
        """
        if closed_at is None or sent_at <= closed_at:
            return False
        match self.rule:
            case "continue":
                return False
            case "new_after_close":
                return True
            case "new_after_idle":
                idle = timedelta(hours=self.idle_hours or 0)
                return received_at - last_activity_at >= idle


CONTINUE = ClosedPolicy()
