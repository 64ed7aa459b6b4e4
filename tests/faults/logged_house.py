"""`inlet serve` and `inlet work` as they really run, logging all they can log into files."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.listener import listening_socket

_PROGRAM = (sys.executable, "-P", "-m", "app.cli")
_PATIENCE_SECONDS = 120.0


class LoggedHouse:
    """The two processes on one database; `logs` reads what they have written so far."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "debug",
            "POLL_SECONDS": "0.1",
            **environment,
        }
        self._listener = listening_socket("127.0.0.1", 0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Generator["LoggedHouse"]:
        number = self._listener.fileno()
        processes = [self._start("worker", ("work",), [])]
        try:
            processes.append(self._start("web", ("serve", "--fd", str(number)), [number]))
            ready = httpx.get(f"{self.url}/readyz", timeout=_PATIENCE_SECONDS, trust_env=False)
            assert ready.is_success, self.text()
            yield self
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(_PATIENCE_SECONDS)
            self._listener.close()

    def text(self) -> str:
        """Return all that was written, standard output too."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the log; one that is no JSON object fails."""
        return [json.loads(line) for line in self.text().splitlines()]

    def _start(
        self, name: str, command: Sequence[str], descriptors: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("ab") as output:
            return subprocess.Popen(
                [*_PROGRAM, *command],
                cwd=self._folder,
                env={**self._environment, "PORT": str(self.port)},
                stdout=output,
                stderr=output,
                pass_fds=descriptors,
            )
