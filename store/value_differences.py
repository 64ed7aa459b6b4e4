"""Addresses and texts whose values are not those of their hashes, and what was made of HTML texts.

A value lies under its hash, or under that of one of a few probes where another was there first.
Knows nothing of messages but which events may tell a value again.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.address import Address
from domain.identity import hash64
from domain.mail_html import CLEANING, CleanMail
from store.database import Connection
from store.sql import statements

_SQL = statements("value_differences")
_READ_ADDRESSES = _SQL["read_addresses"]
_READ_BODIES = _SQL["read_bodies"]
_READ_CLEAN = _SQL["read_clean_bodies"]
_EVENTS_OF_ADDRESS = _SQL["list_events_of_address"]
_EVENTS_OF_BODY = _SQL["list_events_of_body"]
_MEND_ADDRESS = _SQL["mend_address"]
_MEND_BODY = _SQL["mend_body"]

_MOST_PROBES = 8
_MOST_EVENTS = 20


class KeptClean(NamedTuple):
    """An HTML text and what is kept of it to be shown."""

    text: str
    clean: CleanMail


def lies_under(value: str, hashed: int) -> bool:
    """Say whether a value may lie under a hash, at some probe."""
    return any(hash64(value, probe) == hashed for probe in range(_MOST_PROBES))


async def list_strange_addresses(
    conn: Connection, customer_id: int, hashes: Sequence[str]
) -> list[str]:
    """List the hashes of these addresses whose values are not theirs."""
    cursor = await conn.execute(_READ_ADDRESSES, _of(customer_id, hashes))
    return [row[0] for row in await cursor.fetchall() if not lies_under(row[1], int(row[0]))]


async def list_strange_bodies(
    conn: Connection, customer_id: int, hashes: Sequence[str]
) -> list[str]:
    """List the hashes of these texts that are not theirs."""
    cursor = await conn.execute(_READ_BODIES, _of(customer_id, hashes))
    return [row[0] for row in await cursor.fetchall() if not lies_under(row[1], int(row[0]))]


async def read_kept_clean(
    conn: Connection, customer_id: int, hashes: Sequence[str]
) -> dict[str, KeptClean]:
    """Read what is kept clean by the rules of now, by hash."""
    wanted = _of(customer_id, hashes) | {"cleaning": CLEANING}
    rows = await (await conn.execute(_READ_CLEAN, wanted)).fetchall()
    return {
        hashed: KeptClean(text, CleanMail(html=html, html_with_images=with_images))
        for hashed, text, html, with_images in rows
    }


async def list_events_of_address(conn: Connection, customer_id: int, hashed: str) -> list[str]:
    """List some events that may tell an address again."""
    return await _events(conn, _EVENTS_OF_ADDRESS, customer_id, hashed)


async def list_events_of_body(conn: Connection, customer_id: int, hashed: str) -> list[str]:
    """List some events that may tell a text again; looks through all messages of the customer."""
    return await _events(conn, _EVENTS_OF_BODY, customer_id, hashed)


async def mend_address(conn: Connection, customer_id: int, hashed: str, address: Address) -> None:
    """Give an address its value again."""
    wanted = {"customer_id": customer_id, "hash": int(hashed)}
    await conn.execute(_MEND_ADDRESS, wanted | {"kind": address.kind, "value": address.value})


async def mend_body(conn: Connection, customer_id: int, hashed: str, text: str) -> None:
    """Give a hash its text again; what was made of the wrong one is not kept."""
    wanted = {"customer_id": customer_id, "hash": int(hashed), "text": text}
    await conn.execute(_MEND_BODY, wanted)


async def _events(conn: Connection, statement: bytes, customer_id: int, hashed: str) -> list[str]:
    wanted = {"customer_id": customer_id, "hash": int(hashed), "most": _MOST_EVENTS}
    return [row[0] for row in await (await conn.execute(statement, wanted)).fetchall()]


def _of(customer_id: int, hashes: Sequence[str]) -> dict[str, object]:
    return {"customer_id": customer_id, "hashes": [int(hashed) for hashed in hashes]}
