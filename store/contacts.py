"""Contacts: who is behind which addresses, which of them were found to be one person.

Knows neither who may change that nor why.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.address import Address, AddressKind
from domain.suppression import SuppressionReason
from store.addresses import MetAddress, ensure_addresses
from store.database import Connection
from store.sql import statements

_SQL = statements("contacts")
_LIST = _SQL["list_contacts"]
_FIND = _SQL["find_contact"]
_LIST_ADDRESSES = _SQL["list_contact_addresses"]
_LIST_MERGES = _SQL["list_contact_merges"]
_HOLD = _SQL["hold_contacts"]
_RENAME = _SQL["rename_contact"]
_FIND_OWNER = _SQL["find_owner"]
_GIVE = _SQL["give_address"]
_MOVE_ALL = _SQL["move_all_addresses"]
_MOVE_BACK = _SQL["move_addresses_back"]
_REPLACE = _SQL["replace_contact"]
_RECORD_MERGE = _SQL["record_contact_merge"]
_HOLD_MERGE = _SQL["hold_contact_merge"]
_UNDO_MERGE = _SQL["undo_contact_merge"]

BEFORE_ALL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContact:
    id: str
    name: str | None
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAddress:
    """An address of a contact; what is of its suppression is None where it is written to."""

    contact_id: str
    kind: AddressKind
    value: str
    is_validated: bool
    suppression_id: str | None
    suppression_reason: SuppressionReason | None
    suppressed_since: datetime | None
    suppressed_channel_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingMerge:
    """A merge that can be undone: `from_id` became part of `into_id`."""

    into_id: str
    id: str
    from_id: str
    merged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldContact:
    id: str
    name: str | None
    merged_into: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMerge:
    from_id: str
    into_id: str
    address_hashes: Sequence[int]
    into_name_before: str | None
    undone_at: datetime | None


async def list_contacts(
    conn: Connection,
    customer_id: int,
    *,
    addresses: Collection[Address],
    after_id: str,
    limit: int,
) -> list[StoredContact]:
    """List up to `limit` contacts by id; with addresses, those behind any of them."""
    async with conn.cursor(row_factory=class_row(StoredContact)) as cursor:
        await cursor.execute(
            _LIST,
            {
                "customer_id": customer_id,
                "after_id": after_id,
                "kinds": [address.kind for address in addresses] or None,
                "values": [address.value for address in addresses] or None,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def find_contact(conn: Connection, customer_id: int, contact_id: str) -> StoredContact | None:
    """Find a contact, or the one that took its place."""
    async with conn.cursor(row_factory=class_row(StoredContact)) as cursor:
        await cursor.execute(_FIND, {"customer_id": customer_id, "id": contact_id})
        return await cursor.fetchone()


async def list_contact_addresses(
    conn: Connection, customer_id: int, ids: Collection[str]
) -> list[ContactAddress]:
    """List the addresses of contacts, grouped by contact."""
    async with conn.cursor(row_factory=class_row(ContactAddress)) as cursor:
        await cursor.execute(_LIST_ADDRESSES, {"customer_id": customer_id, "ids": list(ids)})
        return await cursor.fetchall()


async def list_contact_merges(
    conn: Connection, customer_id: int, ids: Collection[str]
) -> list[StandingMerge]:
    """List what was merged into contacts, oldest first."""
    async with conn.cursor(row_factory=class_row(StandingMerge)) as cursor:
        await cursor.execute(_LIST_MERGES, {"customer_id": customer_id, "ids": list(ids)})
        return await cursor.fetchall()


async def hold_contacts(
    conn: Connection, customer_id: int, ids: Collection[str]
) -> dict[str, HeldContact]:
    """Hold contacts; what is not there is left out."""
    async with conn.cursor(row_factory=class_row(HeldContact)) as cursor:
        await cursor.execute(_HOLD, {"customer_id": customer_id, "ids": list(ids)})
        return {contact.id: contact for contact in await cursor.fetchall()}


async def rename_contact(
    conn: Connection, customer_id: int, contact_id: str, name: str | None
) -> int:
    """Give a contact that is held a name, or none; return its version."""
    parameters = {"customer_id": customer_id, "id": contact_id, "name": name}
    return await _one_integer(conn, _RENAME, parameters)


async def attach_address(
    conn: Connection, customer_id: int, contact_id: str, address: Address, *, is_validated: bool
) -> str | None:
    """Put a contact behind an address, storing it if need be, unless somebody is behind it.

    Returns whose the address was before; None where it was nobody's.
    """
    met = MetAddress(
        customer_id=customer_id, address=address, is_validated=is_validated, is_outside=False
    )
    hashes = await ensure_addresses(conn, [met])
    parameters = {
        "customer_id": customer_id,
        "hash": hashes[customer_id, address],
        "id": contact_id,
    }
    row = await (await conn.execute(_FIND_OWNER, parameters)).fetchone()
    if row is None or row[0] is None:
        await conn.execute(_GIVE, parameters)
        return None
    return row[0]


async def move_all_addresses(
    conn: Connection, customer_id: int, from_id: str, into_id: str
) -> list[int]:
    """Put another contact behind all addresses of one; return their hashes."""
    parameters = {"customer_id": customer_id, "from_id": from_id, "into_id": into_id}
    return sorted(row[0] for row in await (await conn.execute(_MOVE_ALL, parameters)).fetchall())


async def move_addresses_back(conn: Connection, customer_id: int, merge: HeldMerge) -> list[int]:
    """Give back what a merge moved and is still there; return the hashes."""
    parameters = {
        "customer_id": customer_id,
        "from_id": merge.from_id,
        "into_id": merge.into_id,
        "hashes": list(merge.address_hashes),
    }
    return sorted(row[0] for row in await (await conn.execute(_MOVE_BACK, parameters)).fetchall())


async def replace_contact(
    conn: Connection, customer_id: int, from_id: str, into_id: str | None
) -> int:
    """Let a contact that is held take another's place, or with None no longer; return a version."""
    parameters = {"customer_id": customer_id, "from_id": from_id, "into_id": into_id}
    return await _one_integer(conn, _REPLACE, parameters)


async def record_contact_merge(
    conn: Connection, customer_id: int, merge_id: str, merge: HeldMerge, agent_id: str | None
) -> None:
    """Remember what it takes to undo a merge."""
    await conn.execute(
        _RECORD_MERGE,
        {
            "customer_id": customer_id,
            "id": merge_id,
            "from_id": merge.from_id,
            "into_id": merge.into_id,
            "hashes": list(merge.address_hashes),
            "into_name_before": merge.into_name_before,
            "agent_id": agent_id,
        },
    )


async def hold_contact_merge(conn: Connection, customer_id: int, merge_id: str) -> HeldMerge | None:
    """Hold a merge that is about to be undone."""
    async with conn.cursor(row_factory=class_row(HeldMerge)) as cursor:
        await cursor.execute(_HOLD_MERGE, {"customer_id": customer_id, "id": merge_id})
        return await cursor.fetchone()


async def undo_contact_merge(conn: Connection, customer_id: int, merge_id: str) -> None:
    """Note that a merge no longer stands."""
    await conn.execute(_UNDO_MERGE, {"customer_id": customer_id, "id": merge_id})


async def _one_integer(conn: Connection, statement: bytes, parameters: Mapping[str, object]) -> int:
    row = await (await conn.execute(statement, parameters)).fetchone()
    if row is None:
        raise RuntimeError("a contact that was held is not there")
    return row[0]
