"""The places that every provider has, and those that one of them was forgotten in."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

_FILES = (
    "providers/{name}.py",
    "simulation/{name}.py",
    "tests/unit/family_{name}.py",
    "tests/unit/test_{name}.py",
)
_CASES = "tests/http/tests.json"
_MANUAL = "docs/providers.md"
# What to click at a provider; `generic` is nobody's.
_PAGE = "docs/providers/{name}.md"
_WITHOUT_PAGE = frozenset({"generic"})
# One that lists what came in, or what it has sent, has all files of a group, and a line in the list
# beside each.
_LISTS_BY_FILE = (
    (
        ("providers/parts/{name}_listing.py", "providers", "LISTERS"),
        ("simulation/lists/{name}.py", "simulation", "PLAYED_LISTERS"),
    ),
    (("providers/parts/{name}_look_up.py", "providers", "LOOK_UPS"),),
)
_HEADING = re.compile(r"^## `([a-z0-9_]+)`$", re.MULTILINE)
# A module with such a function belongs into that list, too.
_LISTS_BY_FUNCTION = (
    ("providers", "compose_send", "SENDERS"),
    ("providers", "next_fetch", "FETCHERS"),
    ("simulation", "take", "PLAYED_SENDERS"),
    ("simulation", "kept", "PLAYED_KEEPERS"),
)


def missing_places(root: Path, lists: Mapping[str, Collection[str]]) -> Sequence[str]:
    """Name each place that a provider is missing in, though another place knows it.

    `lists` are the names in providers/__init__.py and simulation/__init__.py, by list.
    """
    written = set(_HEADING.findall((root / _MANUAL).read_text(encoding="utf-8")))
    tried = _tried(root / _CASES)
    modules = _names(root / "providers", "") | _names(root / "tests" / "unit", "family_")
    known = modules.union(written, tried, *lists.values())
    return [
        place
        for name in sorted(known)
        for place, is_there in (
            *((file, (root / file).exists()) for file in _files_of(name)),
            (f"providers/__init__.py: {name}", name in lists["REGISTRY"]),
            (f"simulation/__init__.py: {name}", name in lists["PLAYED"]),
            *(
                (f"{folder}/__init__.py: {name} in {listed}", name in lists[listed])
                for folder, function, listed in _LISTS_BY_FUNCTION
                if _defines(root / folder / f"{name}.py", function)
            ),
            *_missing_lists(root, lists, name),
            (f"{_CASES}: a case on a channel of {name}", name in tried),
            (f"{_MANUAL}: ## `{name}`", name in written),
            (
                _PAGE.format(name=name),
                name in _WITHOUT_PAGE or (root / _PAGE.format(name=name)).exists(),
            ),
        )
        if not is_there
    ]


def places_looked_at() -> frozenset[str]:
    """Name all files and lists that are looked at, as the manual names them."""
    by_file = [place for group in _LISTS_BY_FILE for place in group]
    files = [*_FILES, _PAGE, *(file for file, *_ in by_file)]
    folders = {folder for folder, *_ in _LISTS_BY_FUNCTION}
    return frozenset(
        {
            *(file.format(name="NAME") for file in files),
            *(f"{folder}/__init__.py" for folder in folders),
            *("REGISTRY", "PLAYED", _CASES),
            *(listed for *_, listed in (*_LISTS_BY_FUNCTION, *by_file)),
        }
    )


def _missing_lists(
    root: Path, lists: Mapping[str, Collection[str]], name: str
) -> Sequence[tuple[str, bool]]:
    """Name the places of a provider that lists, where one of a group of them knows it."""
    groups = [
        [
            place
            for file, folder, listed in group
            for place in (
                (file.format(name=name), (root / file.format(name=name)).exists()),
                (f"{folder}/__init__.py: {name} in {listed}", name in lists[listed]),
            )
        ]
        for group in _LISTS_BY_FILE
    ]
    return [
        place for places in groups if any(is_there for _, is_there in places) for place in places
    ]


def _files_of(name: str) -> Sequence[str]:
    return [file.format(name=name) for file in _FILES]


def _names(folder: Path, prefix: str) -> set[str]:
    found = {path.stem for path in folder.glob(f"{prefix}*.py")} - {"__init__"}
    return {stem.removeprefix(prefix) for stem in found}


def _defines(module: Path, function: str) -> bool:
    return module.exists() and f"\ndef {function}(" in module.read_text(encoding="utf-8")


def _tried(cases: Path) -> set[str]:
    """List the providers whose channels are sent something in a case."""
    whole = json.loads(cases.read_text(encoding="utf-8"))
    provider_of = {channel["name"]: channel["provider"] for channel in whole["channels"]}
    text = json.dumps(whole["cases"])
    return {provider for name, provider in provider_of.items() if f'"channel": "{name}"' in text}
