"""What lies in a folder of exports: a line for each file, appended as soon as the file is whole.

A process that was killed leaves at most half a line at the end, which is passed over. One process
at a time holds the folder.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from domain.errors import OperatorError

_NAME = "manifest.jsonl"

ExportFormat = Literal["csv", "parquet"]


class Heading(msgspec.Struct, frozen=True, kw_only=True, tag="export"):
    """What all files of a folder have in common."""

    customer: str
    format: ExportFormat
    contract: int


class Began(msgspec.Struct, frozen=True, kw_only=True, tag="began"):
    """Somebody began to export; what was due then is due until `Ended`."""

    at: datetime


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """All that was due is there."""

    at: datetime


class Exported(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """A file that is whole, with the rows of a time as they were `at` its beginning."""

    name: str
    from_at: datetime
    until_at: datetime
    rows: int
    bytes: int
    at: datetime


_LINE = msgspec.json.Decoder(Heading | Began | Ended | Exported)


class Manifest:
    """The manifest of a folder that is held; `unended` is when an export began that never ended."""

    def __init__(self, folder: Path, file: BinaryIO) -> None:
        self.folder = folder
        self.heading: Heading | None = None
        self.files: dict[str, Exported] = {}
        self.unended: datetime | None = None
        self._file = file
        self._read()

    def begin(self, heading: Heading, at: datetime) -> None:
        """Begin an export, or go on with the one that never ended.

        Raises: OperatorError where the folder has files of another customer, format or version.
        """
        if self.heading is None:
            self._append(heading)
            self.heading = heading
        if self.heading != heading:
            raise OperatorError(
                "the folder has an export of another customer, format or version of the contract: "
                "choose an empty one"
            )
        if self.unended is None:
            self._append(Began(at=at))
            self.unended = at

    def add(self, exported: Exported) -> None:
        """Note a file that is whole."""
        self._append(exported)
        self.files[exported.name] = exported

    def end(self, at: datetime) -> None:
        """Note that all that was due is there."""
        self._append(Ended(at=at))
        self.unended = None

    def _read(self) -> None:
        self._file.seek(0)
        text = self._file.read()
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.splitlines():
            match _decoded(line):
                case Heading() as heading:
                    self.heading = heading
                case Began(at=at):
                    self.unended = at
                case Ended():
                    self.unended = None
                case Exported() as exported:
                    self.files[exported.name] = exported
        self._file.truncate(len(whole))
        self._file.seek(len(whole))

    def _append(self, line: msgspec.Struct) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def held_manifest(folder: Path) -> Generator[Manifest]:
    """Hold a folder of exports, which is made where it is not there.

    Raises: OperatorError where somebody else exports into it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / _NAME, "a+b", opener=only_ours) as file:
            _hold(file)
            yield Manifest(folder, file)
    except OSError as error:
        raise OperatorError(f"the folder cannot be written: {error.strerror}") from None


@contextmanager
def whole_file(path: Path) -> Generator[BinaryIO]:
    """Yield a file that takes its name when it is whole and on the disk, or is gone."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with open(unfinished, "wb", opener=only_ours) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def only_ours(path: str, flags: int) -> int:
    """Open a file that no other account reads: it holds people's messages."""
    return os.open(path, flags, 0o600)


def _hold(file: BinaryIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OperatorError("somebody else exports into this folder") from None


def _decoded(line: bytes) -> Heading | Began | Ended | Exported:
    try:
        return _LINE.decode(line)
    except msgspec.MsgspecError:
        raise OperatorError("the manifest of the folder cannot be read") from None
