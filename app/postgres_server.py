"""One server of the embedded Postgres: started, looked at and stopped, each within a time.

Works on a data folder that exists already. Knows neither who uses the server nor any table.
"""

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from app.clock import monotonic
from app.postgres_tools import Account, run_tool
from domain.errors import OperatorError

PORT = "5432"
USER = "postgres"

_START_SECONDS = 120.0  # crash recovery replays up to max_wal_size
_MOST_TRIES = 12
_PAUSE_SECONDS = 0.25
_POLL_SECONDS = 0.02
_ORPHAN_SECONDS = 2.0
_IMMEDIATE_SECONDS = 0.5
_KILL_SECONDS = 0.3
_STATUS_LINE = 7  # of postmaster.pid


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a server keeps its data, whom it runs as, and the folder of its socket."""

    pgdata: Path
    account: Account | None
    sockets: Path


def start(server: Server, is_over: Callable[[], bool] = lambda: False) -> None:
    """Start the server, or wait for one that is still starting, until it answers.

    More than one try, because a server that was killed holds its memory until its last backend
    has noticed. Ends early, without a server, when `is_over` says so.
    Raises: OperatorError when it does not start.
    """
    deadline = monotonic() + _START_SECONDS
    tries = 0
    while not is_over() and not _is_ready(server.pgdata):
        if monotonic() > deadline:
            raise OperatorError(f"the embedded Postgres is not ready: {_reason(server.pgdata)}")
        if is_running(server.pgdata):
            sleep(_POLL_SECONDS)
        elif tries == _MOST_TRIES:
            raise OperatorError(f"the embedded Postgres does not start: {_reason(server.pgdata)}")
        else:
            if tries:
                sleep(_PAUSE_SECONDS)
            tries += 1
            _try_to_start(server)


def first_process(pgdata: Path) -> int | None:
    """Return the number of the process that all others of a server come from, while it lives.

    Costs next to nothing.
    """
    lines = _lines_of(pgdata / "postmaster.pid")
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    if not Path("/proc/self/stat").exists():
        return pid if _is_there(pid) else None
    return pid if _is_postgres(pid) and _folder_of(pid) in (pgdata, None) else None


def is_running(pgdata: Path) -> bool:
    """Look whether the server's first process lives."""
    return first_process(pgdata) is not None


def stop_within(pgdata: Path, seconds: float) -> None:
    """Stop the server in order, and where that takes longer, in the way of a crash.

    Nothing committed is lost by that: the next start recovers it.
    """
    for number, patience in (
        (signal.SIGINT, seconds),  # what pg_ctl calls fast
        (signal.SIGQUIT, _IMMEDIATE_SECONDS),
        (signal.SIGKILL, _KILL_SECONDS),
    ):
        pid = first_process(pgdata)
        if pid is None:
            break
        _send(pid, number)
        _wait_until(lambda: not is_running(pgdata), patience)
    _end_orphans(pgdata, _KILL_SECONDS)


def last_line(text: str) -> str:
    """Return what a program said last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def _try_to_start(server: Server) -> None:
    _end_orphans(server.pgdata, _ORPHAN_SECONDS)
    _drop_if_stale(server.pgdata / "postmaster.pid")
    _drop_if_stale(server.sockets / f".s.PGSQL.{PORT}.lock")
    # It waits for a second at most, so that a stop is soon heard.
    run_tool(server.account, "pg_ctl", "-l", "log", "-w", "-t", "1", "start", folder=server.pgdata)


def _is_ready(pgdata: Path) -> bool:
    lines = _lines_of(pgdata / "postmaster.pid")
    is_ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"
    return is_ready and is_running(pgdata)


def _end_orphans(pgdata: Path, seconds: float) -> None:
    """End what a dead server left behind: as long as it lives, no other server can start.

    Only where the kernel tells which processes these are; elsewhere they notice by themselves.
    """
    if is_running(pgdata):
        return
    for number in (signal.SIGQUIT, signal.SIGKILL):
        orphans = _processes_of(pgdata)
        for pid in orphans:
            _send(pid, number)
        if not orphans or _wait_until(lambda: not _processes_of(pgdata), seconds):
            return


def _processes_of(pgdata: Path) -> list[int]:
    numbers = [int(process.name) for process in Path("/proc").glob("[0-9]*")]
    return [pid for pid in numbers if _is_postgres(pid) and _folder_of(pid) == pgdata]


def _drop_if_stale(lock_file: Path) -> None:
    """Remove the lock file of a server that is dead.

    Postgres refuses to start while any process has the number in it: another program since a
    restart of the machine or container, or the server's own corpse that nobody has buried. Its
    check for memory that old backends still use does not need the file.
    """
    lines = _lines_of(lock_file)
    if not lines or not Path("/proc", lines[0].strip(), "stat").exists():
        return
    if not _is_postgres(int(lines[0])):
        lock_file.unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    """Say whether a process is a Postgres that is not dead."""
    try:
        text = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
        _, name, rest = re.split(r"[()]", text)
    except (OSError, ValueError):
        return False
    return name == "postgres" and rest.split()[0] not in ("Z", "X")


def _folder_of(pid: int) -> Path | None:
    """Return the folder a process works in, None where we may not know."""
    try:
        return Path("/proc", str(pid), "cwd").readlink()
    except PermissionError:
        return None
    except OSError:
        return Path()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = monotonic() + seconds
    while not is_so():
        if monotonic() > deadline:
            return False
        sleep(_POLL_SECONDS)
    return True


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _reason(pgdata: Path) -> str:
    text = "\n".join(_lines_of(pgdata / "log")[-50:])
    fatal = [line for line in text.splitlines() if "FATAL" in line or "PANIC" in line]
    if not text:
        return "it left no log"
    return fatal[-1].split("  ", 1)[-1] if fatal else last_line(text)
