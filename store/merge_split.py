"""Conversations as those see them who merge and split them: held, recounted, shown anew.

Knows neither the rules of merging nor those of splitting.
"""

from collections.abc import Collection
from dataclasses import dataclass

from psycopg.rows import class_row

from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.preview import preview
from store.conversations import recount_conversations
from store.database import Connection
from store.sql import statements

_SQL = statements("merge_split")
_FIND_WHEREABOUTS = _SQL["find_whereabouts"]
_HOLD = _SQL["hold_for_change"]
_CARRY_READ_MARKS = _SQL["carry_read_marks"]
_TOUCH = _SQL["touch_conversation"]
_READ_LAST = _SQL["read_last_messages"]
_WRITE_PREVIEWS = _SQL["write_previews"]

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldConversation:
    """A conversation that nobody else can change until the transaction ends."""

    id: str
    channel_id: str
    channel_kind: ChannelKind
    key_hash: str
    generation: int
    is_current: bool
    status: ConversationStatus
    message_count: int
    last_seq: int
    last_inbound_seq: int
    version: int


async def hold_wherever(
    conn: Connection, customer_id: int, named: Collection[str]
) -> dict[str, HeldConversation]:
    """Hold the conversations that ids lead to, each under the id it was asked for by.

    What leads nowhere is left out.
    """
    found: dict[str, HeldConversation] = {}
    for _ in range(_TRIES):
        places = {asked: await find_whereabouts(conn, customer_id, asked) for asked in named}
        held = await hold_for_change(conn, customer_id, set(places.values()))
        found = {asked: held[place] for asked, place in places.items() if place in held}
        # What was merged away while we waited for it is looked for again.
        if len(found) == len(places):
            break
    return found


async def find_whereabouts(conn: Connection, customer_id: int, conversation_id: str) -> str:
    """Follow an id to the conversation that has its messages; an unknown one stays as it is."""
    parameters = {"customer_id": customer_id, "id": conversation_id}
    row = await (await conn.execute(_FIND_WHEREABOUTS, parameters)).fetchone()
    return row[0] if row else conversation_id


async def hold_for_change(
    conn: Connection, customer_id: int, ids: Collection[str]
) -> dict[str, HeldConversation]:
    """Hold conversations; what is not there is left out."""
    async with conn.cursor(row_factory=class_row(HeldConversation)) as cursor:
        await cursor.execute(_HOLD, {"customer_id": customer_id, "ids": list(ids)})
        return {held.id: held for held in await cursor.fetchall()}


async def carry_read_marks(
    conn: Connection, customer_id: int, taken: HeldConversation, into: HeldConversation
) -> None:
    """Before a merge: let what was read in both be read in what they become."""
    await conn.execute(
        _CARRY_READ_MARKS,
        {
            "customer_id": customer_id,
            "from_id": taken.id,
            "into_id": into.id,
            "from_inbound_seq": taken.last_inbound_seq,
            "into_inbound_seq": into.last_inbound_seq,
            "new_last_seq": into.last_seq + taken.message_count,
        },
    )


async def renew_conversations(conn: Connection, customer_id: int, ids: Collection[str]) -> None:
    """Derive counts, times and previews again, after messages moved."""
    await recount_conversations(conn, sorted((customer_id, changed) for changed in ids))
    parameters = {"customer_id": customer_id, "ids": list(ids)}
    rows = await (await conn.execute(_READ_LAST, parameters)).fetchall()
    previews = {row[0]: preview(row[1], row[2], row[4], row[3]) for row in rows}
    await conn.execute(
        _WRITE_PREVIEWS,
        {
            "customer_id": customer_id,
            "ids": list(previews),
            "previews": list(previews.values()),
        },
    )


async def touch_conversation(
    conn: Connection, customer_id: int, conversation_id: str, *, opens: bool = False
) -> int:
    """Give a conversation that is held its next version, and open it where asked to."""
    parameters = {"customer_id": customer_id, "id": conversation_id, "opens": opens}
    row = await (await conn.execute(_TOUCH, parameters)).fetchone()
    if row is None:
        raise RuntimeError("a conversation that was held is not there")
    return row[0]
