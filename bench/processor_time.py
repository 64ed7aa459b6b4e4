"""How much processor time processes and all that they started have used, from /proc."""

from collections.abc import Iterable
from os import sysconf
from pathlib import Path

_TICKS_PER_SECOND = sysconf("SC_CLK_TCK")


def cpu_seconds_of(pids: Iterable[int]) -> float:
    """Add up what these processes and their descendants used, those that have ended among them."""
    wanted = set(pids)
    ticks = 0
    # A child has a higher number than its parent, but for the rare time that numbers begin anew.
    for pid in sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        fields = _fields(pid)
        if fields and (pid in wanted or int(fields[1]) in wanted):
            wanted.add(pid)
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS_PER_SECOND


def resident_bytes_of(pid: int) -> int:
    """Read how much memory a process has."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


def _fields(pid: int) -> list[str]:
    """Read the fields behind the name; none where the process has gone meanwhile."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
