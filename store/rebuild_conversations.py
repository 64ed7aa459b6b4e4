"""Where conversations, and what hangs on them, differ from what their messages say.

How a conversation is handled is people's and not looked at. Knows no event.
"""

from domain.preview import preview
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
        "find_changed_conversations",
        "find_lost_keys",
    )
)
_LIST_PREVIEWS = _SQL["list_previews"]
_ADD_CHANGED_PREVIEWS = _SQL["add_changed_previews"]

_PREVIEWS_AT_ONCE = 2_000
_NO_ID = "00000000-0000-0000-0000-000000000000"


async def find_conversations(conn: Connection, scope: Scope) -> None:
    """Note every conversation that differs, and who wrongly takes part or waits."""
    for statement in _FIND:
        await conn.execute(statement, _of(scope))
    await _find_previews(conn, scope)


async def _find_previews(conn: Connection, scope: Scope) -> None:
    after_id = _NO_ID
    while True:
        parameters = {"after_id": after_id, "limit": _PREVIEWS_AT_ONCE}
        cursor = await conn.execute(_LIST_PREVIEWS, _of(scope) | parameters)
        rows = await cursor.fetchall()
        if not rows:
            return
        after_id = rows[-1][0]
        changed = [row[0] for row in rows if row[1] != preview(row[2], row[3], row[5], row[4])]
        if changed:
            parameters = {"customer_id": scope.customer_id, "ids": changed}
            await conn.execute(_ADD_CHANGED_PREVIEWS, parameters)


def _of(scope: Scope) -> dict[str, object]:
    return {"customer_id": scope.customer_id, "channel_id": scope.channel_id}
