"""The only place that asks what time it is; everybody else is told."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read the wall clock."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Read a clock that never goes back. Units: seconds."""
    return time.monotonic()
