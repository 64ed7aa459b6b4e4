"""Two texts never share a row, and one text never has two, whatever their hashes do."""

import asyncio

import pytest
from conftest import OpenConnection
from flows import until_blocked

from domain.identity import hash64
from store.bodies import Body, ensure_bodies
from store.database import Connection
from store.hash_collisions import HashOf


def _constant(_text: str, probe: int) -> int:
    """Collide with everything at every probe."""
    return probe


def _collides_twice(text: str, probe: int) -> int:
    return probe if probe < 2 else hash64(text, probe)


_HASHES: dict[str, HashOf] = {
    "constant": _constant,
    "collides twice": _collides_twice,
    "real": hash64,
}
_TEXTS = ("", " ", "a", "A", "á", "a\u0301", "👋", "\\N", "NULL", "{a,b}", '"', "x" * 100_000)


async def _check(conn: Connection, hashes: dict[Body, int]) -> None:
    cursor = await conn.execute("SELECT customer_id, text, hash FROM bodies")
    rows = await cursor.fetchall()
    assert {(row[0], row[1]): row[2] for row in rows} == hashes
    assert len(rows) == len(hashes)


@pytest.mark.parametrize("name", _HASHES)
async def test_texts_that_collide_in_one_batch(open_connection: OpenConnection, name: str) -> None:
    async with open_connection() as conn:
        bodies = [(customer, text) for text in _TEXTS for customer in (1, 2)]
        hashes = await ensure_bodies(conn, bodies, _HASHES[name])
        assert hashes.keys() == set(bodies)
        await _check(conn, hashes)
        assert await ensure_bodies(conn, bodies[::-1] + bodies[:3], _HASHES[name]) == hashes
        await _check(conn, hashes)


@pytest.mark.parametrize("name", _HASHES)
async def test_texts_that_collide_with_stored_ones(
    open_connection: OpenConnection, name: str
) -> None:
    async with open_connection() as conn:
        hashes: dict[Body, int] = {}
        for batch in ("b", "ab", "cba", "db", "ea", "fedcba"):
            found = await ensure_bodies(conn, {(1, text) for text in batch}, _HASHES[name])
            assert all(hashes.get(body, found[body]) == found[body] for body in found)
            hashes |= found
            await _check(conn, hashes)


@pytest.mark.parametrize("name", _HASHES)
async def test_texts_that_collide_between_two_workers(
    open_connection: OpenConnection, name: str
) -> None:
    async def in_transaction(conn: Connection, texts: str) -> dict[Body, int]:
        async with conn.transaction():
            return await ensure_bodies(conn, {(1, text) for text in texts}, _HASHES[name])

    async with open_connection() as one, open_connection() as other, open_connection() as watcher:
        async with one.transaction():
            first = await ensure_bodies(one, {(1, "a"), (1, "b")}, _HASHES[name])
            waiting = asyncio.create_task(in_transaction(other, "cbd"))
            await until_blocked(watcher)
        second = await waiting
        assert second[1, "b"] == first[1, "b"]
        await _check(watcher, first | second)
