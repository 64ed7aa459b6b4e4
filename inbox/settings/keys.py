"""Makes and revokes API keys. Used by the API and by the command line. Knows neither.

The text of a key is given by the caller and never kept: only its hash is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actor import Actor
from domain.agent import ROLE_SCOPES
from domain.api_key import SCOPES, hash_key, scopes_of_customer
from domain.errors import NotFound, invalid_field, wrong_field
from inbox.settings.agents import checked_name
from store.agents import StoredAgent, find_agent
from store.api_keys import insert_key, list_keys, revoke_key
from store.audit import AuditEntry, record_audit
from store.database import Connection

LONGEST_LIFE = timedelta(days=36_525)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKey:
    """A key that is to be made. Without scopes it may do what its agent's role allows."""

    name: str
    scopes: Sequence[str] | None = None
    agent_id: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    id: str
    name: str
    scopes: list[str]
    agent_id: str | None
    expires_at: datetime | None


async def add_key(
    conn: Connection,
    actor: Actor,
    text: str,
    wanted: WantedKey,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> MadeKey:
    """Let a key in from now on; `text` is what its bearer will send.

    Raises: ValidationFailed.
    """
    name = checked_name(wanted.name)
    agent = await _agent(conn, actor, wanted.agent_id) if wanted.agent_id else None
    scopes = _scopes(wanted.scopes, agent, scopes_of_customer(actor.customer_id))
    if wanted.expires_at is not None and not now < wanted.expires_at <= now + LONGEST_LIFE:
        raise invalid_field("expires_at", "invalid", "in the next hundred years")
    made = MadeKey(
        id=new_id(),
        name=name,
        scopes=scopes,
        agent_id=wanted.agent_id,
        expires_at=wanted.expires_at,
    )
    await insert_key(
        conn,
        customer_id=actor.customer_id,
        key_id=made.id,
        name=made.name,
        key_hash=hash_key(text),
        scopes=made.scopes,
        agent_id=made.agent_id,
        expires_at=made.expires_at,
    )
    detail = {"scopes": made.scopes, "agent_id": made.agent_id}
    entry = AuditEntry(id=new_id(), action="key.created", object_id=made.id, detail=detail)
    await record_audit(conn, actor, [entry])
    return made


async def remove_key(conn: Connection, actor: Actor, key_id: str, *, entry_id: str) -> None:
    """Revoke a key for good; doing so again changes nothing.

    Raises: NotFound.
    """
    keys = {key.id: key for key in await list_keys(conn, actor.customer_id)}
    if key_id not in keys:
        raise NotFound("there is no such key")
    if keys[key_id].revoked_at is not None:
        return
    await revoke_key(conn, actor.customer_id, key_id)
    entry = AuditEntry(id=entry_id, action="key.revoked", object_id=key_id)
    await record_audit(conn, actor, [entry])


async def _agent(conn: Connection, actor: Actor, agent_id: str) -> StoredAgent:
    agent = await find_agent(conn, actor.customer_id, agent_id)
    if agent is None or not agent.is_working:
        raise invalid_field("agent_id", "invalid", "an agent who works here")
    return agent


def _scopes(
    asked: Sequence[str] | None, agent: StoredAgent | None, allowed: frozenset[str]
) -> list[str]:
    """Settle what a key may do; `admin` in the key of an agent stands for all that the role allows.

    Raises: ValidationFailed.
    """
    if asked is None:
        if agent is None:
            raise wrong_field(
                "scopes", "invalid", "scopes must say what a key without an agent may do"
            )
        return sorted(ROLE_SCOPES[agent.role] & allowed)
    if not asked or not set(asked) <= allowed:
        known = ", ".join(scope for scope in SCOPES if scope in allowed)
        raise invalid_field("scopes", "invalid", f"one or more of {known}")
    if agent and not set(asked) - {"admin"} <= ROLE_SCOPES[agent.role]:
        raise invalid_field("scopes", "invalid", "within what the agent's role allows")
    return sorted(set(asked))
