"""What decides a comparison: under which hashes values are stored, and which message may be where.

A message may be in a conversation that has its key, or had it before a merge or a split; an answer
may be where what it answers is. Knows no difference.
"""

from collections.abc import Mapping

from store.database import Connection
from store.rebuild import Scope
from store.sql import statements

_SQL = statements("rebuild_placing")
_FORGET = _SQL["forget_comparison"]
_LIST_DECISIONS = _SQL["list_decisions"]
_INSERT_FAMILIES = _SQL["insert_families"]
_MAP_VALUES = tuple(
    _SQL[name]
    for name in (
        "forget_maps",
        "map_addresses",
        "map_bodies",
        "map_probed_bodies",
        "fill_own_addresses",
        "fill_own_in_messages",
    )
)
_EXPLAIN = tuple(
    _SQL[name]
    for name in (
        "fill_key_families",
        "fill_lasting_copies",
        "fill_answers",
        "analyze_comparison",
        "fill_explained",
        "analyze_explained",
    )
)


async def list_decisions(conn: Connection, scope: Scope) -> list[tuple[str, str]]:
    """List the pairs of conversations that merges and splits tie together."""
    cursor = await conn.execute(_LIST_DECISIONS, {"customer_id": scope.customer_id})
    return await cursor.fetchall()  # pyright: ignore[reportReturnType]


async def begin_comparison(conn: Connection, scope: Scope, families: Mapping[str, str]) -> None:
    """Forget the last comparison and work out what decides about this one.

    `families` gives each conversation that was merged or split the name of those it belongs with.
    """
    await conn.execute(_FORGET)
    if families:
        await conn.execute(
            _INSERT_FAMILIES,
            {
                "customer_id": scope.customer_id,
                "ids": list(families),
                "families": list(families.values()),
            },
        )
    await map_values(conn, scope)
    for statement in _EXPLAIN:
        await conn.execute(statement, _of(scope))


async def map_values(conn: Connection, scope: Scope) -> None:
    """Look up under which hash each derived address and text is stored."""
    for statement in _MAP_VALUES:
        await conn.execute(statement, _of(scope))


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id, "channel_id": scope.channel_id}
