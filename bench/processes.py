"""Other processes: a web server to call, and children that do one job and answer in JSON."""

import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from os import sysconf
from pathlib import Path
from time import sleep
from typing import TypeVar

import msgspec

from app.listener import listening_socket
from app.settings import Settings, child_environment
from bench.databases import SECRET_KEY
from bench.http_client import Client

T = TypeVar("T", bound=msgspec.Struct)

HOST = "127.0.0.1"
_ROOT = Path(__file__).parent.parent
_TICKS_PER_SECOND = sysconf("SC_CLK_TCK")
_START_ATTEMPTS = 200
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A web process that answers."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Read how much processor time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def settings_for(database_url: str) -> Settings:
    """Give the settings of production, for one database and a client who never rests."""
    return Settings(
        database_url=database_url,
        secret_key=SECRET_KEY,
        log_level="warning",
        api_requests_per_minute=0,
        search_requests_per_minute=0,
    )


@contextmanager
def web_server(database_url: str, command: Sequence[str]) -> Generator[Server]:
    """Run a web process on a free port of its own, until the block ends.

    `command` is `-m module words`, and takes `--fd N` as `inlet serve` does.
    """
    with listening_socket(HOST, 0) as listener:
        port = listener.getsockname()[1]
        settings = replace(settings_for(database_url), port=port)
        process = subprocess.Popen(
            [sys.executable, *command, "--fd", str(listener.fileno())],
            cwd=_ROOT,
            env=child_environment(settings.environment()),
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    try:
        _wait_until_ready(port, process)
        yield Server(port=port, pid=process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def worker_process(database_url: str, hook_private_hosts: tuple[str, ...] = ()) -> Generator[int]:
    """Run a worker process until the block ends; yields its id."""
    settings = replace(settings_for(database_url), hook_private_hosts=hook_private_hosts)
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "work"],
        cwd=_ROOT,
        env=child_environment(settings.environment()),
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def call(module: str, job: msgspec.Struct, result_type: type[T]) -> T:
    """Run a child process over one job and read its result."""
    return call_together(module, [job], result_type)[0]


def call_together(module: str, jobs: Sequence[msgspec.Struct], result_type: type[T]) -> list[T]:
    """Run one child process per job; all begin at the same moment, once all are ready."""
    with ExitStack() as stack:
        processes = [stack.enter_context(_child(module)) for _ in jobs]
        for process, job in zip(processes, jobs, strict=True):
            _tell(process, msgspec.json.encode(job))
        for process in processes:
            _hear(process, module)
        for process in processes:
            _tell(process, b"go")
        return [
            msgspec.json.decode(_hear(process, module), type=result_type) for process in processes
        ]


def _child(module: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[bytes], module: str) -> bytes:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        raise RuntimeError(f"{module} ended with {process.wait()} before its answer was whole")
    return line


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_START_ATTEMPTS):
        if process.poll() is not None:
            raise RuntimeError("the web process ended before it was ready")
        with Client(HOST, port) as client:
            if client.get("/readyz").startswith(b"HTTP/1.1 200"):
                return
        sleep(_PAUSE_SECONDS)
    raise RuntimeError("the web process did not become ready")
