"""What every way to break things is given: a folder, how long, and where to say how it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How much is broken for how long. Units: seconds, deliveries per second."""

    kill_seconds: float = 180.0
    kill_rate: float = 300.0
    outage_seconds: float = 300.0
    outage_rate: float = 200.0
    cut_requests: bool = True
    backlog_events: int = 100_000
    poison_rounds: int = 6
    again_events: int = 100_000
    fuzz_requests: int = 100_000
    probe_seconds: float = 10.0
    soak_seconds: float = 600.0
    restore_seconds: float = 30.0


FULL = Lengths()
# Enough to see that every way runs to its end, and loses nothing.
SHORT = Lengths(
    kill_seconds=6.0,
    outage_seconds=4.0,
    cut_requests=False,
    backlog_events=2_000,
    poison_rounds=1,
    again_events=1_000,
    fuzz_requests=1_500,
    probe_seconds=0.5,
    soak_seconds=3.0,
    restore_seconds=2.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    folder: Path
    lengths: Lengths
    say: Callable[[str], None]
