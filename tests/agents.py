"""What tests of the agents' actions share: agents, a conversation, and what was written down."""

from collections.abc import Mapping
from typing import Any

from flows import an_sms, make_channel, record, values, work

from app.ids import new_id
from domain.actor import Actor
from domain.agent import Role
from inbox.settings.agents import add_agent
from store.database import Connection

OPERATOR = Actor(customer_id=1)


async def an_agent(conn: Connection, name: str, role: Role = "agent") -> Actor:
    """Add an agent and return them as who acts."""
    agent = await add_agent(conn, OPERATOR, name, role, new_id=new_id)
    return Actor(customer_id=1, agent_id=agent.id, request_id="request-1")


async def a_conversation(conn: Connection, database_url: str, *bodies: str) -> str:
    """Let messages arrive from one person and return the id of the conversation they make."""
    channel = await make_channel(conn, "sms")
    texts = bodies or ("Hello",)
    messages = [an_sms(f"m-{at}", body=body, minute=at) for at, body in enumerate(texts)]
    await record(conn, channel, *messages)
    await work(database_url)
    [conversation_id] = await values(conn, b"SELECT id FROM conversations")
    return str(conversation_id)


async def audited(conn: Connection, prefix: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """Read the audit in the order of what was done: actions and their details."""
    query = b"SELECT action, detail FROM audit WHERE starts_with(action, %s) ORDER BY id"
    return [(row[0], row[1]) for row in await (await conn.execute(query, (prefix,))).fetchall()]


async def told(conn: Connection, type_: str) -> list[tuple[Any, ...]]:
    """Read the outbox rows of a type: conversation, object, version, seq."""
    query = b"""
        SELECT conversation_id, object_id, version, message_seq FROM outbox
        WHERE type = %s ORDER BY xid, seq
    """
    return await (await conn.execute(query, (type_,))).fetchall()
