"""Two addresses never share a row, and one address never has two, whatever their hashes do."""

import asyncio
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import count_of, until_blocked, values

from domain.address import Address
from domain.identity import contact_id, hash64
from store.addresses import MetAddress, ensure_addresses
from store.database import Connection
from store.hash_collisions import HashOf


def _constant(_text: str, probe: int) -> int:
    """Collide with everything at every probe."""
    return probe


def _collides_twice(text: str, probe: int) -> int:
    return probe - 2 if probe < 2 else hash64(text, probe)


def _extreme(text: str, probe: int) -> int:
    """Use both ends of the range."""
    return (-(2**63), 2**63 - 1)[probe] if probe < 2 else hash64(text, probe)


_HASHES: dict[str, HashOf] = {
    "constant": _constant,
    "collides twice": _collides_twice,
    "extreme": _extreme,
    "real": hash64,
}


def _met(value: str, *, is_outside: bool = True, customer_id: int = 1) -> MetAddress:
    return MetAddress(
        customer_id=customer_id,
        address=Address("handle", value),
        is_validated=False,
        is_outside=is_outside,
    )


async def _check(conn: Connection, hashes: dict[tuple[int, Address], int]) -> None:
    """See that each address is stored once, at its hash, with the contact that follows from it."""
    cursor = await conn.execute("SELECT customer_id, kind, value, hash, contact_id FROM addresses")
    rows = await cursor.fetchall()
    stored = {(row[0], Address(row[1], row[2])): row[3] for row in rows}
    assert stored == hashes
    assert len(rows) == len(stored) == len({(row[0], row[3]) for row in rows})
    assert all(row[4] == contact_id(row[0], f"{row[1]}:{row[2]}") for row in rows)


@pytest.mark.parametrize("name", _HASHES)
async def test_values_that_collide_in_one_batch(open_connection: OpenConnection, name: str) -> None:
    async with open_connection() as conn:
        met = [_met(value) for value in ("a", "b", "c", "d", "e")]
        hashes = await ensure_addresses(conn, met, _HASHES[name])
        await _check(conn, hashes)
        again = await ensure_addresses(conn, list(reversed(met)), _HASHES[name])
        assert again == hashes
        await _check(conn, hashes)


@pytest.mark.parametrize("name", _HASHES)
async def test_values_that_collide_with_stored_ones(
    open_connection: OpenConnection, name: str
) -> None:
    async with open_connection() as conn:
        hashes: dict[tuple[int, Address], int] = {}
        for batch in ("b", "ab", "cba", "db", "ea", "fedcba"):
            hashes |= await ensure_addresses(conn, [_met(value) for value in batch], _HASHES[name])
            await _check(conn, hashes)
    assert len(hashes) == 6


async def test_kinds_are_different_addresses(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        email, handle = Address("email", "a@b.c"), Address("handle", "a@b.c")
        met = [
            MetAddress(customer_id=1, address=address, is_validated=False, is_outside=True)
            for address in (email, handle)
        ]
        await _check(conn, await ensure_addresses(conn, met, _constant))
        assert await count_of(conn, "contacts") == 2


async def test_customers_do_not_share_addresses(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await conn.execute("INSERT INTO customers (id, name) VALUES (2, 'two'), (3, 'three')")
        met = [_met("a", customer_id=customer) for customer in (1, 2, 3)]
        hashes = await ensure_addresses(conn, met)
        assert len(set(hashes.values())) == 1
        await _check(conn, hashes)


@pytest.mark.parametrize("hash_of", [_constant, hash64])
async def test_an_own_address_gets_a_contact_once_it_is_met_outside(
    open_connection: OpenConnection, hash_of: HashOf
) -> None:
    async with open_connection() as conn:
        await ensure_addresses(conn, [_met("x"), _met("own", is_outside=False)], hash_of)
        assert await values(conn, b"SELECT count(contact_id) FROM addresses") == [1]
        met = [_met("y"), _met("own")]
        hashes = await ensure_addresses(conn, met, hash_of)
        await ensure_addresses(conn, [_met("own", is_outside=False)], hash_of)
        await _check(conn, hashes | await ensure_addresses(conn, [_met("x")], hash_of))
        assert await count_of(conn, "contacts") == 3


async def test_met_both_ways_in_one_batch_is_met_outside(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        for order in permutations([_met("own"), _met("own", is_outside=False)]):
            await _check(conn, await ensure_addresses(conn, order))


@pytest.mark.parametrize("name", _HASHES)
async def test_values_that_collide_between_two_workers(
    open_connection: OpenConnection, name: str
) -> None:
    """The second insert waits for the first, then finds its key taken by another value."""
    async with open_connection() as one, open_connection() as other, open_connection() as watcher:
        async with one.transaction():
            first = await ensure_addresses(one, [_met("a"), _met("b")], _HASHES[name])
            waiting = asyncio.create_task(_in_transaction(other, ["c", "b", "d"], _HASHES[name]))
            await until_blocked(watcher)
        second = await waiting
        assert second[1, Address("handle", "b")] == first[1, Address("handle", "b")]
        await _check(watcher, first | second)


@pytest.mark.parametrize("name", _HASHES)
async def test_a_key_that_is_given_back_is_taken(
    open_connection: OpenConnection, name: str
) -> None:
    async with open_connection() as one, open_connection() as other, open_connection() as watcher:
        async with one.transaction(force_rollback=True):
            await ensure_addresses(one, [_met("a"), _met("b")], _HASHES[name])
            waiting = asyncio.create_task(_in_transaction(other, ["c", "b"], _HASHES[name]))
            await until_blocked(watcher)
        await _check(watcher, await waiting)


async def _in_transaction(
    conn: Connection, names: list[str], hash_of: HashOf
) -> dict[tuple[int, Address], int]:
    async with conn.transaction():
        return await ensure_addresses(conn, [_met(name) for name in names], hash_of)
