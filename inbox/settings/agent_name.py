"""How answers name an agent: by id, and as colleagues call them."""

import msgspec


class Agent(msgspec.Struct, frozen=True):
    id: str
    name: str


def agent_name(agent_id: str | None, name: str | None) -> Agent | None:
    """Name an agent; None where nobody did it in person."""
    return Agent(agent_id, name or "") if agent_id else None
