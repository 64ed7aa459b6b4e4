"""The contract with analysts: what the views of `analytics` are, as the database says it.

`docs/analytics.md` shows it, and `tests/store/analytics_contract.json` keeps it: the version has to
rise when something goes or becomes something else. Knows no single view.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from store.database import Connection

_ROOT = Path(__file__).parents[1]
DOCUMENT = _ROOT / "docs" / "analytics.md"
SNAPSHOT = _ROOT / "tests" / "store" / "analytics_contract.json"
# Everything below this line of the document is written by `make analytics`.
_BEGIN = "<!-- What follows is written by `make analytics`. -->\n"

_VERSION = b"SELECT version FROM analytics.contract"
_COLUMNS = b"""
SELECT
    v.relname::text,
    obj_description(v.oid, 'pg_class'),
    a.attname::text,
    format_type(a.atttypid, a.atttypmod),
    col_description(v.oid, a.attnum)
FROM pg_class AS v
JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE v.relnamespace = 'analytics'::regnamespace AND v.relkind = 'v'
ORDER BY v.relname, a.attnum
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    type: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    meaning: str
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalystsContract:
    version: int
    views: Mapping[str, View]


async def read_contract(conn: Connection) -> AnalystsContract:
    """Read every view of the schema with its columns in their order."""
    (version,) = await (await conn.execute(_VERSION)).fetchall()
    meanings: dict[str, str] = {}
    columns: dict[str, dict[str, Column]] = {}
    for view, meaning_of_view, name, type_name, meaning in await (
        await conn.execute(_COLUMNS)
    ).fetchall():
        meanings[view] = meaning_of_view
        columns.setdefault(view, {})[name] = Column(type=type_name, meaning=meaning)
    return AnalystsContract(
        version=version[0],
        views={
            name: View(meaning=meaning, columns=columns[name]) for name, meaning in meanings.items()
        },
    )


def load_snapshot(text: str) -> AnalystsContract:
    """Read a contract as it was kept."""
    kept: dict[str, Any] = json.loads(text)
    views = {
        name: View(
            meaning=view["meaning"],
            columns={column: Column(**given) for column, given in view["columns"].items()},
        )
        for name, view in kept["views"].items()
    }
    return AnalystsContract(version=kept["version"], views=views)


def dump_snapshot(contract: AnalystsContract) -> str:
    """Write a contract so that it can be kept."""
    return json.dumps(asdict(contract), indent=1, ensure_ascii=False) + "\n"


def broken_promises(kept: AnalystsContract, found: AnalystsContract) -> list[str]:
    """Name what is gone or became something else though the version is the same."""
    return [] if found.version > kept.version else list(_broken(kept, found))


def _broken(kept: AnalystsContract, found: AnalystsContract) -> Iterator[str]:
    if found.version < kept.version:
        yield "the version fell"
    for name, view in kept.views.items():
        if name not in found.views:
            yield f"{name} is gone"
            continue
        if found.views[name].meaning != view.meaning:
            yield f"{name} means something else"
        yield from _broken_columns(name, view, found.views[name])


def _broken_columns(name: str, kept: View, found: View) -> Iterator[str]:
    for column, was in kept.columns.items():
        now = found.columns.get(column)
        if now is None:
            yield f"{name}.{column} is gone"
        elif now.type != was.type:
            yield f"{name}.{column} was {was.type} and is {now.type}"
        elif now.meaning != was.meaning:
            yield f"{name}.{column} means something else"


def rewritten(document: str, contract: AnalystsContract) -> str:
    """Return the document with the views as the database has them."""
    written, mark, _ = document.partition(_BEGIN)
    assert mark, "the document has no line below which views are written"
    return written + mark + "".join(_sections(contract))


def _sections(contract: AnalystsContract) -> Iterator[str]:
    for name, view in contract.views.items():
        yield f"\n### {name}\n\n{view.meaning}\n\n| column | type | meaning |\n|---|---|---|\n"
        for column, given in view.columns.items():
            yield f"| `{column}` | {given.type} | {given.meaning.replace('|', '&#124;')} |\n"
