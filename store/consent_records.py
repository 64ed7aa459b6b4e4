"""What the addresses of a contact say of being texted: what holds now by channel, and all of it.

Rows of opt-outs, opt-ins and requests for help are read together; nothing is written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from domain.address import AddressKind
from domain.consent import Consent, ConsentSource
from store.database import Connection
from store.position import END, Position
from store.sql import statements

_SQL = statements("consent_records")
_LIST_STATES = _SQL["list_states"]
_LIST_RECORDS = _SQL["list_records"]

ConsentStatus = Literal["opted_out", "opted_in", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """Whether a channel may text an address; `suppression_id` is what can be lifted."""

    kind: AddressKind
    address: str
    channel_id: str
    channel_name: str
    state: ConsentStatus
    suppression_id: str | None
    since: datetime | None
    source: ConsentSource | None
    word: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsent:
    """What was said or found out at one time."""

    id: str
    kind: AddressKind
    address: str
    channel_id: str
    consent: Consent
    source: ConsentSource
    word: str | None
    at: datetime
    event_id: str | None
    agent_id: str | None


async def list_states(
    conn: Connection, customer_id: int, contact_id: str, most: int
) -> list[ConsentState]:
    """List what holds for each address of a contact and each channel, by address and channel."""
    async with conn.cursor(row_factory=class_row(ConsentState)) as cursor:
        await cursor.execute(
            _LIST_STATES, {"customer_id": customer_id, "contact_id": contact_id, "limit": most}
        )
        return await cursor.fetchall()


async def list_records(
    conn: Connection, customer_id: int, contact_id: str, *, after: Position | None, limit: int
) -> list[StoredConsent]:
    """List up to `limit` entries of all addresses of a contact, the newest first."""
    edge = after or END
    parameters: Mapping[str, object] = {
        "customer_id": customer_id,
        "contact_id": contact_id,
        "edge_at": edge.at,
        "edge_id": edge.id,
        "limit": limit,
    }
    async with conn.cursor(row_factory=class_row(StoredConsent)) as cursor:
        await cursor.execute(_LIST_RECORDS, parameters)
        return await cursor.fetchall()
