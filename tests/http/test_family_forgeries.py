"""What of a delivery each provider's signature covers, and for how long, through the whole house.

Also what is posted many times at once, cut, or in a batch of which an element is odd.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from family_house import (
    MEMBERS,
    UNSIGNED_BODIES,
    Member,
    accept,
    bodies,
    conversations,
    delivery_to,
    family,
    house_of,
    parameters,
    refuse,
    work,
)
from whole_house import House

from domain.delivery import Delivery
from domain.form import FORM
from store.database import connect

_SIGNING_URLS = frozenset({"bird", "mandrill", "messagebird", "plivo", "twilio"})
# Those whose signature has a time in it; it is good for some days at most.
_SIGNING_TIMES = frozenset(
    {"bird", "generic", "mailgun", "messagebird", "resend", "sinch", "telnyx", "vonage"}
)
_LONG_AGO = timedelta(days=5)
_MANY = 50
_REASONS = b"SELECT reason FROM quarantined_deliveries ORDER BY id"


def of(names: frozenset[str]) -> pytest.MarkDecorator:
    """Take those members; each name is one."""
    assert names <= {member.provider for member in MEMBERS}
    return parameters([member for member in MEMBERS if member.provider in names])


async def reasons(house: House) -> list[str]:
    """List why deliveries are in quarantine."""
    async with await connect(house.database_url, "tests") as conn:
        return [row[0] for row in await (await conn.execute(_REASONS)).fetchall()]


@of(_SIGNING_URLS)
async def test_tampered_url(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        await refuse(house, replace(delivery, url=f"{delivery.url}?a=b"), 401, "bad_signature")
        assert await reasons(house) == ["bad_signature"]


@family
async def test_a_url_of_nobody(member: Member, database_url: str) -> None:
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        token = house.channels["strict"].token
        for url in (
            delivery.url.replace(token, token[::-1]),
            delivery.url.replace(f"/{member.provider}/", "/nobody/"),
        ):
            assert (await house.post(replace(delivery, url=url))).status_code == 404
        assert await house.event_statuses() == []


@family
async def test_stale(member: Member, database_url: str) -> None:
    """What was signed long ago is refused where the scheme has a time, and else comes in once."""
    async with house_of(member, database_url) as house:
        old = delivery_to(house.channels["strict"], ago=_LONG_AGO)
        if member.provider in _SIGNING_TIMES:
            await refuse(house, old, 401, "bad_signature")
            assert await reasons(house) == ["stale_signature"]
        else:
            await accept(house, old)
            await work(house)
            await accept(house, old)
            await work(house)
            assert await bodies(house) == ["Hello"]


@family
async def test_many_at_once(member: Member, database_url: str) -> None:
    """Source: courier looks, inserts, and then notes: two at once are two messages there."""
    async with house_of(member, database_url) as house, house.serve_again() as other:
        delivery = delivery_to(house.channels["strict"])
        posts = [house.post(delivery, other if n % 2 else None) for n in range(_MANY)]
        answers = {(each.status_code, each.content) for each in await asyncio.gather(*posts)}
        assert len(answers) == 1
        await accept(house, delivery)
        assert await work(house) == 1
        assert await bodies(house) == ["Hello"]
        [conversation] = await conversations(house)
        assert conversation["message_count"] == 1


# Of a mail the beginning is a mail; Mailgun has its signature in the body.
@of(UNSIGNED_BODIES - {"mailgun", "smtp"})
async def test_cut_with_the_right_password(member: Member, database_url: str) -> None:
    """What is cut is kept, and neither a message nor in the way of the whole one."""
    async with house_of(member, database_url) as house:
        delivery = delivery_to(house.channels["strict"])
        for length in (0, 1, len(delivery.body) // 4):
            await accept(house, replace(delivery, body=delivery.body[:length]))
        await accept(house, delivery)
        await work(house)
        assert await bodies(house) == ["Hello"]
        assert (await house.event_statuses()).count("processed") == 1


_COVERING_EVERY_FIELD = frozenset({"messagebird", "plivo", "twilio"})


@of(_COVERING_EVERY_FIELD | {"vonage"})
async def test_repeated_form_keys(member: Member, database_url: str) -> None:
    """Where all fields are signed none can be added; a form that has each twice is one message."""
    async with house_of(member, database_url) as house:
        if member.provider in _COVERING_EVERY_FIELD:
            delivery = delivery_to(house.channels["strict"])
            forged = replace(delivery, body=delivery.body + b"&" + _other_values(delivery))
            await refuse(house, forged, 401, "bad_signature")
        lax = _as_form(delivery_to(house.channels["lax"]))
        await accept(house, replace(lax, body=lax.body + b"&" + lax.body))
        await work(house)
        assert await bodies(house) == ["Hello"]


@of(frozenset({"mandrill"}))
async def test_a_batch_that_comes_twice_in_a_form_is_none(
    member: Member, database_url: str
) -> None:
    async with house_of(member, database_url) as house:
        lax = delivery_to(house.channels["lax"])
        await accept(house, replace(lax, body=lax.body + b"&" + lax.body))
        await work(house)
        assert await house.event_statuses() == ["dead_letter"]


def _as_form(delivery: Delivery) -> Delivery:
    """Write as a form what is posted as JSON, as Vonage does if its account says so."""
    if delivery.content_type.startswith(FORM):
        return delivery
    body = urlencode(msgspec.json.decode(delivery.body, type=dict[str, str])).encode()
    return replace(delivery, body=body, headers={"content-type": FORM})


def _other_values(delivery: Delivery) -> bytes:
    fields = parse_qsl(delivery.body.decode(), keep_blank_values=True)
    return urlencode([(name, f"{value}x") for name, value in fields]).encode()


def _array(bodies: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(body.strip()[1:-1] for body in bodies) + b',7,{"type":"x"},[]]'


def _listed(field: str) -> Callable[[Sequence[bytes]], bytes]:
    def write(bodies: Sequence[bytes]) -> bytes:
        whole = [element for body in bodies for element in msgspec.json.decode(body)[field]]
        return msgspec.json.encode({field: [*whole[:1], 7, {"a": 1}, *whole[1:], None]})

    return write


def _form_field(field: str) -> Callable[[Sequence[bytes]], bytes]:
    def write(bodies: Sequence[bytes]) -> bytes:
        fields = [dict(parse_qsl(body.decode())) for body in bodies]
        return urlencode({field: _array([each[field].encode() for each in fields])}).encode()

    return write


# SendGrid's and Sinch's batches are of receipts alone: tests/unit.
# How several messages of a provider and some elements that are none are one delivery.
_BATCHES: Mapping[str, Callable[[Sequence[bytes]], bytes]] = {
    "bandwidth": _array,
    "brevo": _listed("items"),
    "infobip": _listed("results"),
    "mandrill": _form_field("mandrill_events"),
}


@of(frozenset(_BATCHES))
async def test_a_batch_with_odd_elements(member: Member, database_url: str) -> None:
    """Source: courier reads the first element of Bandwidth's array, or none of Infobip's."""
    async with house_of(member, database_url) as house:
        lax = house.channels["lax"]
        texts = ["first", "second", "third"]
        singles = [delivery_to(lax, text, number) for number, text in enumerate(texts, 1)]
        body = _BATCHES[member.provider]([single.body for single in singles])
        await accept(house, replace(singles[0], body=body))
        await accept(house, replace(singles[0], body=body))
        await work(house, *texts)
        assert await bodies(house) == sorted(texts)
        statuses = await house.event_statuses()
        assert statuses.count("processed") == len(texts)
        assert set(statuses) == {"processed", "dead_letter"}
