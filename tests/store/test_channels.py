"""Channels in the table: found by token, by name and by id; secrets stay sealed."""

import asyncio
from dataclasses import replace

from conftest import OpenConnection
from flows import until_blocked
from operator_samples import a_channel, second_customer, store_channel

from domain.sealing import Sealer
from store.channels import (
    StoredChannel,
    add_addresses,
    channels_of,
    every_channel,
    find_channel,
    find_channel_by_token,
    insert_channel,
    list_channels,
    remove_address,
)
from store.customers import find_customer

NO_ID = "01930000-0000-7000-8000-00000000ffff"


async def test_a_channel_comes_back_as_it_went_in(open_connection: OpenConnection) -> None:
    sealer = Sealer("a key")
    channel = replace(a_channel("support"), signature_mode="enforce", region="DE")
    stored = StoredChannel(
        channel=channel,
        sealed_secrets=sealer.seal(["new", "old"], channel.secrets_place),
        sealed_credential=sealer.seal(["an API key"], channel.credential_place),
    )
    async with open_connection() as conn:
        assert await insert_channel(conn, stored)
        found = await find_channel(conn, 1, channel.id)
    assert found is not None
    assert found == stored
    assert found.open(sealer) == replace(channel, secrets=("new", "old"), credential="an API key")


async def test_the_webhook_side_is_not_given_the_credential(
    open_connection: OpenConnection,
) -> None:
    channel = replace(a_channel("support"), signature_mode="enforce")
    sealed = Sealer("a key").seal(["an API key"], channel.secrets_place)
    stored = StoredChannel(channel=channel, sealed_secrets=sealed, sealed_credential=sealed)
    async with open_connection() as conn:
        assert await insert_channel(conn, stored)
        by_token = await find_channel_by_token(conn, channel.token)
        every = await every_channel(conn)
    assert [by_token, *every] == [replace(stored, sealed_credential=None)] * 2


async def test_a_second_channel_of_the_same_name_is_not_stored(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        first = await store_channel(conn, "support")
        second = replace(first, id=NO_ID, token="another-token-" + "y" * 8)
        assert not await insert_channel(conn, StoredChannel(channel=second, sealed_secrets=None))
        assert [entry.channel for entry in await list_channels(conn, 1)] == [first]


async def test_a_channel_is_found_by_name_and_by_id_within_its_customer(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        other = await second_customer(conn)
        mine = await store_channel(conn, "support")
        theirs = await store_channel(conn, "support", customer_id=other)
        for wanted in (mine.name, mine.id):
            found = await find_channel(conn, 1, wanted)
            assert found is not None
            assert found.channel == mine
        assert await find_channel(conn, 1, theirs.id) is None
        assert await find_channel(conn, 1, "sales") is None


async def test_an_id_is_stronger_than_a_name_that_looks_like_it(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        mine = await store_channel(conn, "support")
        await store_channel(conn, mine.id)
        found = await find_channel(conn, 1, mine.id)
    assert found is not None
    assert found.channel.name == "support"


async def test_a_wrong_token_finds_nothing(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await store_channel(conn, "support")
        assert await find_channel_by_token(conn, "no such token") is None


async def test_the_channels_of_a_batch_come_at_once_without_secrets(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        other = await second_customer(conn)
        sms = await store_channel(conn, "sms")
        theirs = await store_channel(conn, "email", "email", other)
        keys = [(1, sms.id), (other, theirs.id), (1, sms.id), (other, sms.id), (1, NO_ID)]
        found = await channels_of(conn, keys)
        assert await channels_of(conn, []) == {}
    assert found == {(1, sms.id): sms, (other, theirs.id): theirs}


async def test_a_channel_has_further_own_addresses_and_knows_all_of_its_customer(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        other = await second_customer(conn)
        pool = replace(
            a_channel("pool"), further_addresses=("+14155550198", "+14155550199", "+14155550197")
        )
        await insert_channel(conn, StoredChannel(channel=pool, sealed_secrets=None))
        await store_channel(conn, "mail", "email")
        await store_channel(conn, "theirs", "email", other)
        found = await find_channel(conn, 1, "pool")
        assert found is not None
        of_batch = (await channels_of(conn, [(1, pool.id)]))[1, pool.id]
        [_, listed] = [entry.channel for entry in await list_channels(conn, 1)]
    for channel in (found.channel, of_batch, listed):
        assert channel.own_addresses == ("+14155550199", "+14155550197", "+14155550198")
        assert channel.customer_addresses == {*channel.own_addresses, "help@example.com"}


async def test_a_further_own_address_is_added_once_and_removed(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "pool")
        addresses = ["+14155550198", channel.own_address]
        assert await add_addresses(conn, channel, addresses) == {"+14155550198"}
        assert await add_addresses(conn, channel, addresses) == frozenset()
        found = await find_channel(conn, 1, "pool")
        assert found is not None
        assert found.channel.further_addresses == ("+14155550198",)
        assert await remove_address(conn, channel, "+14155550198")
        assert not await remove_address(conn, channel, "+14155550198")
        assert not await remove_address(conn, channel, channel.own_address)


async def test_a_customer_is_found_by_name(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        assert await find_customer(conn, "default") == 1
        assert await find_customer(conn, "nobody") is None


async def test_of_two_who_add_an_address_at_once_one_learns_that_it_was_there(
    open_connection: OpenConnection,
) -> None:
    async with (
        open_connection() as conn,
        open_connection() as other,
        open_connection() as watcher,
    ):
        channel = await store_channel(conn, "pool")
        async with conn.transaction():
            assert await add_addresses(conn, channel, ["+14155550198"])
            late = asyncio.create_task(add_addresses(other, channel, ["+14155550198"]))
            await until_blocked(watcher)
        assert await late == frozenset()
