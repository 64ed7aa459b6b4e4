"""Contacts: found by address, named, merged with all they have, taken apart again."""

import pytest
from conftest import OpenConnection
from flows import ANN, BEN, CAT, an_sms, conversations, make_channel, record, values, work

from app.ids import new_id
from domain.actor import Actor
from domain.address import Address
from domain.errors import Conflict, NotFound, ValidationFailed, VersionMismatch
from inbox.contacts.actions import (
    ContactMerged,
    add_address,
    merge_contacts,
    name_contact,
    undo_merge,
)
from store.contacts import BEFORE_ALL, find_contact, list_contacts
from store.database import Connection

_PROGRAM = Actor(customer_id=1)
_DANA = Address("email", "dana@example.org")


async def _contact_of(conn: Connection, value: str) -> str:
    owners = await values(conn, b"SELECT contact_id FROM addresses WHERE value = %s", value)
    return str(owners[0])


async def _merge(conn: Connection, taken: str, into: str) -> ContactMerged:
    async with conn.transaction():
        return await merge_contacts(
            conn, _PROGRAM, new_ids=(new_id(), new_id()), from_id=taken, into_id=into
        )


async def _undo(conn: Connection, merge_id: str) -> ContactMerged:
    async with conn.transaction():
        return await undo_merge(conn, _PROGRAM, entry_id=new_id(), merge_id=merge_id)


async def _name(conn: Connection, named: str, name: str | None, version: int | None = None) -> str:
    async with conn.transaction():
        return await name_contact(
            conn, _PROGRAM, entry_id=new_id(), named=named, name=name, version=version
        )


async def _attach(conn: Connection, named: str, address: Address) -> str:
    async with conn.transaction():
        return await add_address(
            conn, _PROGRAM, entry_id=new_id(), named=named, address=address, is_validated=True
        )


async def _three(database_url: str, conn: Connection) -> tuple[str, str, str]:
    channel = await make_channel(conn, "sms")
    await record(conn, channel, *(an_sms(person, person) for person in (ANN, BEN, CAT)))
    await work(database_url)
    ann, ben, cat = [await _contact_of(conn, person) for person in (ANN, BEN, CAT)]
    return ann, ben, cat


async def test_a_merge_moves_addresses_and_its_undo_moves_them_back(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ann, ben, cat = await _three(database_url, conn)
        await _name(conn, ann, "Ann")
        merged = await _merge(conn, ann, ben)
        assert (merged.into_id, merged.moved) == (ben, 1)
        assert await _contact_of(conn, ANN) == ben
        found = await find_contact(conn, 1, ann)
        assert found is not None
        assert (found.id, found.name) == (ben, "Ann")
        listed = await list_contacts(conn, 1, addresses=(), after_id=BEFORE_ALL, limit=10)
        assert {contact.id for contact in listed} == {ben, cat}
        (sought,) = await list_contacts(
            conn, 1, addresses=[Address("phone", ANN)], after_id=BEFORE_ALL, limit=10
        )
        assert sought.id == ben
        undone = await _undo(conn, merged.merge_id)
        assert undone.moved == 1
        assert (await _contact_of(conn, ANN), await _contact_of(conn, BEN)) == (ann, ben)
        names = b"SELECT name FROM contacts WHERE id = ANY(%s::uuid[]) ORDER BY name"
        assert await values(conn, names, [ann, ben]) == ["Ann", None]
        with pytest.raises(Conflict):
            await _undo(conn, merged.merge_id)
        told = b"SELECT type FROM outbox WHERE type LIKE 'contact.%%' ORDER BY xid, seq"
        assert await values(conn, told) == [
            "contact.updated", "contact.merged", "contact.updated", "contact.updated",
            "contact.updated",
        ]  # fmt: skip
        actions = b"SELECT action FROM audit ORDER BY id"
        assert await values(conn, actions) == [
            "contact.renamed", "contact.merged", "contact.unmerged",
        ]  # fmt: skip


async def test_merges_in_a_row_are_undone_from_the_last(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ann, ben, cat = await _three(database_url, conn)
        first, second = await _merge(conn, ann, ben), await _merge(conn, ben, cat)
        assert second.moved == 2
        found = await find_contact(conn, 1, ann)
        assert found is not None
        assert found.id == cat
        with pytest.raises(Conflict):
            await _undo(conn, first.merge_id)
        with pytest.raises(Conflict):
            await _merge(conn, ann, cat)
        await _undo(conn, second.merge_id)
        await _undo(conn, first.merge_id)
        assert [await _contact_of(conn, person) for person in (ANN, BEN, CAT)] == [ann, ben, cat]


async def test_new_messages_respect_who_is_behind_an_address(
    database_url: str, open_connection: OpenConnection
) -> None:
    """From a worker that has never seen any of them."""
    async with open_connection() as conn:
        ann, ben, _ = await _three(database_url, conn)
        await _merge(conn, ann, ben)
        await _attach(conn, ben, Address("phone", "+14155550177"))
        channel = await make_channel(conn, "two", own_address="+14155550198")
        new = [
            an_sms(f"{person} again", person, "+14155550198") for person in (ANN, "+14155550177")
        ]
        await record(conn, channel, *new)
        await work(database_url)
        assert len(await conversations(conn)) == 5
        assert await _contact_of(conn, ANN) == ben
        assert await _contact_of(conn, "+14155550177") == ben


async def test_an_address_belongs_to_one_contact(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        ann, ben, _ = await _three(database_url, conn)
        assert await _attach(conn, ann, _DANA) == ann
        assert await _attach(conn, ann, _DANA) == ann
        with pytest.raises(Conflict):
            await _attach(conn, ben, _DANA)
        merged = await _merge(conn, ann, ben)
        assert merged.moved == 2
        assert await _attach(conn, ann, _DANA) == ben


async def test_what_cannot_be_done(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        ann, ben, _ = await _three(database_url, conn)
        with pytest.raises(NotFound):
            await _name(conn, new_id(), "Nobody")
        with pytest.raises(VersionMismatch):
            await _name(conn, ann, "Ann", version=7)
        with pytest.raises(NotFound):
            await _merge(conn, new_id(), ann)
        with pytest.raises(ValidationFailed):
            await _merge(conn, ann, new_id())
        with pytest.raises(Conflict):
            await _merge(conn, ann, ann)
        with pytest.raises(NotFound):
            await _undo(conn, new_id())
        merged = await _merge(conn, ann, ben)
        await conn.execute(
            b"UPDATE addresses SET contact_id = (SELECT contact_id FROM addresses WHERE value = %s)"
            b" WHERE value = %s",
            (CAT, ANN),
        )
        with pytest.raises(Conflict):
            await _undo(conn, merged.merge_id)
