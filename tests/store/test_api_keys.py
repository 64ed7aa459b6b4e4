"""API keys in the table: only the hash, one customer each, and gone when revoked."""

from conftest import OpenConnection
from operator_samples import second_customer

from domain.api_key import ApiKey, hash_key
from store.api_keys import find_key, insert_key, list_keys, revoke_key
from store.database import Connection

ID = "01930000-0000-7000-8000-000000000001"
LATER_ID = "01930000-0000-7000-8000-000000000002"


async def _insert(
    conn: Connection, key: str, key_id: str = ID, scopes: tuple[str, ...] = ("admin",)
) -> bool:
    return await insert_key(
        conn, customer_id=1, key_id=key_id, name="ops", key_hash=hash_key(key), scopes=scopes
    )


async def test_a_key_is_found_by_its_hash(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        assert await _insert(conn, "inlet_a", scopes=("events:read", "events:replay"))
        found = await find_key(conn, hash_key("inlet_a"))
        assert await find_key(conn, hash_key("inlet_b")) is None
    scopes = frozenset({"events:read", "events:replay"})
    assert found == ApiKey(customer_id=1, id=ID, name="ops", scopes=scopes)


async def test_the_same_key_is_stored_once(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        assert await _insert(conn, "inlet_a")
        assert not await _insert(conn, "inlet_a", LATER_ID)
        assert [key.id for key in await list_keys(conn, 1)] == [ID]


async def test_a_revoked_key_is_found_no_more_but_listed(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await _insert(conn, "inlet_a")
        await _insert(conn, "inlet_b", LATER_ID)
        assert await revoke_key(conn, 1, ID)
        (newest, oldest) = await list_keys(conn, 1)
        assert await revoke_key(conn, 1, ID)
        assert (await list_keys(conn, 1))[1].revoked_at == oldest.revoked_at
        assert await find_key(conn, hash_key("inlet_a")) is None
        assert await find_key(conn, hash_key("inlet_b")) is not None
    assert (newest.id, newest.revoked_at) == (LATER_ID, None)
    assert oldest.revoked_at is not None


async def test_another_customers_key_cannot_be_revoked(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        other = await second_customer(conn)
        await _insert(conn, "inlet_a")
        assert not await revoke_key(conn, other, ID)
        assert await find_key(conn, hash_key("inlet_a")) is not None
        assert await list_keys(conn, other) == []
