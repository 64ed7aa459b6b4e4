"""Which tests of a parallel run stay in one process: those that share something costly.

The tests of a file with a fixture of the module, those on a large database, and all tests in the
browser. Every other test goes to whichever process is free.
"""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

_BROWSER = "tests/browser/"
_LARGE = "tests/store/many_conversations.py"


class Scheduling(LoadScopeScheduling):
    """Hands out the largest groups first, then test after test."""

    def _split_scope(self, nodeid: str) -> str:
        """Name the group of a test."""
        path = nodeid.partition("::")[0]
        if path.startswith(_BROWSER):
            return _BROWSER
        return _shared_by_file(self.config.rootpath / path, path) or nodeid


@cache
def _shared_by_file(file: Path, path: str) -> str | None:
    """Name the group of a file's tests; None where each is its own."""
    text = file.read_text(encoding="utf-8")
    if "fill_with_many" in text:
        return _LARGE
    return path if '@pytest.fixture(scope="module")' in text else None
