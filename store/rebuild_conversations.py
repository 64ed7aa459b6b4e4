"""Where conversations, and what hangs on them, differ from what their messages say.

How a conversation is handled is people's and not looked at. Knows no event.
"""

from collections.abc import Mapping, Sequence

from domain.preview import preview
from store.conversation_differences import list_changed
from store.database import Connection
from store.rebuild import Scope
from store.sql import statements

_SQL = statements("rebuild_conversations")
_FIND = tuple(
    _SQL[name]
    for name in (
        "find_awaited",
        "find_missing_participants",
        "find_extra_participants",
        "find_missing_conversations",
        "find_extra_conversations",
        "find_changed_previews",
        "find_lost_keys",
    )
)
_NEXT_CONVERSATIONS = _SQL["next_conversations"]
_LIST_PREVIEWS = _SQL["list_previews"]
_ADD_CHANGED = _SQL["add_changed"]

_AT_ONCE = 2_000
_NO_ID = "00000000-0000-0000-0000-000000000000"


async def find_conversations(conn: Connection, scope: Scope) -> None:
    """Note every conversation that differs, and who wrongly takes part or waits."""
    for statement in _FIND:
        await conn.execute(statement, _of(scope))
    await _find_changed(conn, scope)
    await _find_previews(conn, scope)


async def _find_changed(conn: Connection, scope: Scope) -> None:
    after_id = _NO_ID
    while True:
        parameters = {"after_id": after_id, "limit": _AT_ONCE}
        cursor = await conn.execute(_NEXT_CONVERSATIONS, _of(scope) | parameters)
        ids = [row[0] for row in await cursor.fetchall()]
        if not ids:
            return
        after_id = ids[-1]
        await _add(conn, scope, await list_changed(conn, scope.customer_id, ids))


async def _find_previews(conn: Connection, scope: Scope) -> None:
    after_id = _NO_ID
    while True:
        parameters = {"after_id": after_id, "limit": _AT_ONCE}
        cursor = await conn.execute(_LIST_PREVIEWS, _of(scope) | parameters)
        rows = await cursor.fetchall()
        if not rows:
            return
        after_id = rows[-1][0]
        changed = [row[0] for row in rows if row[1] != preview(row[2], row[3], row[5], row[4])]
        await _add(conn, scope, {key: ["last_message_preview"] for key in changed})


async def _add(conn: Connection, scope: Scope, changed: Mapping[str, Sequence[str]]) -> None:
    if changed:
        columns = [" ".join(columns) for columns in changed.values()]
        parameters = {"customer_id": scope.customer_id, "ids": list(changed), "columns": columns}
        await conn.execute(_ADD_CHANGED, parameters)


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id, "channel_id": scope.channel_id}
