"""What every provider in the registry must do when a delivery goes through the whole house.

How deliveries are made: tests/http/family_house.py.
"""

from dataclasses import replace

from family_house import (
    NEW,
    OLD,
    RETIRED,
    Member,
    accept,
    bodies,
    delivery_to,
    family,
    house_of,
    refuse,
    signing_family,
    work,
)
from whole_house import MAX_BODY_BYTES


@family
async def test_valid(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        await accept(house, delivery_to(house.channels["strict"]))
        assert await work(house) == 1
        assert await bodies(house) == ["Hello"]
        assert await house.event_statuses() == ["processed"]


@family
async def test_repeated(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        await accept(house, delivery)
        await accept(house, delivery)
        assert await work(house) == 1
        await accept(house, delivery)
        assert await work(house) == 0
        assert await bodies(house) == ["Hello"]


@signing_family
async def test_tampered(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        tampered = replace(delivery, body=delivery.body.replace(b"1", b"2"))
        await refuse(house, tampered, 401, "bad_signature")


@family
async def test_unsigned(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        unsigned = delivery_to(house.channels["strict"], secret="")
        await refuse(house, unsigned, 401, "bad_signature")


@family
async def test_rotated_secret(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        strict = house.channels["strict"]
        await refuse(house, delivery_to(strict, secret=RETIRED), 401, "bad_signature")
        await accept(house, delivery_to(strict, "with the new", 1, NEW))
        await accept(house, delivery_to(strict, "with the old", 2, OLD))
        assert await work(house, "with the new", "with the old") == 2
        assert await bodies(house) == ["with the new", "with the old"]


@signing_family
async def test_truncated(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        for length in (0, 1, len(delivery.body) // 2, len(delivery.body) - 1):
            cut = replace(delivery, body=delivery.body[:length])
            await refuse(house, cut, 401, "bad_signature")


@family
async def test_oversize(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        larger = replace(delivery, body=delivery.body + b" " * MAX_BODY_BYTES)
        await refuse(house, larger, 413, "too_large")


@family
async def test_unknown_type(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["lax"])
        await accept(house, replace(delivery, body=b'{"type": "telegram"}'))
        await accept(house, delivery)
        assert await work(house) == 2
        assert await house.event_statuses() == ["dead_letter", "processed"]
        assert await bodies(house) == ["Hello"]


@family
async def test_nul_byte(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        await accept(house, delivery_to(house.channels["strict"], "Hel\0lo"))
        await work(house, "Hel\0lo")
        assert await bodies(house) == ["Hello"]


@family
async def test_emoji(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        text = "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 é \u202eabc"
        await accept(house, delivery_to(house.channels["strict"], text))
        await work(house, text)
        assert await bodies(house) == [text]
