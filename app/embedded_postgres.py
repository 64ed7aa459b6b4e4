"""The embedded Postgres: made, started, shared and stopped under a data folder.

Whoever uses the server holds a shared lock on a file, and the last one out stops it. The kernel
drops the lock of a killed process, so nothing goes stale. Knows no table.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from urllib.parse import quote

from app.postgres_question import Question
from app.postgres_server import (
    PORT,
    USER,
    Server,
    first_process,
    is_running,
    last_line,
    start,
    stop_within,
)
from app.postgres_tools import MAJOR_VERSION, Account, account_for, let_through, run_tool
from domain.errors import OperatorError
from store.owned_files import open_owned, read_owned

DATABASE = "inlet"
_CONFIGURATION = "inlet.conf"
_INCLUDE = f"include_if_exists = '{_CONFIGURATION}'"
_LONGEST_SOCKET = 100  # sockaddr_un holds 108 bytes on Linux and 104 on macOS
_STOP_SECONDS = 8.0
_HANGING_STOP_SECONDS = 1.0

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


class EmbeddedPostgres:
    """A server in use. `stop_seconds` is how long its end in order may take."""

    def __init__(self, server: Server) -> None:
        self.stop_seconds = _STOP_SECONDS
        self._server = server

    @property
    def url(self) -> str:
        host = quote(str(self._server.sockets), safe="")
        return f"postgresql://{USER}@/{DATABASE}?host={host}&port={PORT}"

    def pid(self) -> int | None:
        """Return the number of its first process while that lives; costs next to nothing."""
        return first_process(self._server.pgdata)

    def question(self) -> Question:
        """Ask whether it answers, again and again."""
        return Question(self._server.sockets)

    def start_again(self, is_over: Callable[[], bool], *, hanging: int | None = None) -> None:
        """Start it when it has died, or after ending the process `hanging` if it is still that.

        Ends early, without a server, when `is_over` says so.
        Raises: OperatorError when it does not start.
        """
        with _nobody_else_starts_or_stops(self._server.pgdata):
            if hanging is not None and hanging == self.pid():
                stop_within(self._server.pgdata, _HANGING_STOP_SECONDS)
            start(self._server, is_over)


def url_for(role_name: str, owner_url: str) -> str:
    """Return the URL of an embedded server for another role: its socket lets in as any."""
    return owner_url.replace(f"//{USER}@", f"//{role_name}@", 1)


@contextmanager
def embedded_postgres(data_dir: Path) -> Generator[str]:
    """Use the server of a data folder, started if need be; yields its owner's database URL.

    Raises: OperatorError when it cannot be made or started.
    """
    with embedded_server(data_dir) as postgres:
        yield postgres.url


@contextmanager
def embedded_server(data_dir: Path) -> Generator[EmbeddedPostgres]:
    """The same for whoever looks after the server too.

    Raises: OperatorError when it cannot be made or started.
    """
    pgdata = data_dir.expanduser().resolve() / "postgres"
    try:
        pgdata.parent.mkdir(parents=True, exist_ok=True)
        in_use = _open_lock(pgdata.parent / "postgres.lock")
    except OSError as error:
        raise OperatorError(f"data folder {data_dir}: {error.strerror}") from None
    stop_seconds = _STOP_SECONDS
    try:
        with _nobody_else_starts_or_stops(pgdata):
            fcntl.flock(in_use, fcntl.LOCK_SH)
            postgres = EmbeddedPostgres(_ensure_running(pgdata, account_for(pgdata)))
        try:
            yield postgres
        finally:
            stop_seconds = postgres.stop_seconds
    finally:
        with _nobody_else_starts_or_stops(pgdata):
            if _is_last_one_out(in_use) and pgdata.exists():
                stop_within(pgdata, stop_seconds)
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
    try:
        return open_owned(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from None


def _is_last_one_out(in_use: int) -> bool:
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ensure_running(pgdata: Path, account: Account | None) -> Server:
    let_through(account, pgdata)
    _ensure_made(pgdata, account)
    server = Server(pgdata=pgdata, account=account, sockets=_socket_folder(pgdata, account))
    if not is_running(pgdata):
        _write_configuration(pgdata, server.sockets)
    start(server)
    _ensure_database(server.sockets)
    return server


def _ensure_made(pgdata: Path, account: Account | None) -> None:
    version_file = pgdata / "PG_VERSION"
    if not version_file.exists():
        _make(pgdata, account)
        return
    version = version_file.read_text(encoding="ascii").strip()
    if version != str(MAJOR_VERSION):
        raise OperatorError(
            f"{pgdata} holds data of Postgres {version}, this is {MAJOR_VERSION}: "
            "dump and restore it (docs/operations/embedded-postgres.md), or choose another DATA_DIR"
        )


def _make(pgdata: Path, account: Account | None) -> None:
    """Make the cluster, with an ordering that no change of the system's locale data can move.

    It gets its name once it is whole, so that a killed initdb leaves nothing half made.
    """
    unfinished = pgdata.with_name("postgres.new")
    rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    if account:
        os.chown(unfinished, account.uid, account.gid, follow_symlinks=False)
    result = run_tool(
        account,
        "initdb",
        *("--pgdata", str(unfinished), "--username", USER, "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    if result.returncode != 0:
        raise OperatorError(f"cannot make a database in {pgdata}: {last_line(result.stderr)}")
    unfinished.rename(pgdata)


def _socket_folder(pgdata: Path, account: Account | None) -> Path:
    """Choose a folder whose name a socket address can hold; a comma would split it in two."""
    path = str(pgdata)
    if len(f"{path}/.s.PGSQL.{PORT}".encode()) <= _LONGEST_SOCKET and "," not in path:
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
    text = _SETTINGS.format(port=PORT, socket_folder=f"'\"{quoted}\"'")
    target, main = pgdata / _CONFIGURATION, pgdata / "postgresql.conf"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with open(open_owned(target, flags), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
        if _INCLUDE.encode() not in read_owned(main):
            with open(open_owned(main, os.O_WRONLY | os.O_APPEND), "a", encoding="utf-8") as file:
                file.write(f"\n{_INCLUDE}\n")
    except OSError as error:
        raise OperatorError(f"{error.filename or target}: {error.strerror}") from None


def _ensure_database(sockets: Path) -> None:
    listing = run_tool(None, "psql", "-XAtlw", *_address(sockets), "-d", "postgres")
    names = {line.split("|", 1)[0] for line in listing.stdout.splitlines()}
    if DATABASE in names:
        return
    result = run_tool(None, "createdb", "-w", *_address(sockets), DATABASE)
    if result.returncode != 0:
        raise OperatorError(f"cannot make database {DATABASE}: {last_line(result.stderr)}")


def _address(sockets: Path) -> tuple[str, ...]:
    return ("-h", str(sockets), "-p", PORT, "-U", USER)
