"""What a process has used of the processor and whether it waits, as Linux tells of each.

Knows neither readers nor events.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """Processor time in seconds; `is_asleep`: it waits, and is neither runnable nor stopped."""

    cpu_seconds: float
    is_asleep: bool


def process_usage(pid: int) -> ProcessUsage | None:
    """Look at a process, or return None where it is gone.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in brackets may hold anything; what follows the last bracket is state, parent, ...
    state, *rest = stat.rpartition(")")[2].split()
    user, system = int(rest[10]), int(rest[11])
    return ProcessUsage(cpu_seconds=(user + system) / _TICKS_PER_SECOND, is_asleep=state == "S")
