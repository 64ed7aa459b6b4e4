"""`inlet up` as a person sees it: real processes, killed in every way."""

import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx
import psutil
import pytest
from inlet_up import (
    PATIENCE_SECONDS,
    PROGRAM,
    Running,
    environment,
    folder_of_its_own,
    is_alive,
    kill_postgres_of,
    postgres_of,
    up,
    wait_until,
)


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


@pytest.fixture(scope="module")
def inlet() -> Generator[Running]:
    """Share one for the tests after which it runs on."""
    with folder_of_its_own() as folder, up(folder) as running:
        yield running


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_killed_child_comes_back_and_nobody_is_refused(inlet: Running, command: str) -> None:
    before = inlet.known_message_count()
    (child,) = inlet.children(command)
    child.kill()
    child.wait(PATIENCE_SECONDS)

    assert inlet.send(f"after-the-kill-of-{command}") == 200
    wait_until(lambda: inlet.message_count() == before + 1)


def test_the_log_holds_no_token_no_address_and_no_text(inlet: Running) -> None:
    assert inlet.send("logged") == 200
    httpx.post(inlet.sms_url + "x", json={"from": "+14155550123"}, timeout=PATIENCE_SECONDS)
    httpx.post(inlet.sms_url, content=b"not what was asked for", timeout=PATIENCE_SECONDS)
    log = inlet.log.read_text()

    assert "delivery_unreadable" in log
    assert inlet.sms_url.rsplit("/", 1)[1] not in log
    assert "4155550123" not in log
    assert "anybody there" not in log


def test_a_taken_port_is_one_clear_line(inlet: Running, data_dir: Path) -> None:
    port = inlet.url.rsplit(":", 1)[1]
    second = subprocess.run(
        [*PROGRAM, "up", "--port", port, "--data-dir", str(data_dir)],
        check=False,
        env=environment(),
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
    with up(data_dir) as inlet:
        children = psutil.Process(inlet.process.pid).children()
        inlet.process.kill()
        inlet.process.wait(PATIENCE_SECONDS)
        wait_until(lambda: not any(is_alive(child) for child in children))
        if is_database_killed_too:
            kill_postgres_of(data_dir)

    with up(data_dir) as inlet:
        assert inlet.send("after-the-takeover") == 200
    assert postgres_of(data_dir) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_everything_and_the_data_stays(
    data_dir: Path, number: signal.Signals
) -> None:
    with up(data_dir) as inlet:
        assert inlet.send("kept") == 200
        wait_until(lambda: inlet.message_count() == 1)
        children = psutil.Process(inlet.process.pid).children()
        assert postgres_of(data_dir)

        inlet.process.send_signal(number)

        assert inlet.process.wait(PATIENCE_SECONDS) == 0
        assert not any(is_alive(child) for child in children)
        assert postgres_of(data_dir) == []
    with up(data_dir) as inlet:
        assert inlet.message_count() == 1


_IN_A_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"


def test_it_ends_with_its_terminal(data_dir: Path) -> None:
    """A closed terminal is SIGHUP too, which else replaces the children."""
    command = [*PROGRAM, "up", "--port", "0", "--data-dir", str(data_dir)]
    output = data_dir / "stdout"
    with output.open("wb") as out:
        terminal = subprocess.Popen(
            [sys.executable, "-c", _IN_A_TERMINAL, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=data_dir,
            env=environment(),
        )
    wait_until(lambda: "See the conversation" in output.read_text())
    (inlet,) = psutil.Process(terminal.pid).children()
    terminal.kill()
    terminal.wait(PATIENCE_SECONDS)

    wait_until(lambda: not is_alive(inlet) and not postgres_of(data_dir))
