"""Files below a data folder: they belong to whoever owns their folder, and no link is followed.

A command may run as root where the folder is another account's: what it writes there must be
readable by that account, and a link that the account planted must lead root nowhere. Knows no
file's contents.
"""

import errno
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_LINK = "a symbolic link is in its place, and none is followed: remove it"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_OTHER = "it is no ordinary file of its own: remove it"


def open_owned(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a file, or make it for the owner of its folder; return its descriptor.

    Raises: OSError, with a sentence where something was planted.
    """
    folder = _open_folder(path.parent)
    try:
        return _open_in(folder, path.name, flags, mode)
    except OSError as error:
        raise _in_words(error, path) from None
    finally:
        os.close(folder)


def _open_in(folder: int, name: str, flags: int, mode: int = 0o600) -> int:
    """Open a file of an open folder, or make it for the owner of that; return its descriptor.

    Raises: OSError.
    """
    opened = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
    try:
        _give_to_owner(folder, opened, name)
    except BaseException:
        os.close(opened)
        raise
    return opened


@contextmanager
def folder_below(root: Path, names: Sequence[str], *, make: bool = False) -> Generator[int]:
    """Open a folder some steps below another, none of them a link; made where there is none.

    Raises: OSError, FileNotFoundError.
    """
    opened = _open_folder(root)
    try:
        for name in names:
            inner = _open_inner(opened, name, make=make)
            os.close(opened)
            opened = inner
        yield opened
    finally:
        os.close(opened)


def read_owned(path: Path) -> bytes:
    """Read a whole file. Raises: OSError, FileNotFoundError."""
    return _read(open_owned(path, os.O_RDONLY))


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not be there yet, onto the disk. Raises: OSError, FileExistsError."""
    _write(open_owned(path, _NEW), content)


def read_in(folder: int, name: str) -> bytes:
    """Read a whole file of an open folder. Raises: OSError, FileNotFoundError."""
    return _read(_open_in(folder, name, os.O_RDONLY))


def write_new_in(folder: int, name: str, content: bytes) -> None:
    """Write a file of an open folder as `write_new` does."""
    _write(_open_in(folder, name, _NEW), content)


def make_folder(path: Path) -> None:
    """Make a folder below the data folder for the owner of that, where there is none.

    Raises: OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    parent = _open_folder(path.parent)
    try:
        try:
            os.mkdir(path.name, 0o700, dir_fd=parent)
        except FileExistsError:
            os.close(_open_folder(path))
            return
        made = _open_folder(path)
        try:
            _give_folder_to_owner(parent, made)
        finally:
            os.close(made)
    finally:
        os.close(parent)


def check_no_link(path: Path) -> None:
    """Check that nobody has put a link where a file is made by others' code. Raises: OSError."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, _LINK, str(path))


def _read(opened: int) -> bytes:
    with open(opened, "rb") as file:
        return file.read()


def _write(opened: int, content: bytes) -> None:
    with open(opened, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _open_folder(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _in_words(error, path) from None


def _open_inner(folder: int, name: str, *, make: bool) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # somebody else was quicker
        os.mkdir(name, 0o700, dir_fd=folder)
    made = os.open(name, flags, dir_fd=folder)
    try:
        _give_folder_to_owner(folder, made)
        os.fsync(folder)
    except BaseException:
        os.close(made)
        raise
    return made


def _give_folder_to_owner(folder: int, made: int) -> None:
    owner = os.fstat(folder)
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(made, owner.st_uid, owner.st_gid)


def _give_to_owner(folder: int, opened: int, name: str) -> None:
    """Let the file be the folder's owner's, where we are root and made it."""
    owner, found = os.fstat(folder), os.fstat(opened)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, _OTHER, name)
    if os.geteuid() != 0 or owner.st_uid in (0, found.st_uid):
        return
    if found.st_uid != 0 or found.st_nlink != 1:
        raise OSError(errno.EINVAL, _OTHER, name)
    os.fchown(opened, owner.st_uid, owner.st_gid)


def _in_words(error: OSError, path: Path) -> OSError:
    if error.errno in (errno.ELOOP, errno.ENOTDIR) and path.is_symlink():
        return OSError(errno.ELOOP, _LINK, str(path))
    return error
