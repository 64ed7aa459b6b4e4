"""The project's own files, for tests that read them all."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FOLDERS = (
    "app", "bench", "domain", "inbox", "ingest", "migrations", "providers", "simulation", "store",
    "tests", "worker",
)  # fmt: skip
_TOP = ("pyproject.toml", "constraints.txt", "Makefile", ".env.example", ".gitignore", ".ci/run")
_SUFFIXES = {".py", ".sql", ".md", ".yaml", ".json", ".toml", ".txt"}


def python_files() -> list[Path]:
    """List every Python file, tests included."""
    return [path for path in code_files() if path.suffix == ".py"]


def code_files() -> list[Path]:
    """List every file of Python and SQL."""
    return [path for folder in _FOLDERS for path in _files(ROOT / folder, {".py", ".sql"})]


def all_files() -> list[Path]:
    """List every text file that is ours, documents and configuration included."""
    inside = [path for folder in (*_FOLDERS, "docs") for path in _files(ROOT / folder, _SUFFIXES)]
    top = [ROOT / name for name in _TOP]
    return [*inside, *top, *ROOT.glob("*.md")]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _files(folder: Path, suffixes: set[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes and "__pycache__" not in path.parts:
            yield path
