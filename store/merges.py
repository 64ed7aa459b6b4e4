"""Moves everything of one conversation into another and drops the emptied one.

The caller holds both and has kept numbers for the messages. Knows neither why nor who asked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from store.database import Connection
from store.sql import statements

_SQL = statements("merges")
_MOVE = tuple(
    _SQL[name]
    for name in (
        "move_messages",
        "move_queued",
        "move_participants",
        "move_notes",
        "move_tags",
        "inherit_assignee",
    )
)
_MOVE_AWAITING = _SQL["move_awaiting"]
_DROP = tuple(
    _SQL[name]
    for name in (
        "stop_awaiting",
        "drop_participants",
        "drop_tags",
        "record_redirects",
        "drop_conversations",
        "forward_merges",
        "tell_of_merges",
    )
)

MergeReason = Literal["late_parent", "agent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One conversation becomes part of another, where its messages count from `first_seq` on.

    Conversations that join the same one share their `first_seq`.
    """

    customer_id: int
    from_id: str
    into_id: str
    first_seq: int


async def merge_conversations(
    conn: Connection,
    merges: Collection[Merge],
    reason: MergeReason,
    agent_id: str | None = None,
) -> None:
    """Move everything of the merged conversations into those they join, and drop them.

    Read marks go with the dropped; what a late parent brings together has found what it waited
    for, while agents may merge what still waits.
    """
    columns = {
        "customer_ids": [merge.customer_id for merge in merges],
        "from_ids": [merge.from_id for merge in merges],
        "into_ids": [merge.into_id for merge in merges],
        "first_seqs": [merge.first_seq for merge in merges],
        "reason": reason,
        "agent_id": agent_id,
    }
    statements_to_run = (*_MOVE, *((_MOVE_AWAITING,) if reason == "agent" else ()), *_DROP)
    for statement in statements_to_run:
        await conn.execute(statement, columns)
