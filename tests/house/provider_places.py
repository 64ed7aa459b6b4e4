"""The places that every provider has, and those that one of them was forgotten in."""

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path

_FILES = (
    "providers/{name}.py",
    "simulation/{name}.py",
    "tests/unit/family_{name}.py",
    "tests/unit/test_{name}.py",
)
_CASES = "tests/http/tests.json"
_MANUAL = "docs/providers.md"
_HEADING = re.compile(r"^## `([a-z0-9_]+)`$", re.MULTILINE)


def missing_places(
    root: Path, registered: Collection[str], played: Collection[str]
) -> Sequence[str]:
    """Name each place that a provider is missing in, though another place knows it.

    `registered` are the names in providers/__init__.py, `played` those in simulation/__init__.py.
    """
    written = set(_HEADING.findall((root / _MANUAL).read_text(encoding="utf-8")))
    tried = _tried(root / _CASES)
    modules = _names(root / "providers", "") | _names(root / "tests" / "unit", "family_")
    known = modules | set(registered) | set(played) | written | tried
    return [
        place
        for name in sorted(known)
        for place, is_there in (
            *((file, (root / file).exists()) for file in _files_of(name)),
            (f"providers/__init__.py: {name}", name in registered),
            (f"simulation/__init__.py: {name}", name in played),
            (f"{_CASES}: a case on a channel of {name}", name in tried),
            (f"{_MANUAL}: ## `{name}`", name in written),
        )
        if not is_there
    ]


def _files_of(name: str) -> Sequence[str]:
    return [file.format(name=name) for file in _FILES]


def _names(folder: Path, prefix: str) -> set[str]:
    found = {path.stem for path in folder.glob(f"{prefix}*.py")} - {"__init__"}
    return {stem.removeprefix(prefix) for stem in found}


def _tried(cases: Path) -> set[str]:
    """List the providers whose channels are sent something in a case."""
    whole = json.loads(cases.read_text(encoding="utf-8"))
    provider_of = {channel["name"]: channel["provider"] for channel in whole["channels"]}
    text = json.dumps(whole["cases"])
    return {provider for name, provider in provider_of.items() if f'"channel": "{name}"' in text}
