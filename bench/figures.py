"""What a benchmark says: figures, some with a target beside them. Knows no section."""

from collections.abc import Iterable, Sequence
from statistics import median

import msgspec


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Units: milliseconds."""

    p50_ms: float
    p99_ms: float


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure has to reach: at least `least`, at most `most`, and a p99 within bounds."""

    least: float | None = None
    most: float | None = None
    most_p99_ms: float | None = None

    def is_met(self, value: float, latency: Latency | None = None) -> bool:
        checks = (
            self.least is None or value >= self.least,
            self.most is None or value <= self.most,
            self.most_p99_ms is None or latency is None or latency.p99_ms <= self.most_p99_ms,
        )
        return all(checks)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `details` go to the JSON only."""

    section: str
    name: str
    value: float | None = None
    unit: str = ""
    latency: Latency | None = None
    target: Target | None = None
    is_met: bool | None = None
    note: str = ""
    details: dict[str, float] = {}


def figure(
    section: str, name: str, value: float, unit: str, target: Target | None = None
) -> Figure:
    """Make a figure and compare it with its target."""
    return Figure(
        section=section,
        name=name,
        value=value,
        unit=unit,
        target=target,
        is_met=target.is_met(value) if target else None,
    )


def skipped(section: str, name: str, why: str) -> Figure:
    """Make the line of something that was not measured."""
    return Figure(section=section, name=name, note=why)


def latency_of(seconds: Iterable[float]) -> Latency:
    """Summarise how long calls took."""
    ordered = sorted(seconds)
    return Latency(
        p50_ms=1000 * _percentile(ordered, 0.50), p99_ms=1000 * _percentile(ordered, 0.99)
    )


def median_latency(rounds: Sequence[Latency]) -> Latency:
    """Take the middle of several rounds, each percentile for itself."""
    return Latency(
        p50_ms=median(latency.p50_ms for latency in rounds),
        p99_ms=median(latency.p99_ms for latency in rounds),
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
