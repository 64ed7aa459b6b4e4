"""The embedded Postgres: made, started, shared and stopped under a data folder.

Whoever uses the server holds a shared lock on a file, and the last one out stops it. The kernel
drops the lock of a killed process, so nothing goes stale. Knows no table.
"""

import fcntl
import os
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from time import sleep
from urllib.parse import quote

from app.clock import monotonic
from app.postgres_tools import MAJOR_VERSION, Account, account_for, let_through, run_tool
from domain.errors import OperatorError

DATABASE = "inlet"
_USER = "postgres"
_PORT = "5432"
_CONFIGURATION = "inlet.conf"
_INCLUDE = f"include_if_exists = '{_CONFIGURATION}'"
_LONGEST_SOCKET = 100  # sockaddr_un holds 108 bytes on Linux and 104 on macOS
_MOST_TRIES = 3
_START_SECONDS = 120  # crash recovery replays up to max_wal_size

# This build has no lz4: pglz is its only compression.
_SETTINGS = """\
# Written at every start; ALTER SYSTEM outranks it.
listen_addresses = ''
port = {port}
unix_socket_directories = {socket_folder}
unix_socket_permissions = 0700
max_connections = 60
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_checkpoints = off
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = pglz
autovacuum_naptime = 15s
random_page_cost = 1.1
jit = off
"""


@contextmanager
def embedded_postgres(data_dir: Path) -> Generator[str]:
    """Use the server of a data folder, started if need be; yields its database URL.

    Raises: OperatorError when it cannot be made or started.
    """
    pgdata = data_dir.expanduser().resolve() / "postgres"
    try:
        pgdata.parent.mkdir(parents=True, exist_ok=True)
        in_use = _open_lock(pgdata.parent / "postgres.lock")
    except OSError as error:
        raise OperatorError(f"data folder {data_dir}: {error.strerror}") from None
    account = account_for(pgdata)
    try:
        with _nobody_else_starts_or_stops(pgdata):
            fcntl.flock(in_use, fcntl.LOCK_SH)
            url = _ensure_running(pgdata, account)
        yield url
    finally:
        with _nobody_else_starts_or_stops(pgdata):
            if _is_last_one_out(in_use) and pgdata.exists():
                run_tool(account, "pg_ctl", "-m", "fast", "-w", "stop", folder=pgdata)
                with suppress(OSError):
                    _short_folder(pgdata).rmdir()
        os.close(in_use)


