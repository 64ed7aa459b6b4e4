"""Files below a data folder: they belong to whoever owns their folder, and no link is followed.

A command may run as root where the folder is another account's: what it writes there must be
readable by that account, and a link that the account planted must lead root nowhere. Knows no
file's contents.
"""

import errno
import os
import stat
from pathlib import Path

_LINK = "a symbolic link is in its place, and none is followed: remove it"
_OTHER = "it is no ordinary file of its own: remove it"


def open_owned(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a file, or make it for the owner of its folder; return its descriptor.

    Raises: OSError, with a sentence where something was planted.
    """
    folder = _open_folder(path.parent)
    try:
        opened = os.open(path.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
        try:
            _give_to_owner(folder, opened, path)
        except BaseException:
            os.close(opened)
            raise
    except OSError as error:
        raise _in_words(error, path) from None
    finally:
        os.close(folder)
    return opened


def read_owned(path: Path) -> bytes:
    """Read a whole file. Raises: OSError, FileNotFoundError."""
    with open(open_owned(path, os.O_RDONLY), "rb") as file:
        return file.read()


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not be there yet, onto the disk. Raises: OSError, FileExistsError."""
    with open(open_owned(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


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
            owner = os.fstat(parent)
            if os.geteuid() == 0 and owner.st_uid != 0:
                os.fchown(made, owner.st_uid, owner.st_gid)
        finally:
            os.close(made)
    finally:
        os.close(parent)


def check_no_link(path: Path) -> None:
    """Check that nobody has put a link where a file is made by others' code. Raises: OSError."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, _LINK, str(path))


def _open_folder(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _in_words(error, path) from None


def _give_to_owner(folder: int, opened: int, path: Path) -> None:
    """Let the file be the folder's owner's, where we are root and made it."""
    owner, found = os.fstat(folder), os.fstat(opened)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, _OTHER, str(path))
    if os.geteuid() != 0 or owner.st_uid in (0, found.st_uid):
        return
    if found.st_uid != 0 or found.st_nlink != 1:
        raise OSError(errno.EINVAL, _OTHER, str(path))
    os.fchown(opened, owner.st_uid, owner.st_gid)


def _in_words(error: OSError, path: Path) -> OSError:
    if error.errno in (errno.ELOOP, errno.ENOTDIR) and path.is_symlink():
        return OSError(errno.ELOOP, _LINK, str(path))
    return error
