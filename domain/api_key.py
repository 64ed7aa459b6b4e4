"""An API key: who it speaks for and what it may do. Knows the hash, never the key's own text.

A key is 32 random bytes, so one plain SHA-256 is enough: there is nothing to guess.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

Scope = Literal[
    "conversations:read",
    "conversations:write",
    "messages:write",
    "inbox:manage",
    "audit:read",
    "events:read",
    "events:replay",
    "operator",
    "installation:read",
    "admin",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
# What `operator` may do too, and a key can be given alone.
_OF_OPERATORS: frozenset[Scope] = frozenset({"events:read", "events:replay"})

# Customer 1 is always there: it is that of whoever runs the installation.
_INSTALLATION_CUSTOMER = 1
_OF_A_CUSTOMER = frozenset(SCOPES) - {"installation:read"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that is valid now; `scopes` are what its agent's role leaves of them."""

    customer_id: int
    id: str
    name: str
    scopes: frozenset[str]
    agent_id: str | None = None

    def allows(self, scope: Scope) -> bool:
        """Say whether the key may do this; `admin` may do all, within its customer.

        `operator` may what `events:read` and `events:replay` may.
        """
        if scope in self.scopes:
            return True
        if "admin" in self.scopes:
            return scope in scopes_of_customer(self.customer_id)
        return scope in _OF_OPERATORS and "operator" in self.scopes


def scopes_of_customer(customer_id: int) -> frozenset[str]:
    """Return what the keys of a customer may be allowed at most.

    What concerns all customers is for those who run the installation, who are customer 1.
    """
    return frozenset(SCOPES) if customer_id == _INSTALLATION_CUSTOMER else _OF_A_CUSTOMER


def hash_key(key: str) -> bytes:
    """Hash a key's text as it is stored and looked up.

    Shape: 32 bytes.
    """
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
