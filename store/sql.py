"""Loads named statements from the `.sql` file beside a module.

A statement begins at a line `-- name: NAME`. Modules bind statements to constants at import, so a
missing or misspelt name stops the program at its start. Statements are bytes: psycopg's types
take those and literals, so building SQL from strings is a type error.
"""

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"^-- name: ([a-z0-9_]+)$", re.MULTILINE)


def statements(stem: str) -> Mapping[str, bytes]:
    """Read `store/STEM.sql` into its statements by name."""
    text = (Path(__file__).parent / f"{stem}.sql").read_text(encoding="utf-8")
    _, *rest = _NAME.split(text)
    names, bodies = rest[::2], rest[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{stem}.sql names a statement twice")
    return {name: body.strip().encode() for name, body in zip(names, bodies, strict=True)}
