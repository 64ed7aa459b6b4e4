"""A provider is whole: it is in every place that CONTRIBUTING.md names."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from provider_places import missing_places, places_looked_at
from source_files import ROOT

from providers import FETCHERS, LISTERS, LOOK_UPS, REGISTRY, SENDERS
from simulation import PLAYED, PLAYED_KEEPERS, PLAYED_LISTERS, PLAYED_SENDERS

LISTS = {
    "REGISTRY": set(REGISTRY),
    "SENDERS": set(SENDERS),
    "FETCHERS": set(FETCHERS),
    "LISTERS": set(LISTERS),
    "LOOK_UPS": set(LOOK_UPS),
    "PLAYED": set(PLAYED),
    "PLAYED_SENDERS": set(PLAYED_SENDERS),
    "PLAYED_KEEPERS": set(PLAYED_KEEPERS),
    "PLAYED_LISTERS": set(PLAYED_LISTERS),
}

_COPIED = ("providers", "simulation", "tests/unit", "tests/http", "docs")
_CASES = "tests/http/tests.json"
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_LIST = re.compile(r"^## Add one, in (\w+) places\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^(\d+)\. (.*(?:\n {3}.*)*)", re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")


def _without(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).unlink()


def _without_section(root: Path) -> None:
    manual = root / "docs" / "providers.md"
    manual.write_text(manual.read_text().replace("## `twilio`", "## Some other"))


def _without_case(root: Path) -> None:
    whole = json.loads((root / _CASES).read_text())
    for channel in whole["channels"]:
        channel["provider"] = channel["provider"].replace("twilio", "generic")
    (root / _CASES).write_text(json.dumps(whole))


def test_no_provider_was_forgotten_anywhere() -> None:
    assert missing_places(ROOT, LISTS) == []


@pytest.mark.parametrize(
    ("place", "remove"),
    [
        ("providers/twilio.py", _without("providers/twilio.py")),
        ("simulation/twilio.py", _without("simulation/twilio.py")),
        ("tests/unit/family_twilio.py", _without("tests/unit/family_twilio.py")),
        ("tests/unit/test_twilio.py", _without("tests/unit/test_twilio.py")),
        (f"{_CASES}: a case on a channel of twilio", _without_case),
        ("docs/providers.md: ## `twilio`", _without_section),
        ("docs/providers/twilio.md", _without("docs/providers/twilio.md")),
        ("providers/parts/twilio_listing.py", _without("providers/parts/twilio_listing.py")),
        ("simulation/lists/twilio.py", _without("simulation/lists/twilio.py")),
        ("providers/parts/twilio_look_up.py", _without("providers/parts/twilio_look_up.py")),
    ],
)
def test_what_was_forgotten_is_named(
    place: str, remove: Callable[[Path], None], tmp_path: Path
) -> None:
    for folder in _COPIED:
        copytree(ROOT / folder, tmp_path / folder)
    assert missing_places(tmp_path, LISTS) == []
    remove(tmp_path)
    assert missing_places(tmp_path, LISTS) == [place]


@pytest.mark.parametrize(
    ("forgotten", "place"),
    [
        ("REGISTRY", "providers/__init__.py: twilio"),
        ("SENDERS", "providers/__init__.py: twilio in SENDERS"),
        ("PLAYED", "simulation/__init__.py: twilio"),
        ("PLAYED_SENDERS", "simulation/__init__.py: twilio in PLAYED_SENDERS"),
        ("LISTERS", "providers/__init__.py: twilio in LISTERS"),
        ("LOOK_UPS", "providers/__init__.py: twilio in LOOK_UPS"),
        ("PLAYED_LISTERS", "simulation/__init__.py: twilio in PLAYED_LISTERS"),
    ],
)
def test_an_entry_that_was_forgotten_is_named(forgotten: str, place: str) -> None:
    assert missing_places(ROOT, LISTS | {forgotten: LISTS[forgotten] - {"twilio"}}) == [place]


def test_an_entry_of_a_provider_that_fetches_is_named(tmp_path: Path) -> None:
    for folder in _COPIED:
        copytree(ROOT / folder, tmp_path / folder)
    with (tmp_path / "providers" / "plivo.py").open("a") as module:
        module.write("\n\ndef next_fetch() -> None: ...\n")
    assert missing_places(tmp_path, LISTS) == ["providers/__init__.py: plivo in FETCHERS"]
    assert missing_places(tmp_path, LISTS | {"FETCHERS": {*FETCHERS, "plivo"}}) == []


def test_the_manual_names_the_places_that_are_looked_at() -> None:
    manual = (ROOT / "docs" / "providers.md").read_text()
    [(number, listed)] = _LIST.findall(manual)
    items = _ITEM.findall(listed)
    assert [int(at) for at, _ in items] == list(range(1, _NUMBERS.index(number) + 1))
    assert f"It has {number} places" in (ROOT / "CONTRIBUTING.md").read_text()
    looked_at = places_looked_at()
    assert looked_at - set(_QUOTED.findall(listed)) == set()
    assert [text for _, text in items if not looked_at & set(_QUOTED.findall(text))] == []
