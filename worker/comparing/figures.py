"""Compares roll-ups: what conversations add to them with their messages, and days with their sums.

Days of very many conversations are left to a rebuild of the roll-ups, which goes in portions.
"""

from collections.abc import Sequence

from store.consumers import wait_for_turn
from store.database import Connection
from store.derived_rows import Differing
from store.figure_differences import figures_are_near, list_counted, list_small_days
from store.rollup_days import correct_rollups, list_differing_rollups
from store.rollups import list_differing_figures, note_refresh, write_figures
from worker.background.repeating import BackgroundConfig
from worker.background.rollups import ROLLUPS
from worker.comparing.part import Part, one_moment


async def compare_conversations(
    conn: Connection, _config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which conversations add something else than is kept of them.

    What the roll-ups have not come to yet is no difference.
    """
    async with one_moment(conn):
        if not await figures_are_near(conn, customer_id):
            return {}
        counted = await list_counted(conn, customer_id, ids)
        differing = await list_differing_figures(conn, [(customer_id, key) for key in counted])
    return {str(row.conversation_id): ["figures"] for row in differing}


async def mend_conversations(
    conn: Connection, _config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Count the conversations again; roll-ups follow by as much as is changed."""
    async with conn.transaction():
        await wait_for_turn(conn, ROLLUPS)
        found = await list_differing_figures(conn, [(customer_id, key) for key in differing])
        if found:
            await write_figures(conn, found)
        await note_refresh(
            conn, "rebuild", changes=0, conversations=len(differing), rows=len(found)
        )


async def compare_days(
    conn: Connection, _config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which days are not what their conversations add up to."""
    differing: Differing = {}
    async with one_moment(conn):
        if not await figures_are_near(conn, customer_id):
            return {}
        for day in await list_small_days(conn, customer_id, ids):
            missing = await list_differing_rollups(conn, customer_id, day.span)
            if missing:
                differing[day.id] = sorted({figure for _, _, figure, *_ in missing})
    return differing


async def mend_days(
    conn: Connection, _config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Add up the days again."""
    for day in await list_small_days(conn, customer_id, list(differing)):
        async with conn.transaction():
            await wait_for_turn(conn, ROLLUPS)
            missing = await list_differing_rollups(conn, customer_id, day.span)
            await correct_rollups(conn, customer_id, day.span, missing)


CONVERSATION_FIGURES = Part(
    name="conversation_figures",
    tables=("conversation_figures",),
    at_once=250,
    compare=compare_conversations,
    mend=mend_conversations,
)
DAYS_OF_ROLLUPS = Part(
    name="rollups",
    tables=("rollups",),
    at_once=10,
    compare=compare_days,
    mend=mend_days,
)
