"""What the first schema has and the second has not, and the other way round, noted row by row.

Values are compared, never hashes: where two collide, which one was first is nobody's fault. Knows
neither how the second schema was filled nor what is done about a difference.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.identity import hash64
from store.database import Connection
from store.rebuild import Scope
from store.rebuild_conversations import find_conversations
from store.sql import statements

_SQL = statements("rebuild_difference")
_FIND_VALUES = tuple(_SQL[name] for name in ("find_addresses", "find_bodies"))
_STRANGE = {
    "addresses": _SQL["list_strange_addresses"],
    "bodies": _SQL["list_strange_bodies"],
}
_MARK_CHANGED = _SQL["mark_changed"]
_FIND = tuple(
    _SQL[name]
    for name in (
        "find_missing_messages",
        "find_extra_messages",
        "find_copies",
        "find_changed_messages",
        "find_recipients",
        "find_attachments",
        "find_receipts",
        "find_extra_receipts",
        "find_message_ids",
    )
)
_COUNT = _SQL["count_differences"]
_COUNT_COLUMNS = _SQL["count_columns"]

_MOST_PROBES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDifference:
    """What differs in one table: counts, and the keys of some rows of each kind.

    `columns` counts the changed rows by what is changed in them.
    """

    table: str
    missing: int
    extra: int
    changed: int
    samples: Mapping[str, Sequence[str]]
    columns: Mapping[str, int] = field(default_factory=dict[str, int])


async def find_differences(conn: Connection, scope: Scope) -> None:
    """Note every row that differs."""
    for statement in _FIND_VALUES:
        await conn.execute(statement, _of(scope))
    for part, statement in _STRANGE.items():
        cursor = await conn.execute(statement, _of(scope))
        changed = [hashed for hashed, text in await cursor.fetchall() if not _has(text, hashed)]
        if changed:
            parameters = {"part": part, "hashes": changed}
            await conn.execute(_MARK_CHANGED, _of(scope) | parameters)
    for statement in _FIND:
        await conn.execute(statement, _of(scope))
    await find_conversations(conn, scope)


async def list_differences(conn: Connection, scope: Scope) -> list[TableDifference]:
    """Count what was noted, by table; a table without a difference is left out."""
    counts: dict[str, Counter[str]] = {}
    samples: dict[str, dict[str, Sequence[str]]] = {}
    columns: dict[str, dict[str, int]] = {}
    for part, kind, count, keys in await _rows(conn, _COUNT, scope):
        counts.setdefault(part, Counter())[kind] = count
        samples.setdefault(part, {})[kind] = keys
    for part, name, count in await _rows(conn, _COUNT_COLUMNS, scope):
        columns.setdefault(part, {})[name] = count
    return [
        TableDifference(
            table=part,
            missing=count["missing"],
            extra=count["extra"],
            changed=count["changed"],
            samples=samples[part],
            columns=columns.get(part, {}),
        )
        for part, count in counts.items()
    ]


def _has(text: str, hashed: int) -> bool:
    """Say whether a text may lie under a hash, at some probe."""
    return any(hash64(text, probe) == hashed for probe in range(_MOST_PROBES))


async def _rows(conn: Connection, statement: bytes, scope: Scope) -> list[tuple[Any, ...]]:
    return await (await conn.execute(statement, _of(scope))).fetchall()


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id, "channel_id": scope.channel_id}
