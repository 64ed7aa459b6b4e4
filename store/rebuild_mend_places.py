"""Mends conversations once their messages are right: who takes part, numbers, counts, previews.

Runs inside the caller's transaction, on differences that were looked for after the messages.
"""

from collections.abc import Collection

from store.database import Connection
from store.merge_split import renew_conversations
from store.rebuild import Scope
from store.sql import statements

_SQL = statements("rebuild_mend_places")
_MEND_PLACES = tuple(
    _SQL[name]
    for name in (
        "bear_message_ids_again",
        "await_again",
        "write_participants",
        "drop_participants_again",
        "number_messages",
        "lift_numbers",
        "lower_numbers",
        "renumber_queued",
        "renumber_read_marks",
    )
)
_LIST_UNLIKE_CONVERSATIONS = _SQL["list_unlike_conversations"]
_MEND_CONVERSATIONS = tuple(_SQL[name] for name in ("mend_subjects", "mend_current"))
_LIST_EMPTY_CONVERSATIONS = _SQL["list_empty_conversations"]
_EMPTY = tuple(
    _SQL[name]
    for name in (
        "empty_participants",
        "empty_awaited",
        "empty_tags",
        "drop_empty_conversations",
    )
)
_TOUCH_MENDED = _SQL["touch_mended"]

_RENEWED_AT_ONCE = 500


async def mend_places(conn: Connection, scope: Scope) -> list[str]:
    """Mend what hangs on conversations, then these; return those that say something else now."""
    for statement in _MEND_PLACES:
        await conn.execute(statement, _of(scope))
    unlike = await _ids(conn, _LIST_UNLIKE_CONVERSATIONS, scope)
    for first in range(0, len(unlike), _RENEWED_AT_ONCE):
        some = unlike[first : first + _RENEWED_AT_ONCE]
        await renew_conversations(conn, scope.customer_id, some)
    for statement in _MEND_CONVERSATIONS:
        await conn.execute(statement, _of(scope))
    emptied = _of(scope) | {"ids": await _ids(conn, _LIST_EMPTY_CONVERSATIONS, scope)}
    for statement in _EMPTY:
        await conn.execute(statement, emptied)
    return unlike


async def touch_mended(
    conn: Connection, scope: Scope, ids: Collection[str]
) -> list[tuple[str, int]]:
    """Give mended conversations, and those of written messages, their next version."""
    cursor = await conn.execute(_TOUCH_MENDED, _of(scope) | {"ids": list(ids)})
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def _ids(conn: Connection, statement: bytes, scope: Scope) -> list[str]:
    return [row[0] for row in await (await conn.execute(statement, _of(scope))).fetchall()]


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id}
