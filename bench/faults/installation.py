"""A real `inlet up` in a folder of its own, and the processes that it consists of."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from app.settings import child_environment
from bench.databases import SECRET_KEY
from bench.http_client import Client, body_of

HOST = "127.0.0.1"
_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 90
_WORDS = {"web": "serve", "worker": "work"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What runs. `pid` is that of `inlet up`; `data_dir` holds the spool, and maybe Postgres."""

    data_dir: Path
    port: int
    pid: int
    log: Path

    def pid_of(self, role: str) -> int | None:
        """Find the process that plays `web`, `worker` or `postgres` now."""
        if role == "postgres":
            return _first_number(self.data_dir / "postgres" / "postmaster.pid")
        return next(
            (pid for pid in _children_of(self.pid) if _WORDS[role] in _command_of(pid).split("\0")),
            None,
        )

    def kill(self, role: str) -> bool:
        """SIGKILL whoever plays a role; False where nobody does just now."""
        pid = self.pid_of(role)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def wait_until_ready(self) -> None:
        """Wait until the web process answers and has its database."""
        deadline = monotonic() + _PATIENCE_SECONDS
        while not _is_ready(self.port):
            if monotonic() > deadline:
                raise RuntimeError(f"not ready: {self.log.read_text()[-2000:]}")
            sleep(0.1)

    def wait_until_spool_is_empty(self, seconds: float) -> float:
        """Wait until the web process has nothing on its disk; returns how long it took.

        Raises: RuntimeError when it takes longer than `seconds`.
        """
        began = monotonic()
        key = (self.data_dir / "admin_key").read_text(encoding="utf-8").strip()
        while not _is_spool_empty(self.port, key):
            if monotonic() - began > seconds:
                raise RuntimeError("the spool does not drain")
            sleep(0.2)
        return monotonic() - began


@contextmanager
def installation(folder: Path, database_url: str = "", **settings: str) -> Generator[Installation]:
    """Run `inlet up` until the block ends; without a URL it has an embedded Postgres."""
    port = _free_port()
    environment = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "SECRET_KEY": SECRET_KEY,
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "warning",
        **settings,
    }
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.cli", "up"],
            cwd=_ROOT,
            env=child_environment(environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    running = Installation(data_dir=folder, port=port, pid=process.pid, log=log)
    try:
        running.wait_until_ready()
        yield running
    finally:
        process.terminate()
        process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _is_ready(port: int) -> bool:
    with suppress(OSError), Client(HOST, port) as client:
        return client.get("/readyz").startswith(b"HTTP/1.1 200")
    return False


def _is_spool_empty(port: int, key: str) -> bool:
    """Look at the figures, which nobody answers while web or database comes back."""
    with suppress(OSError), Client(HOST, port, f"Bearer {key}") as client:
        answer = client.get("/metrics")
        if not answer.startswith(b"HTTP/1.1 503"):
            lines = body_of(answer).decode().splitlines()
            rows = (line for line in lines if line.startswith("ingest_spool_rows"))
            return not any(float(line.rsplit(" ", 1)[1]) for line in rows)
    return False


def _first_number(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text().split("\n", 1)[0])
    return None


def _children_of(parent: int) -> list[int]:
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def _command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""
