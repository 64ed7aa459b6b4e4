"""Runs `inlet` commands in this process: what they print, and how they end."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from databases import as_owner

from app.cli import main

SECRET_KEY = "a secret key for tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Inlet = Callable[..., Ended]


def command_line(
    database_url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    """Make what runs a command; `.env` and the data folder are those of an empty folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("OWNER_DATABASE_URL", as_owner(database_url))
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("PUBLIC_URL", "https://inlet.example")

    def run_command(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["inlet", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Ended(code=code if isinstance(code, int) else 0, out=out, err=err)

    return run_command


def refused(ended: Ended, words: str) -> None:
    """Expect one clear line on stderr, nothing on stdout, and exit code 1."""
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("inlet: ")
    assert ended.err.count("\n") == 1
    assert words in ended.err
