"""An agent: a person who works in the inbox. The role is the most that any of their keys allows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from domain.api_key import SCOPES, Scope

Role = Literal["agent", "lead", "operator", "analyst", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

_AGENT: frozenset[Scope] = frozenset(
    {"conversations:read", "conversations:write", "messages:write"}
)
_LEAD: frozenset[Scope] = _AGENT.union(("inbox:manage", "audit:read"))
_OPERATOR: frozenset[Scope] = frozenset(
    {
        "conversations:read",
        "events:read",
        "events:replay",
        "operator",
        "audit:read",
        "installation:read",
    }
)
_ANALYST: frozenset[Scope] = frozenset({"conversations:read"})

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {
        "agent": _AGENT,
        "lead": _LEAD,
        "operator": _OPERATOR,
        "analyst": _ANALYST,
        "admin": frozenset(SCOPES),
    }
)


def scopes_within(role: Role, asked: frozenset[str]) -> frozenset[str]:
    """Cut the scopes of a key down to what its agent's role allows; `admin` stands for them all."""
    allowed = ROLE_SCOPES[role]
    if "admin" in asked:
        return allowed
    return asked & allowed
