"""Addresses, each stored once under a collision-safe hash, and the contacts behind them.

Knows nothing of messages; the values come canonical.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.address import Address
from domain.identity import contact_id, hash64
from store.database import Connection
from store.probing import HashOf, Key, Placed, place
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

    async def insert_new(placed: Sequence[Placed[MetAddress]]) -> set[Key]:
        cursor = await conn.execute(_INSERT_ADDRESSES, _columns(placed))
        return {(row[0], row[1]) for row in await cursor.fetchall()}

    async def find_same(placed: Sequence[Placed[MetAddress]]) -> set[MetAddress]:
        cursor = await conn.execute(_READ_ADDRESSES, _columns(placed))
        stored = {(row[0], row[1]): row[2:] for row in await cursor.fetchall()}
        same = [one for one in placed if _is_same(one.item, stored.get(one.key))]
        strangers = [one for one in same if one.item.is_outside and not stored[one.key][2]]
        if strangers:
            await conn.execute(_INTRODUCE_CONTACTS, _columns(strangers))
        return {one.item for one in same}

    def identify(one: MetAddress) -> tuple[int, str]:
        return one.customer_id, str(one.address)

    hashes = await place(_merged(met), identify, hash_of, insert_new, find_same)
    return {(one.customer_id, one.address): hashed for one, hashed in hashes.items()}


def _merged(met: Collection[MetAddress]) -> list[MetAddress]:
    """Keep one of each address: the outside one, where it occurs both ways."""
    merged: dict[tuple[int, Address], MetAddress] = {}
    for one in met:
        key = (one.customer_id, one.address)
        if key not in merged or one.is_outside:
            merged[key] = one
    return list(merged.values())


def _is_same(met: MetAddress, stored: Sequence[object] | None) -> bool:
    return stored is not None and tuple(stored[:2]) == (met.address.kind, met.address.value)


def _columns(placed: Sequence[Placed[MetAddress]]) -> dict[str, list[object]]:
    return {
        "customer_ids": [one.customer_id for one in placed],
        "hashes": [one.hash for one in placed],
        "kinds": [one.item.address.kind for one in placed],
        "values": [one.item.address.value for one in placed],
        "validated": [one.item.is_validated for one in placed],
        "contact_ids": [one.item.contact_id for one in placed],
        "names": [one.item.name for one in placed],
    }
