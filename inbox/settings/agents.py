"""Adds and changes agents. Used by the API and by the command line. Knows neither."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.actor import Actor
from domain.agent import Role
from domain.conversation_change import check_version
from domain.errors import Conflict, FieldError, NotFound, invalid_field
from domain.text import is_one_line
from store.agents import LockedAgent, StoredAgent, insert_agent, lock_agent, set_agent
from store.audit import AuditEntry, record_audit
from store.database import Connection

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChange:
    """What is to be changed; None leaves it. `version` is what the agent must still have."""

    name: str | None = None
    role: Role | None = None
    is_disabled: bool | None = None
    version: int | None = None


def own_agent(actor: Actor) -> str:
    """Return the agent whom "me" stands for.

    Raises: Conflict where the key is a program's.
    """
    if actor.agent_id is None:
        raise Conflict("this key speaks for no agent: use the key of one")
    return actor.agent_id


async def add_agent(
    conn: Connection, actor: Actor, name: str, role: Role, *, new_id: Callable[[], str]
) -> StoredAgent:
    """Add an agent.

    Raises: ValidationFailed, Conflict where the name is taken.
    """
    agent = await insert_agent(conn, actor.customer_id, new_id(), checked_name(name), role)
    if agent is None:
        raise _name_taken()
    entry = AuditEntry(
        id=new_id(), action="agent.created", object_id=agent.id, detail={"role": role}
    )
    await record_audit(conn, actor, [entry])
    return agent


async def change_agent(
    conn: Connection,
    actor: Actor,
    agent_id: str,
    change: AgentChange,
    *,
    new_id: Callable[[], str],
) -> StoredAgent:
    """Change an agent. Their conversations stay theirs; their keys stop with them.

    Raises: NotFound, VersionMismatch, ValidationFailed, Conflict where the name is taken or nobody
    would be admin any more.
    """
    wanted_name = None if change.name is None else checked_name(change.name)
    held = await lock_agent(conn, actor.customer_id, agent_id)
    if held is None:
        raise NotFound("there is no such agent")
    before = held.agent
    check_version(change.version, before.version)
    name = wanted_name or before.name
    role = change.role or before.role
    is_disabled = not before.is_working if change.is_disabled is None else change.is_disabled
    if (name, role, is_disabled) == (before.name, before.role, not before.is_working):
        return before
    _check_admins_left(held, role, is_disabled=is_disabled)
    after = await set_agent(
        conn, actor.customer_id, agent_id, name=name, role=role, is_disabled=is_disabled
    )
    if after is None:
        raise _name_taken()
    entries = [
        AuditEntry(id=new_id(), action=action, object_id=agent_id, detail=detail)
        for action, detail in _differences(before, after)
    ]
    await record_audit(conn, actor, entries)
    return after


def checked_name(name: str) -> str:
    """Check what somebody or something is to be called.

    Raises: ValidationFailed.
    """
    cleaned = name.strip()
    if len(name) > LONGEST_NAME or not is_one_line(cleaned, LONGEST_NAME):
        raise invalid_field("name", "invalid", f"one line of 1 to {LONGEST_NAME} characters")
    return cleaned


def _check_admins_left(held: LockedAgent, role: Role, *, is_disabled: bool) -> None:
    was_admin = held.agent.role == "admin" and held.agent.is_working
    is_admin = role == "admin" and not is_disabled
    if was_admin and not is_admin and not held.other_admins:
        raise Conflict("this is the last admin: make somebody else admin first")


def _differences(before: StoredAgent, after: StoredAgent) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    if after.name != before.name:
        found.append(("agent.renamed", {}))
    if after.role != before.role:
        found.append(("agent.role_changed", {"from": before.role, "to": after.role}))
    if after.is_working != before.is_working:
        found.append(("agent.enabled" if after.is_working else "agent.disabled", {}))
    return found


def _name_taken() -> Conflict:
    detail = "another agent has this name"
    return Conflict(
        detail, (FieldError(location="body", name="name", code="taken", detail=detail),)
    )
