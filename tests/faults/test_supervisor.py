"""`inlet up` as a person sees it: real processes, killed in every way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import pytest

_PATIENCE_SECONDS = 30
_KEY = "a-key-for-the-tests-only"
_PROGRAM = (sys.executable, "-P", "-m", "app.cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An `inlet up` that answers."""

    process: subprocess.Popen[bytes]
    url: str
    sms_url: str
    log: Path

    def children(self, command: str) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid).children()
        return [one for one in own if command in one.cmdline()]

    def send(self, provider_message_id: str) -> int:
        sms = {
            "from": "+14155550123",
            "to": "+15005550006",
            "type": "sms",
            "provider_message_id": provider_message_id,
            "body": "Is anybody there?",
            "attachments": None,
            "timestamp": "2026-01-05T10:00:00Z",
        }
        return httpx.post(self.sms_url, json=sms, timeout=_PATIENCE_SECONDS).status_code

    def message_count(self) -> int:
        headers = {"Authorization": f"Bearer {_KEY}"}
        answer = httpx.get(f"{self.url}/api/conversations", headers=headers, timeout=10).json()
        return sum(item["message_count"] for item in answer["items"])


@pytest.fixture
def data_dir() -> Generator[Path]:
    with TemporaryDirectory(prefix="inlet-up-", dir="/tmp") as folder:
        yield Path(folder)
        _kill_postgres_of(Path(folder))


@pytest.fixture(scope="module")
def inlet() -> Generator[Running]:
    """Share one for the tests after which it runs on."""
    with TemporaryDirectory(prefix="inlet-up-", dir="/tmp") as folder, _up(Path(folder)) as running:
        yield running


@contextmanager
def _up(data_dir: Path) -> Generator[Running]:
    output = data_dir / "stdout"
    command = [*_PROGRAM, "up", "--port", "0", "--data-dir", str(data_dir)]
    with output.open("wb") as out, (data_dir / "stderr").open("wb") as err:
        process = subprocess.Popen(
            command, stdout=out, stderr=err, cwd=data_dir, env=_environment()
        )
    try:
        _wait_until(lambda: "See the conversation" in output.read_text() or _has_ended(process))
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
            process.wait(_PATIENCE_SECONDS)


def _environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "INLET_ADMIN_KEY": _KEY,
    }


def _wait_until(is_so: Callable[[], bool]) -> None:
    """Look again and again: other processes are doing it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


def _kill_postgres_of(data_dir: Path) -> None:
    for postgres in _postgres_of(data_dir):
        with suppress(psutil.NoSuchProcess):
            postgres.kill()


def _postgres_of(data_dir: Path) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == f"{data_dir}/postgres":
            found.append(process)
    return found


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_killed_child_comes_back_and_nobody_is_refused(inlet: Running, command: str) -> None:
    before = inlet.message_count()
    (child,) = inlet.children(command)
    child.kill()
    child.wait(_PATIENCE_SECONDS)

    assert inlet.send(f"after-the-kill-of-{command}") == 200
    _wait_until(lambda: inlet.message_count() == before + 1)


def test_the_log_holds_no_token_no_address_and_no_text(inlet: Running) -> None:
    assert inlet.send("logged") == 200
    httpx.post(inlet.sms_url + "x", json={"from": "+14155550123"}, timeout=_PATIENCE_SECONDS)
    httpx.post(inlet.sms_url, content=b"not what was asked for", timeout=_PATIENCE_SECONDS)
    log = inlet.log.read_text()

    assert "delivery_unreadable" in log
    assert inlet.sms_url.rsplit("/", 1)[1] not in log
    assert "4155550123" not in log
    assert "anybody there" not in log


def test_a_taken_port_is_one_clear_line(inlet: Running, data_dir: Path) -> None:
    port = inlet.url.rsplit(":", 1)[1]
    second = subprocess.run(
        [*_PROGRAM, "up", "--port", port, "--data-dir", str(data_dir)],
        check=False,
        env=_environment(),
        cwd=data_dir,
        capture_output=True,
        text=True,
    )

    assert second.returncode == 1
    assert second.stderr == (
        f"inlet: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
    )


@pytest.mark.parametrize("is_database_killed_too", [False, True])
def test_a_killed_supervisor_leaves_no_children_and_the_next_start_takes_over(
    data_dir: Path, is_database_killed_too: bool
) -> None:
    with _up(data_dir) as inlet:
        children = psutil.Process(inlet.process.pid).children()
        inlet.process.kill()
        inlet.process.wait(_PATIENCE_SECONDS)
        _wait_until(lambda: not any(_is_alive(child) for child in children))
        if is_database_killed_too:
            _kill_postgres_of(data_dir)

    with _up(data_dir) as inlet:
        assert inlet.send("after-the-takeover") == 200
    assert _postgres_of(data_dir) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_everything_and_the_data_stays(
    data_dir: Path, number: signal.Signals
) -> None:
    with _up(data_dir) as inlet:
        assert inlet.send("kept") == 200
        _wait_until(lambda: inlet.message_count() == 1)
        children = psutil.Process(inlet.process.pid).children()
        assert _postgres_of(data_dir)

        inlet.process.send_signal(number)

        assert inlet.process.wait(_PATIENCE_SECONDS) == 0
        assert not any(_is_alive(child) for child in children)
        assert _postgres_of(data_dir) == []
    with _up(data_dir) as inlet:
        assert inlet.message_count() == 1


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
