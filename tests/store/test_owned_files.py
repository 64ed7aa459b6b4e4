"""What is written below a data folder is its owner's, and leads through no planted link."""

import os
import stat
from pathlib import Path

import pytest

from app.embedded_postgres import embedded_postgres
from app.keys import admin_key, replace_keys, secret_keys
from app.settings import Settings
from domain.errors import OperatorError
from ingest.channel_copy import read_copy, write_copy
from ingest.spool_folder import SpoolFolder

_OWNER = 12345
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for another account")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Make a file that nobody may write through a link."""
    path = tmp_path / "precious"
    path.write_text("precious")
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["secret_key", "admin_key"])
def test_a_link_in_place_of_a_key_is_refused_in_a_line(
    data_dir: Path, target: Path, name: str
) -> None:
    for leads_to in (target, target.with_name("nowhere")):
        (data_dir / name).symlink_to(leads_to)
        settings = Settings(data_dir=data_dir)
        with pytest.raises(OperatorError, match="symbolic link"):
            _ = secret_keys(settings) if name == "secret_key" else admin_key(settings)
        (data_dir / name).unlink()
    assert target.read_text() == "precious"
    assert not target.with_name("nowhere").exists()


def test_a_link_in_place_of_the_old_keys_is_not_written_through(
    data_dir: Path, target: Path
) -> None:
    path = data_dir / "secret_key.old"
    path.symlink_to(target)
    with pytest.raises(OperatorError, match="symbolic link"):
        secret_keys(Settings(data_dir=data_dir))
    replace_keys(path, ["a key"])
    assert (path.is_symlink(), path.read_text(), target.read_text()) == (
        False, "a key\n", "precious",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["1.lock", "1.sqlite", "1.sqlite-wal", "1.sqlite-shm"])
def test_a_link_in_the_spool_is_refused(data_dir: Path, target: Path, name: str) -> None:
    folder = data_dir / "spool"
    folder.mkdir()
    (folder / name).symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        SpoolFolder(folder).open_own()
    assert target.read_text() == "precious"


def test_a_link_in_place_of_the_spool_is_refused(data_dir: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (data_dir / "spool").symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic link"):
        SpoolFolder(data_dir / "spool").open_own()
    with pytest.raises(OSError, match="symbolic link"):
        write_copy(data_dir / "spool" / "channels.json", [])
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["postgres.lock", "postgres.start.lock"])
def test_a_link_in_place_of_a_lock_is_refused_in_a_line(
    data_dir: Path, target: Path, name: str
) -> None:
    (data_dir / name).symlink_to(target)
    with pytest.raises(OperatorError, match="symbolic link"), embedded_postgres(data_dir):
        pass
    assert target.read_text() == "precious"


def test_the_data_folder_itself_may_be_a_link(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(data_dir)
    keys = secret_keys(Settings(data_dir=tmp_path / "linked"))
    assert keys == secret_keys(Settings(data_dir=data_dir))


@as_root
def test_what_root_writes_is_the_owners(data_dir: Path) -> None:
    os.chown(data_dir, _OWNER, _OWNER)
    settings = Settings(data_dir=data_dir)
    secret_keys(settings)
    admin_key(settings)
    spool = SpoolFolder(data_dir / "spool").open_own()
    write_copy(data_dir / "spool" / "channels.json", [])
    assert read_copy(data_dir / "spool" / "channels.json") == []
    written = list(data_dir.rglob("*"))
    assert {path.name for path in written} >= {
        "secret_key", "admin_key", "spool", "1.lock", "1.sqlite", "channels.json",
    }  # fmt: skip
    for path in written:
        found = path.lstat()
        assert (path.name, found.st_uid) == (path.name, _OWNER)
        assert stat.S_IMODE(found.st_mode) & 0o077 == 0
    spool.close()


@as_root
def test_a_hard_link_to_a_file_of_roots_is_refused(data_dir: Path, target: Path) -> None:
    os.chown(data_dir, _OWNER, _OWNER)
    os.link(target, data_dir / "secret_key")
    with pytest.raises(OperatorError, match="no ordinary file"):
        secret_keys(Settings(data_dir=data_dir))
    assert target.stat().st_uid == 0
