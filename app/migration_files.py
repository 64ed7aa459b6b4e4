"""The folder of migrations: which there are, what each says, the files of a new one.

Knows no database. A migration is `NNNN_name.sql` with `NNNN_name.rollback.sql` beside it.
"""

import re
from pathlib import Path

from domain.errors import OperatorError

MIGRATIONS = Path(__file__).parent.parent / "migrations"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BACKWARD = ".rollback.sql"


def migration_ids(folder: Path = MIGRATIONS) -> list[str]:
    """List the ids of the folder's migrations, in order.

    Raises: OperatorError when there is none: the installation is not complete.
    """
    found = _ids_in(folder)
    if not found:
        raise OperatorError(f"no migrations in the folder {folder.name}: install Inlet again")
    return found


def forward_script(migration_id: str, folder: Path) -> bytes:
    """Read what applies a migration."""
    return _read(folder / f"{migration_id}.sql")


def backward_script(migration_id: str, folder: Path) -> bytes:
    """Read what rolls a migration back."""
    return _read(folder / f"{migration_id}{_BACKWARD}")


def scaffold_migration(name: str, folder: Path = MIGRATIONS) -> tuple[Path, Path]:
    """Write the two files of a new migration under the next number."""
    if not _NAME.fullmatch(name):
        raise OperatorError("a migration's name is lower-case words joined by underscores")
    numbers = [int(found[:4]) for found in _ids_in(folder) if found[:4].isdigit()]
    stem = f"{max(numbers, default=0) + 1:04d}_{name}"
    forward, backward = folder / f"{stem}.sql", folder / f"{stem}{_BACKWARD}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        forward.write_text(
            "-- Why this change is needed, in one or two lines.\n\n", encoding="utf-8"
        )
        backward.write_text("", encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"cannot write to {folder}: {error.strerror}") from None
    return forward, backward


def _ids_in(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.glob("*.sql"))
    return [name.removesuffix(".sql") for name in names if not name.endswith(_BACKWARD)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"cannot read {path.name}: {error.strerror}") from None
