"""Commands that cannot go on say so in one line, without a traceback, and exit non-zero."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from databases import as_owner

_NOWHERE = "postgresql://inlet:hidden-word@127.0.0.1:1/inlet"


def _inlet(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", *arguments],
        check=False,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "COLUMNS": "80", **environ},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("migrate", "apply"),
        ("migrate", "status"),
        ("serve", "--port", "0"),
        ("work",),
        ("up", "--port", "0"),
        ("channel", "list"),
    ],
    ids=" ".join,
)
def test_a_database_that_is_not_there(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = _inlet(tmp_path, *arguments, DATABASE_URL=_NOWHERE)

    assert result.returncode == 1
    assert result.stderr.startswith("inlet: ")
    assert "Connection refused" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hidden-word" not in result.stderr


def test_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    result = _inlet(tmp_path, "doctor", DATABASE_URL=_NOWHERE)

    assert result.returncode == 1
    assert result.stdout.splitlines()[1].startswith("WRONG database")


def test_doctor_of_a_migrated_database_misses_only_a_worker(
    tmp_path: Path, database_url: str
) -> None:
    result = _inlet(tmp_path, "doctor", DATABASE_URL=database_url)

    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split()[1] for line in lines if line.startswith("WRONG")] == ["workers"]
    assert [line.split()[:2] for line in lines if line.startswith("ok")][:4] == [
        ["ok", "settings"],
        ["ok", "database"],
        ["ok", "schema"],
        ["ok", "clock"],
    ]


def test_wrong_settings_are_named_together(tmp_path: Path) -> None:
    result = _inlet(tmp_path, "up", PORT="seventy", BATCH_SIZE="0")

    assert result.returncode == 1
    assert result.stderr == (
        "inlet: PORT must be a whole number from 0 to 65535; "
        "BATCH_SIZE must be a whole number from 1 to 10000\n"
    )


def test_an_unknown_option_is_a_usage_error(tmp_path: Path) -> None:
    result = _inlet(tmp_path, "up", "--nope")

    assert result.returncode == 2
    assert "No such option" in result.stderr


def test_psql_passes_its_arguments_and_its_exit_code(tmp_path: Path, database_url: str) -> None:
    owner_url = as_owner(database_url)
    good = _inlet(tmp_path, "psql", "-Atc", "SELECT name FROM customers", DATABASE_URL=owner_url)
    bad = _inlet(tmp_path, "psql", "-c", "SELECT nonsense", DATABASE_URL=owner_url)

    assert (good.returncode, good.stdout) == (0, "default\n")
    assert bad.returncode == 1


def test_psql_is_the_analysts_unless_it_is_to_be_the_owners(
    tmp_path: Path, database_url: str
) -> None:
    keys = "SELECT count(*) FROM api_keys"
    settings = "SELECT current_user, current_setting('statement_timeout')"
    write = "UPDATE customers SET name = 'other'"

    def ask(*arguments: str) -> tuple[int, str]:
        urls = {"DATABASE_URL": database_url, "OWNER_DATABASE_URL": as_owner(database_url)}
        done = _inlet(tmp_path, "psql", *arguments, **urls)
        return done.returncode, done.stdout

    assert ask("-Atc", settings) == (0, "inlet_analyst|5min\n")
    assert ask("-Atc", keys)[0] == ask("-Atc", write)[0] == 1
    assert ask("-Atc", keys.replace("api_keys", "public.api_keys"))[0] == 1
    assert ask("--as-owner", "-Atc", keys) == (0, "0\n")
