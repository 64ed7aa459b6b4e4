"""Every package has its place in the layers, and every folder of code is checked."""

import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())
_NOT_SHIPPED = {"bench", "tests"}


def _packages() -> set[str]:
    found = {path.parent.name for path in _ROOT.glob("*/__init__.py")}
    return found - _NOT_SHIPPED


def test_every_package_is_in_the_layers() -> None:
    contracts = _PROJECT["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    layered = {name.strip() for layer in layers for name in layer.split("|")}

    assert _packages() == layered
    assert _packages() == set(_PROJECT["tool"]["importlinter"]["root_packages"])


def test_every_package_is_typed_checked_and_shipped() -> None:
    checked = set(_PROJECT["tool"]["basedpyright"]["include"])
    shipped = {name.split(".")[0] for name in _PROJECT["tool"]["setuptools"]["packages"]}

    assert _packages() | _NOT_SHIPPED == checked
    assert _packages() == shipped


def test_every_subpackage_is_shipped() -> None:
    shipped = set(_PROJECT["tool"]["setuptools"]["packages"])
    existing = {
        ".".join(path.parent.relative_to(_ROOT).parts)
        for package in _packages()
        for path in (_ROOT / package).rglob("__init__.py")
    }

    assert existing == shipped
