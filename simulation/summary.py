"""Puts a finished simulation in figures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from simulation.sender import SendCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was sent and what became of it; `accepted` counts the duplicates too.

    Units: latencies in milliseconds, from the moment a delivery was due; None where nothing was
    accepted.
    """

    sent: int
    distinct_messages: int
    duplicates: int
    accepted: int
    refused: int
    failed: int
    retried: int
    seconds: float
    accepted_per_second: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    @property
    def is_complete(self) -> bool:
        """Say whether everything sent was accepted in the end."""
        return self.accepted == self.sent


def summarise(counts: SendCounts, seconds: float) -> Summary:
    """Work out the figures of a run that took this long."""
    ordered = sorted(counts.latencies)
    return Summary(
        sent=counts.sent,
        distinct_messages=counts.distinct,
        duplicates=counts.sent - counts.distinct,
        accepted=counts.accepted,
        refused=counts.refused,
        failed=counts.failed,
        retried=counts.retried,
        seconds=round(seconds, 3),
        accepted_per_second=round(counts.accepted / seconds, 1) if seconds else 0.0,
        p50_ms=percentile_ms(ordered, 0.50),
        p90_ms=percentile_ms(ordered, 0.90),
        p99_ms=percentile_ms(ordered, 0.99),
        max_ms=percentile_ms(ordered, 1.0),
    )


def percentile_ms(ordered: Sequence[float], share: float) -> float | None:
    """Pick the nearest-rank percentile of ordered seconds, in milliseconds."""
    if not ordered:
        return None
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)] * 1000, 3)
