"""A PgBouncer in transaction mode before a test's database.

Where there is none, whoever wants it is skipped; on CI that is a failure.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from scratch_folders import scratch_folder

_PATIENCE_SECONDS = 60.0
_FIRST_THAT_KEEPS = (1, 21)
_INI = """\
[databases]
* = host={server} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
"""


def kept_statements() -> list[int]:
    """List what `max_prepared_statements` can be here; where it is unknown, nothing is kept."""
    path = _find()
    if path is None:
        return [0]
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)", said)
    assert found is not None, said
    return [0, 200] if (int(found[1]), int(found[2])) >= _FIRST_THAT_KEEPS else [0]


@contextmanager
def pgbouncer(database_url: str, statements: int, server_count: int = 20) -> Generator[str]:
    """Run a PgBouncer that keeps so many prepared statements; yield the URL through it."""
    path = _find()
    if path is None:
        why = "no PgBouncer found: install `pgbouncer` for the tests of a pooler"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    parts = urlsplit(database_url)
    asked = parse_qs(parts.query)
    owner = Path(asked["host"][0]).stat()
    port = _free_port()
    text = _INI.format(
        server=asked["host"][0], server_port=asked["port"][0], user=parts.username, port=port
    )
    text += f"default_pool_size = {server_count}\n"
    if len(kept_statements()) > 1:
        text += f"max_prepared_statements = {statements}\n"
    with scratch_folder("inlet-pooler-") as folder:
        folder.chmod(0o755)
        (folder / "pgbouncer.ini").write_text(text)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [path, "--quiet", str(folder / "pgbouncer.ini")],
                stdout=log,
                stderr=log,
                # It refuses to be root, and the server's socket is its owner's alone.
                user=owner.st_uid if os.geteuid() == 0 else None,
                group=owner.st_gid if os.geteuid() == 0 else None,
            )
        try:
            _wait_until_it_listens(process, port, folder / "log")
            yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"
        finally:
            process.kill()
            process.wait()


def _find() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise AssertionError(log.read_text())
