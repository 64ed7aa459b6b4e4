"""Reads and writes agents. Knows no rule about who may change whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from domain.agent import Role
from store.database import Connection
from store.sql import statements

_SQL = statements("agents")
_INSERT = _SQL["insert_agent"]
_FIND = _SQL["find_agent"]
_FIND_BY_NAME = _SQL["find_agent_by_name"]
_LOCK = _SQL["lock_agent"]
_LIST = _SQL["list_agents"]
_SET = _SQL["set_agent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAgent:
    id: str
    name: str
    role: Role
    disabled_at: datetime | None
    version: int
    created_at: datetime

    @property
    def is_working(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAgent:
    """An agent that nobody else can change until the transaction ends, and who else is admin."""

    agent: StoredAgent
    other_admins: int


async def insert_agent(
    conn: Connection, customer_id: int, agent_id: str, name: str, role: Role
) -> StoredAgent | None:
    """Add an agent; None where the customer has one of that name."""
    parameters = {"customer_id": customer_id, "id": agent_id, "name": name, "role": role}
    return await _one(conn, _INSERT, parameters)


async def find_agent(conn: Connection, customer_id: int, agent_id: str) -> StoredAgent | None:
    """Find an agent by id, whether working or not."""
    return await _one(conn, _FIND, {"customer_id": customer_id, "id": agent_id})


async def find_agent_by_name(
    conn: Connection, customer_id: int, name_or_id: str
) -> StoredAgent | None:
    """Find an agent by name or id, whether working or not; an id wins."""
    return await _one(conn, _FIND_BY_NAME, {"customer_id": customer_id, "name_or_id": name_or_id})


async def lock_agent(conn: Connection, customer_id: int, agent_id: str) -> LockedAgent | None:
    """Hold an agent for a change."""
    cursor = conn.cursor(row_factory=class_row(StoredAgent))
    await cursor.execute(_LOCK, {"customer_id": customer_id, "id": agent_id})
    held = {agent.id: agent for agent in await cursor.fetchall()}
    agent = held.pop(agent_id, None)
    return agent and LockedAgent(agent=agent, other_admins=len(held))


async def list_agents(
    conn: Connection, customer_id: int, *, after: str | None, row_count: int
) -> list[StoredAgent]:
    """List a customer's agents by name, from the first after a name."""
    cursor = conn.cursor(row_factory=class_row(StoredAgent))
    await cursor.execute(
        _LIST, {"customer_id": customer_id, "after": after, "row_count": row_count}
    )
    return await cursor.fetchall()


async def set_agent(
    conn: Connection,
    customer_id: int,
    agent_id: str,
    *,
    name: str,
    role: Role,
    is_disabled: bool,
) -> StoredAgent | None:
    """Change an agent; None where another one has the name."""
    parameters = {
        "customer_id": customer_id,
        "id": agent_id,
        "name": name,
        "role": role,
        "is_disabled": is_disabled,
    }
    try:
        async with conn.transaction():
            return await _one(conn, _SET, parameters)
    except UniqueViolation:
        return None


async def _one(
    conn: Connection, statement: bytes, parameters: Mapping[str, Any]
) -> StoredAgent | None:
    cursor = conn.cursor(row_factory=class_row(StoredAgent))
    await cursor.execute(statement, parameters)
    return await cursor.fetchone()
