"""`.env.example` and `app/settings.py` name the same settings, with the same defaults."""

import re
from dataclasses import fields
from pathlib import Path

from app.settings import Settings

_EXAMPLE = Path(__file__).parents[2] / ".env.example"
_ENTRY = re.compile(r"^# (?P<meaning>.+)\n(?P<name>[A-Z0-9_]+)=(?P<value>.*)$", re.MULTILINE)


def test_every_setting_is_explained_in_one_line() -> None:
    explained = [entry["name"] for entry in _ENTRY.finditer(_EXAMPLE.read_text())]

    assert explained == [field.name.upper() for field in fields(Settings)]


def test_nothing_else_is_set() -> None:
    set_lines = [
        line for line in _EXAMPLE.read_text().splitlines() if re.match(r"[A-Z0-9_]+=", line)
    ]

    assert len(set_lines) == len(fields(Settings))


def test_the_example_is_the_defaults() -> None:
    assert Settings.load({}, _EXAMPLE) == Settings()
