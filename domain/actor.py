"""Who does something, for the audit. Knows nothing of what is done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An agent, a program's key, or (with neither) Inlet itself, on behalf of one customer."""

    customer_id: int
    agent_id: str | None = None
    key_id: str | None = None
    request_id: str | None = None
