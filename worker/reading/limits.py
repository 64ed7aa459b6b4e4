"""How long reading one event may take, and what watches over it from inside the reading process.

A timer looks at the processor time of the event being read, and raises in one that takes too
much; one that is deaf to it, or swallows it, ends the process. Knows no event.
"""

import os
import resource
import signal
from dataclasses import dataclass
from time import clock_gettime, thread_time
from types import FrameType

_MIB = 1024 * 1024
_WITHOUT_ALLOWANCE = 4 * 1024  # smaller bodies get the same time
_DEAF_SECONDS = 0.05
_LONGEST_TICK = 0.25
_SWALLOWED_TICKS = 8
_PROCESS_CLOCK = 2  # Linux counts each process by a clock that its number names
_MOST_MEMORY = 4 * 1024 * _MIB

EXIT_TOOK_TOO_LONG = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one event may take. Units: seconds; a MiB of its body allows so many more of each.

    `cpu_seconds` is its own processor time. `blocked_seconds` is for one that computes nothing, and
    counts no time in which the process that watches did not run either.
    """

    cpu_seconds: float
    blocked_seconds: float
    seconds_per_mib: float
    niceness: int = 0

    def allowance(self, body_bytes: int) -> float:
        """Return how much more a body of this size may take."""
        return 0.0 if body_bytes < _WITHOUT_ALLOWANCE else self.seconds_per_mib * body_bytes / _MIB


# Reading takes some 15 microseconds. Who needs ten thousand times that leaves its batch, which is
# no failure yet; a batch holds a transaction, which Postgres ends after CLAIM_TIMEOUT_SECONDS.
IN_BATCH = Limits(cpu_seconds=0.25, blocked_seconds=10.0, seconds_per_mib=0.25)
ISOLATED = Limits(cpu_seconds=1.0, blocked_seconds=60.0, seconds_per_mib=1.0, niceness=15)


def processor_seconds(pid: int) -> float:
    """Return what a process has computed so far; 0 where the system does not say."""
    try:
        return clock_gettime((~pid << 3) | _PROCESS_CLOCK)
    except OSError:
        return 0.0


class TookTooLong(BaseException):
    """The event that is being read had its time; no `except Exception` stops this."""


class Watch:
    """Raises TookTooLong out of an event that takes longer than the limits allow."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tick = min(limits.cpu_seconds / 4, _LONGEST_TICK)
        self._allowance = 0.0
        self._number = 0
        self._looked_at = 0
        self._ticks = 0
        self._computed_before = 0.0

    def start(self) -> None:
        """Take the signals, and let this process neither grow nor dump without bounds."""
        signal.signal(signal.SIGALRM, self._on_tick)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.RLIM_INFINITY))
        os.nice(self._limits.niceness)

    def resume(self) -> None:
        """Tick from now on: there is something to read."""
        signal.setitimer(signal.ITIMER_REAL, self._tick, self._tick)
        self._arm_last_resort(0.0)

    def pause(self) -> None:
        """Tick no more, so that an idle process sleeps."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def begin(self, number: int, body_bytes: int) -> None:
        """Begin an event; numbers count from 1."""
        self._allowance = self._limits.allowance(body_bytes)
        if self._allowance:
            self._arm_last_resort(self._allowance)
        self._number = number

    def end(self) -> None:
        """Let nothing be raised any more."""
        self._number = 0

    def _on_tick(self, _signal: int, _frame: FrameType | None) -> None:
        # As long as this is called, the interpreter still listens.
        self._arm_last_resort(self._allowance)
        number, computed = self._number, thread_time()
        if not number or number != self._looked_at:
            self._looked_at, self._ticks, self._computed_before = number, 0, computed
            return
        self._ticks += 1
        over = max(
            computed - self._computed_before - self._limits.cpu_seconds,
            self._ticks * self._tick - self._limits.blocked_seconds,
        )
        over -= self._allowance
        if over > _SWALLOWED_TICKS * self._tick:
            os._exit(EXIT_TOOK_TOO_LONG)
        if over > 0:
            raise TookTooLong

    def _arm_last_resort(self, allowance: float) -> None:
        """Have the kernel end a process that computes without listening."""
        seconds = self._limits.cpu_seconds + allowance + _DEAF_SECONDS
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
