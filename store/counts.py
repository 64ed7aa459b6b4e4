"""How many conversations the views of the inbox have, counted no further than people care.

One statement of bounded ranges. Knows no list.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from store.database import Connection
from store.sql import statements

_SQL = statements("counts")
_COUNT_VIEWS = _SQL["count_views"]

MOST_COUNTED = 999
_WINDOW = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCount:
    """How many conversations a view has; `is_capped` says that there may be more."""

    number: int
    is_capped: bool


async def count_views(
    conn: Connection, customer_id: int, viewer_id: str | None, views: Sequence[str]
) -> dict[str, ViewCount]:
    """Count views, as an agent sees them; without one nothing is theirs and nothing unread.

    Shape: the views asked for, in that order. `mine` and `unassigned` are open or pending.
    """
    cursor = await conn.execute(
        _COUNT_VIEWS,
        {
            "customer_id": customer_id,
            "viewer_id": viewer_id,
            "views": list(views),
            "most": MOST_COUNTED + 1,
            "window": _WINDOW,
        },
    )
    counted = {view: (number or 0, is_cut) for view, number, is_cut in await cursor.fetchall()}
    return {view: _count(*counted.get(view, (0, False))) for view in views}


def _count(number: int, is_cut_short: bool) -> ViewCount:
    return ViewCount(
        number=min(number, MOST_COUNTED), is_capped=is_cut_short or number > MOST_COUNTED
    )
