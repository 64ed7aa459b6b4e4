"""Notes how far an agent has read, and puts the mark back. Nothing else ever moves it.

Other tabs of the agent hear of it; nobody's version changes, since no colleague sees it.
"""

from dataclasses import dataclass

from domain.actor import Actor
from domain.errors import NotFound
from inbox.settings.agents import own_agent
from store.conversation_changes import hold_conversation
from store.database import Connection
from store.outbox import Change, append_changes
from store.read_marks import Mark, advance_mark, put_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadUpTo:
    conversation_id: str
    last_read_seq: int


async def mark_read(conn: Connection, actor: Actor, conversation_id: str, seq: int) -> ReadUpTo:
    """Note that the agent has read up to `seq`; an earlier mark is never moved back.

    Raises: NotFound, Conflict for a key without an agent.
    """
    agent_id = own_agent(actor)
    held = await _hold(conn, actor, conversation_id)
    mark = await advance_mark(conn, actor.customer_id, agent_id, held, seq)
    return await _told(conn, actor, held, mark)


async def mark_unread(
    conn: Connection, actor: Actor, conversation_id: str, from_seq: int
) -> ReadUpTo:
    """Let everything from `from_seq` on count as unread again.

    Raises: NotFound, Conflict for a key without an agent.
    """
    agent_id = own_agent(actor)
    held = await _hold(conn, actor, conversation_id)
    mark = await put_mark(conn, actor.customer_id, agent_id, held, from_seq - 1)
    return await _told(conn, actor, held, mark)


async def _hold(conn: Connection, actor: Actor, conversation_id: str) -> str:
    held = await hold_conversation(conn, actor.customer_id, conversation_id)
    if held is None:
        raise NotFound("there is no such conversation")
    return held


async def _told(conn: Connection, actor: Actor, conversation_id: str, mark: Mark) -> ReadUpTo:
    if mark.has_moved:
        change = Change(
            type="conversation.read",
            conversation_id=conversation_id,
            object_id=actor.agent_id,
            message_seq=mark.last_read_seq,
        )
        await append_changes(conn, actor.customer_id, [change])
    return ReadUpTo(conversation_id=conversation_id, last_read_seq=mark.last_read_seq)