@contextmanager
def _nobody_else_starts_or_stops(pgdata: Path) -> Generator[None]:
    lock = _open_lock(pgdata.parent / "postgres.start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _is_last_one_out(in_use: int) -> bool:
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ensure_running(pgdata: Path, account: Account | None) -> str:
    let_through(account, pgdata)
    _ensure_made(pgdata, account)
    sockets = _socket_folder(pgdata, account)
    if not _answers(sockets):
        _write_configuration(pgdata, sockets)
        _start(pgdata, account, sockets)
    _ensure_database(sockets)
    host = quote(str(sockets), safe="")
    return f"postgresql://{_USER}@/{DATABASE}?host={host}&port={_PORT}"


def _ensure_made(pgdata: Path, account: Account | None) -> None:
    version_file = pgdata / "PG_VERSION"
    if not version_file.exists():
        _make(pgdata, account)
        return
    version = version_file.read_text(encoding="ascii").strip()
    if version != str(MAJOR_VERSION):
        raise OperatorError(
            f"{pgdata} holds data of Postgres {version}, this is {MAJOR_VERSION}: "
            "upgrade it with pg_upgrade or use another data folder"
        )


def _make(pgdata: Path, account: Account | None) -> None:
    """Make the cluster, with an ordering that no change of the system's locale data can move.

    It gets its name once it is whole, so that a killed initdb leaves nothing half made.
    """
    unfinished = pgdata.with_name("postgres.new")
    rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    if account:
        os.chown(unfinished, account.uid, account.gid)
    result = run_tool(
        account,
        "initdb",
        *("--pgdata", str(unfinished), "--username", _USER, "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    if result.returncode != 0:
        raise OperatorError(f"cannot make a database in {pgdata}: {_last_line(result.stderr)}")
    unfinished.rename(pgdata)


def _socket_folder(pgdata: Path, account: Account | None) -> Path:
    """Choose a folder whose name a socket address can hold; a comma would split it in two."""
    path = str(pgdata)
    if len(f"{path}/.s.PGSQL.{_PORT}".encode()) <= _LONGEST_SOCKET and "," not in path:
        return pgdata
    folder = _short_folder(pgdata)
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = account.uid if account else os.geteuid()
    if folder.lstat().st_uid != owner:
        if os.geteuid() != 0 or folder.is_symlink():
            raise OperatorError(f"{folder} belongs to somebody else: use a shorter data folder")
        os.chown(folder, owner, account.gid if account else -1)
    folder.chmod(stat.S_IRWXU)
    return folder


def _short_folder(pgdata: Path) -> Path:
    return Path(gettempdir()) / f"inlet-{sha256(str(pgdata).encode()).hexdigest()[:16]}"


def _write_configuration(pgdata: Path, sockets: Path) -> None:
    quoted = str(sockets).replace('"', '""').replace("'", "''")
    text = _SETTINGS.format(port=_PORT, socket_folder=f"'\"{quoted}\"'")
    target = pgdata / _CONFIGURATION
    target.write_text(text, encoding="utf-8")
    target.chmod(0o644)
    main = pgdata / "postgresql.conf"
    if _INCLUDE not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write(f"\n{_INCLUDE}\n")


def _start(pgdata: Path, account: Account | None, sockets: Path) -> None:
    """Start the server, or wait for one that is still starting, until it answers.

    More than one try, because a server that was killed holds its memory until its last backend
    has noticed.
    """
    deadline = monotonic() + _START_SECONDS
    tries = 0
    while not _answers(sockets):
        _drop_if_stale(pgdata / "postmaster.pid")
        _drop_if_stale(sockets / f".s.PGSQL.{_PORT}.lock")
        if run_tool(account, "pg_ctl", "status", folder=pgdata).returncode != 0:
            if tries == _MOST_TRIES:
                raise OperatorError(f"the embedded Postgres does not start: {_reason(pgdata)}")
            tries += 1
            arguments = ("-l", "log", "-w", "-t", str(_START_SECONDS), "start")
            run_tool(account, "pg_ctl", *arguments, folder=pgdata, seconds=_START_SECONDS + 10)
        elif monotonic() > deadline:
            raise OperatorError(f"the embedded Postgres is not ready: {_reason(pgdata)}")
        else:
            sleep(0.1)


def _drop_if_stale(lock_file: Path) -> None:
    """Remove the lock file of a server that is dead.

    Postgres refuses to start while any process has the number in it: another program since a
    restart of the machine or container, or the server's own corpse that nobody has buried. Its
    check for memory that old backends still use does not need the file.
    """
    try:
        pid = lock_file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
        _, name, state = re.split(r"[()]", Path("/proc", pid, "stat").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if name != "postgres" or state.split()[0] == "Z":
        lock_file.unlink(missing_ok=True)


def _answers(sockets: Path) -> bool:
    return run_tool(None, "pg_isready", "-q", *_address(sockets), "-t", "3").returncode == 0


def _ensure_database(sockets: Path) -> None:
    listing = run_tool(None, "psql", "-XAtlw", *_address(sockets), "-d", "postgres")
    names = {line.split("|", 1)[0] for line in listing.stdout.splitlines()}
    if DATABASE in names:
        return
    result = run_tool(None, "createdb", "-w", *_address(sockets), DATABASE)
    if result.returncode != 0:
        raise OperatorError(f"cannot make database {DATABASE}: {_last_line(result.stderr)}")


def _address(sockets: Path) -> tuple[str, ...]:
    return ("-h", str(sockets), "-p", _PORT, "-U", _USER)


def _reason(pgdata: Path) -> str:
    try:
        text = (pgdata / "log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "it left no log"
    fatal = [line for line in text.splitlines()[-50:] if "FATAL" in line or "PANIC" in line]
    return fatal[-1].split("  ", 1)[-1] if fatal else _last_line(text)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
