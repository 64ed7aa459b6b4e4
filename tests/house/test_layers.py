"""Every package has its place in the layers, and every folder of code is checked."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())
_NOT_SHIPPED = {"bench", "tests"}


def _packages() -> set[str]:
    found = {path.parent.name for path in _ROOT.glob("*/__init__.py")}
    return found - _NOT_SHIPPED


def test_every_package_is_in_the_layers() -> None:
    contracts = _PROJECT["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    layered = {name.strip() for layer in layers for name in layer.split("|")}

    assert _packages() == layered
    assert _packages() == set(_PROJECT["tool"]["importlinter"]["root_packages"])


def test_every_package_is_typed_checked_and_shipped() -> None:
    checked = set(_PROJECT["tool"]["basedpyright"]["include"])

    assert _packages() | _NOT_SHIPPED == checked
    assert {name for name in _packages() if not _is_shipped(name)} == set()


def test_what_is_not_a_program_is_not_shipped() -> None:
    assert {name for name in _NOT_SHIPPED if _is_shipped(name)} == set()


def _is_shipped(package: str) -> bool:
    patterns = _PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    return any(fnmatch(package, pattern) for pattern in patterns)
