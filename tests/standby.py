"""A streaming standby of an embedded Postgres, with the programs that come with it."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.postgres_tools import Account, account_for, run_tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """A standby that runs beside its primary, in the same folder."""

    url: str
    pgdata: Path
    account: Account | None

    def promote(self) -> None:
        """Make it a primary."""
        _run(self.account, self.pgdata, "pg_ctl", "-w", "promote")


@contextmanager
def standby_of(url: str, folder: Path) -> Generator[Standby]:
    """Copy the server that `folder` holds, and let the copy follow it until the block ends."""
    account = account_for(folder / "postgres")
    pgdata = folder / "standby"
    pgdata.mkdir(mode=0o700)
    if account:
        shutil.chown(pgdata, account.uid, account.gid)
    copy = ("-R", "-c", "fast", "-d", url, "-D", str(pgdata))
    _run(account, folder / "postgres", "pg_basebackup", *copy)
    (pgdata / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    with (pgdata / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"unix_socket_directories = '{pgdata}'\n")
    _run(account, pgdata, "pg_ctl", "-l", "log", "-w", "start")
    try:
        own_url = url.replace("%2Fpostgres", "%2Fstandby")
        yield Standby(url=own_url, pgdata=pgdata, account=account)
    finally:
        _run(account, pgdata, "pg_ctl", "-m", "immediate", "-w", "stop")


def _run(account: Account | None, folder: Path, name: str, *arguments: str) -> None:
    done = run_tool(account, name, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
