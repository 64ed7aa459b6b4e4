"""How long a customer's things are kept. Knows no clock and no table."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What holds for customers who say nothing else.

    Units: days. `event_days` and `file_days` 0 keep them for ever.
    """

    event_days: int = 0
    dead_letter_days: int = 90
    quarantine_days: int = 30
    outbox_days: int = 7
    file_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRetention:
    """What one customer says; None: as the settings say."""

    event_days: int | None = None
    dead_letter_days: int | None = None
    quarantine_days: int | None = None
    outbox_days: int | None = None
    file_days: int | None = None


def first_id_of(moment: datetime) -> str:
    """Return the lowest UUIDv7 that is made at a moment: older ids sort before it."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80))
