"""Addresses, each stored once under a collision-safe hash, and the contacts behind them.

Knows nothing of messages; the values come canonical.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.address import Address
from domain.identity import contact_id, hash64
from store.database import Connection
from store.hash_collisions import Hashed, HashOf, Key, store_hashed
from store.sql import statements

_SQL = statements("addresses")
_INSERT_ADDRESSES = _SQL["insert_addresses"]
_READ_ADDRESSES = _SQL["read_addresses"]
_INTRODUCE_CONTACTS = _SQL["introduce_contacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetAddress:
    """An address that occurs in a message; an outside one has a contact.

    `name` is what the contact is called if this makes it; one that is there keeps its name.
    """

    customer_id: int
    address: Address
    is_validated: bool
    is_outside: bool
    name: str | None = None

    @property
    def contact_id(self) -> str | None:
        return contact_id(self.customer_id, str(self.address)) if self.is_outside else None


async def ensure_addresses(
    conn: Connection, met: Collection[MetAddress], hash_of: HashOf = hash64
) -> dict[tuple[int, Address], int]:
    """Store addresses and contacts that are new; return the hash of each (customer, address)."""

    async def insert_new(rows: Sequence[Hashed[MetAddress]]) -> set[Key]:
        cursor = await conn.execute(_INSERT_ADDRESSES, _columns(rows))
        return {(row[0], row[1]) for row in await cursor.fetchall()}

    async def find_same(rows: Sequence[Hashed[MetAddress]]) -> set[MetAddress]:
        cursor = await conn.execute(_READ_ADDRESSES, _columns(rows))
        stored = {(row[0], row[1]): row[2:] for row in await cursor.fetchall()}
        same = [row for row in rows if _is_same(row.item, stored.get(row.key))]
        strangers = [row for row in same if row.item.is_outside and not stored[row.key][2]]
        if strangers:
            await conn.execute(_INTRODUCE_CONTACTS, _columns(strangers))
        return {row.item for row in same}

    def identify(found: MetAddress) -> tuple[int, str]:
        return found.customer_id, str(found.address)

    hashes = await store_hashed(_merged(met), identify, hash_of, insert_new, find_same)
    return {(found.customer_id, found.address): hashed for found, hashed in hashes.items()}


def _merged(met: Collection[MetAddress]) -> list[MetAddress]:
    """Keep one of each address: the outside one, where it occurs both ways."""
    merged: dict[tuple[int, Address], MetAddress] = {}
    for found in met:
        key = (found.customer_id, found.address)
        if key not in merged or found.is_outside:
            merged[key] = found
    return list(merged.values())


def _is_same(met: MetAddress, stored: Sequence[object] | None) -> bool:
    return stored is not None and tuple(stored[:2]) == (met.address.kind, met.address.value)


def _columns(rows: Sequence[Hashed[MetAddress]]) -> dict[str, list[object]]:
    return {
        "customer_ids": [row.customer_id for row in rows],
        "hashes": [row.hash for row in rows],
        "kinds": [row.item.address.kind for row in rows],
        "values": [row.item.address.value for row in rows],
        "validated": [row.item.is_validated for row in rows],
        "contact_ids": [row.item.contact_id for row in rows],
        "names": [row.item.name for row in rows],
    }
