"""What a check of health is: its rule in words, what was found, and whether that is well.

Knows no check.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

CheckState = Literal["ok", "warn", "fail"]
CheckName = Literal[
    "database",
    "schema",
    "queue_age",
    "dead_letters",
    "workers",
    "spool",
    "silence",
    "reconciliation",
    "outbox_lag",
    "outbox_origin",
    "failures",
    "set_aside",
    "derived_rows",
    "files",
    "file_quota",
    "media",
    "hooks",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. `value` is in the unit of the rule; `found` says it in words."""

    name: CheckName
    state: CheckState
    rule: str
    value: float
    found: str


def state_above(value: float, warn: float, fail: float) -> CheckState:
    return "fail" if value >= fail else "warn" if value > warn else "ok"


def duration(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
