"""Which tests of a parallel run stay in one process: those that share something costly.

The tests of a file with a fixture of the module, and all tests in the browser. Every other test
goes to whichever process is free.
"""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

_BROWSER = "tests/browser/"


class Scheduling(LoadScopeScheduling):
    """Hands out the largest groups first, then test after test."""

    def _split_scope(self, nodeid: str) -> str:
        """Name the group of a test."""
        path = nodeid.partition("::")[0]
        if path.startswith(_BROWSER):
            return _BROWSER
        return path if _shares_a_fixture(self.config.rootpath / path) else nodeid


@cache
def _shares_a_fixture(path: Path) -> bool:
    return '@pytest.fixture(scope="module")' in path.read_text(encoding="utf-8")
