"""How far each agent has read each conversation. Knows no rule of what counts as unread."""

from dataclasses import dataclass

from store.database import Connection
from store.sql import statements

_SQL = statements("read_marks")
_ADVANCE = _SQL["advance_mark"]
_PUT = _SQL["put_mark"]
_FIND = _SQL["find_mark"]
_FIND_LAST_READ = _SQL["find_last_read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where an agent's mark is now, and whether it moved."""

    last_read_seq: int
    has_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """`seq` is None where nothing can be unread: no agent asks, or it is of before their time."""

    last_inbound_seq: int
    seq: int | None


async def advance_mark(
    conn: Connection, customer_id: int, agent_id: str, conversation_id: str, seq: int
) -> Mark:
    """Note that an agent has read up to a seq, if that is further than before."""
    return await _move(conn, _ADVANCE, customer_id, agent_id, conversation_id, seq)


async def put_mark(
    conn: Connection, customer_id: int, agent_id: str, conversation_id: str, seq: int
) -> Mark:
    """Set how far an agent has read, which may be less than before."""
    return await _move(conn, _PUT, customer_id, agent_id, conversation_id, seq)


async def find_last_read(
    conn: Connection, customer_id: int, conversation_id: str, agent_id: str | None
) -> LastRead:
    """Find how far an agent has read a conversation."""
    named = {"customer_id": customer_id, "conversation_id": conversation_id, "agent_id": agent_id}
    row = await (await conn.execute(_FIND_LAST_READ, named)).fetchone()
    last_inbound_seq, seq = row or (0, None)
    return LastRead(last_inbound_seq=last_inbound_seq, seq=seq)


async def _move(
    conn: Connection,
    statement: bytes,
    customer_id: int,
    agent_id: str,
    conversation_id: str,
    seq: int,
) -> Mark:
    named = {"customer_id": customer_id, "agent_id": agent_id, "conversation_id": conversation_id}
    moved = await (await conn.execute(statement, {**named, "seq": seq})).fetchone()
    if moved:
        return Mark(last_read_seq=moved[0], has_moved=True)
    found = await (await conn.execute(_FIND, named)).fetchone()
    return Mark(last_read_seq=found[0] if found else 0, has_moved=False)
