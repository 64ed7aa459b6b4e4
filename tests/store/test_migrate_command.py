"""`inlet migrate status|new`, `doctor` without a schema, and `--version`."""

import tomllib
from pathlib import Path

import pytest

from tests.command_line import Inlet, command_line, refused
from tests.house.source_files import ROOT


@pytest.fixture
def unmigrated(
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    return command_line(empty_database_url, tmp_path, monkeypatch, capsys)


@pytest.fixture
def migrated(
    fresh_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    return command_line(fresh_database_url, tmp_path, monkeypatch, capsys)


def test_status_fails_and_says_so_while_migrations_are_pending(unmigrated: Inlet) -> None:
    ended = unmigrated("migrate", "status", "--json")

    assert ended.code == 1
    assert not any(item["is_applied"] for item in ended.json["items"])
    assert "migrations pending" in ended.err


def test_status_of_a_current_database_is_success(migrated: Inlet) -> None:
    ended = migrated("migrate", "status", "--json")

    assert (ended.code, ended.err) == (0, "")
    assert all(item["is_applied"] for item in ended.json["items"])


def test_status_fails_without_the_folder(
    migrated: Inlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.migration_files.migration_ids.__defaults__", (tmp_path / "gone",))
    monkeypatch.setattr("app.migrations.list_migrations.__defaults__", (tmp_path / "gone",))

    refused(migrated("migrate", "status"), "no migrations in the folder gone")


def test_doctor_says_that_a_database_is_not_migrated(unmigrated: Inlet) -> None:
    ended = unmigrated("doctor")

    assert ended.code == 1
    assert "not migrated" in ended.out


def test_a_new_migration_goes_to_the_folder_at_hand(migrated: Inlet, tmp_path: Path) -> None:
    ended = migrated("migrate", "new", "add_labels")

    assert ended.code == 0
    names = {path.name for path in (tmp_path / "migrations").iterdir()}
    assert names == {"0001_add_labels.sql", "0001_add_labels.rollback.sql"}
    assert "put the files into a checkout" in ended.out


def test_the_version_is_that_of_the_project(migrated: Inlet) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert migrated("--version").out == f"inlet {project['version']}\n"
