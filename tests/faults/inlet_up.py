"""A whole `inlet up` of its own for a test: real processes, to be killed in every way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from scratch_folders import scratch_folder

PATIENCE_SECONDS = 120.0
PROGRAM = (sys.executable, "-P", "-m", "app.cli")
ADMIN_KEY = "a-key-for-the-tests-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An `inlet up` that answers."""

    process: subprocess.Popen[bytes]
    url: str
    sms_url: str
    log: Path

    def children(self, command: str) -> list[psutil.Process]:
        """List the child processes that run a command, oldest first."""
        own = psutil.Process(self.process.pid).children()
        return [process for process in own if command in process.cmdline()]

    def send(self, provider_message_id: str) -> int:
        """Deliver one SMS; return the status."""
        sms = a_text(provider_message_id)
        return httpx.post(self.sms_url, json=sms, timeout=PATIENCE_SECONDS).status_code

    def message_count(self) -> int | None:
        """Count all messages; None while the database is away."""
        answer = httpx.get(
            f"{self.url}/api/conversations", headers=admin_headers(), timeout=PATIENCE_SECONDS
        )
        if answer.is_server_error:
            return None
        return sum(item["message_count"] for item in answer.json()["items"])

    def known_message_count(self) -> int:
        """Count all messages once the database is there."""
        counts: list[int] = []

        def can_count() -> bool:
            counted = self.message_count()
            counts.extend([] if counted is None else [counted])
            return bool(counts)

        wait_until(can_count)
        return counts[0]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Stop it; return its exit code and how long that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS), time.monotonic() - began


def a_text(provider_message_id: str) -> dict[str, str | None]:
    """Write an SMS as the demo channel takes it."""
    return {
        "from": "+14155550123",
        "to": "+15005550006",
        "type": "sms",
        "provider_message_id": provider_message_id,
        "body": "Is anybody there?",
        "attachments": None,
        "timestamp": "2026-01-05T10:00:00Z",
    }


@contextmanager
def folder_of_its_own() -> Generator[Path]:
    """Make a data folder; whatever still runs in it at the end is killed."""
    with scratch_folder("inlet-up-") as folder:
        yield folder
        kill_postgres_of(folder)


@contextmanager
def up(data_dir: Path, **environ: str) -> Generator[Running]:
    """Run it, and stop it in the end if nobody has."""
    output = data_dir / "stdout"
    command = [*PROGRAM, "up", "--port", "0", "--data-dir", str(data_dir)]
    with output.open("wb") as out, (data_dir / "stderr").open("wb") as err:
        process = subprocess.Popen(
            command, stdout=out, stderr=err, cwd=data_dir, env=environment() | environ
        )
    try:
        wait_until(lambda: "See the conversation" in output.read_text() or has_ended(process))
        assert process.poll() is None, (data_dir / "stderr").read_text()
        words = output.read_text().split()
        api_url = next(word for word in words if word.endswith("/api"))
        sms_url = next(word for word in words if "/webhooks/generic/" in word)
        yield Running(
            process=process,
            url=api_url.removesuffix("/api"),
            sms_url=sms_url,
            log=data_dir / "stderr",
        )
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)


def admin_headers() -> dict[str, str]:
    """Say that it is the operator who asks."""
    return {"Authorization": f"Bearer {ADMIN_KEY}"}


def environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "INLET_ADMIN_KEY": ADMIN_KEY,
    }


def wait_until(is_so: Callable[[], bool]) -> None:
    """Look again and again: other processes are doing it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def postgres_of(data_dir: Path) -> list[psutil.Process]:
    """List the processes of the embedded server, the first of them first."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["name", "cwd", "status"]):
        is_one = (
            process.info["name"] == "postgres" and process.info["cwd"] == f"{data_dir}/postgres"
        )
        if is_one and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return sorted(found, key=psutil.Process.create_time)


def kill_postgres_of(data_dir: Path) -> None:
    for postgres in postgres_of(data_dir):
        with suppress(psutil.NoSuchProcess):
            postgres.kill()
