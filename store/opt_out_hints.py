"""Messages that may be opt-outs: of which somebody has to decide, and what they decided.

That a message may be one is derived with it; that it is none is somebody's word, and kept apart.
"""

from dataclasses import dataclass

from domain.actor import Actor
from domain.address import Address
from store.database import Connection
from store.sql import statements

_SQL = statements("opt_out_hints")
_FIND = _SQL["find_hint"]
_DISMISS = _SQL["dismiss"]
_LIST_UNDECIDED = _SQL["list_undecided"]

_MOST_LOOKED_AT = 1_000  # of the latest texts that may be opt-outs, decided or not


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutHint:
    """A message and its sender; `is_undecided` until somebody says whether it is an opt-out."""

    conversation_id: str
    seq: int
    sender: Address
    contact_id: str | None
    channel_id: str
    is_inbound: bool
    is_undecided: bool


async def find_hint(conn: Connection, customer_id: int, message_id: str) -> OptOutHint | None:
    """Find a message as one that may be an opt-out."""
    parameters = {"customer_id": customer_id, "message_id": message_id}
    row = await (await conn.execute(_FIND, parameters)).fetchone()
    if row is None:
        return None
    return OptOutHint(
        conversation_id=row[0],
        seq=row[1],
        sender=Address(row[2], row[3]),
        contact_id=row[4],
        channel_id=row[5],
        is_inbound=row[6],
        is_undecided=row[7],
    )


async def dismiss_hint(
    conn: Connection, actor: Actor, message_id: str, hint: OptOutHint
) -> int | None:
    """Note that a message is no opt-out; return the conversation's new version."""
    parameters = {
        "customer_id": actor.customer_id,
        "message_id": message_id,
        "agent_id": actor.agent_id,
        "conversation_id": hint.conversation_id,
    }
    row = await (await conn.execute(_DISMISS, parameters)).fetchone()
    return row[0] if row else None


async def list_undecided(conn: Connection, customer_id: int) -> list[str]:
    """List conversations with a message of which somebody has to decide, among the latest."""
    parameters = {"customer_id": customer_id, "most": _MOST_LOOKED_AT}
    cursor = await conn.execute(_LIST_UNDECIDED, parameters)
    return [row[0] for row in await cursor.fetchall()]
