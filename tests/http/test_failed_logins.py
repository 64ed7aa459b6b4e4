"""Keys that nobody has can be tried a few times a minute; who has one is let in all the while."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from contract import check_response
from page_house import log_in, text_of
from whole_house import House, KeyPlan, key_text, open_house

from domain.errors import TooManyRequests
from inbox.http.failed_keys import FailedKeys

_KEYS = {"reader": KeyPlan(), "neighbour-of-the-reader": KeyPlan()}
_WRONG = "inlet_wrong_key_of_nobody"


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, (), _KEYS) as house:
        yield house


async def _ask(client: httpx.AsyncClient, key: str) -> httpx.Response:
    response = await client.get("/api/me", headers={"authorization": f"Bearer {key}"})
    check_response(response)
    return response


async def test_the_page_says_in_words_when_to_try_again(database_url: str) -> None:
    async with _house(database_url) as house:
        answers = [await log_in(house.client, _WRONG) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        seconds = int(answers[-1].headers["retry-after"])
        assert 1 <= seconds <= 60
        assert f"Try again in {seconds} s." in text_of(answers[-1].text)
        assert (await log_in(house.client, key_text("reader"))).status_code == 303


async def test_a_neighbour_of_who_tries_wrong_keys_is_let_in(database_url: str) -> None:
    async with _house(database_url) as house:
        statuses = [(await _ask(house.client, _WRONG)).status_code for _ in range(60)]
        assert statuses == [401] * 5 + [429] * 55
        assert (await _ask(house.client, key_text("reader"))).status_code == 200


async def test_many_first_requests_at_once_are_let_in(database_url: str) -> None:
    keys = [f"key-{number:02}-of-many" for number in range(40)]
    async with open_house(database_url, (), {key: KeyPlan() for key in keys}) as house:
        texts = [key_text(key) for key in keys] + [key_text(keys[0])] * 40
        answers = await asyncio.gather(*(_ask(house.client, text) for text in texts))
        assert {answer.status_code for answer in answers} == {200}


async def test_who_was_let_in_is_so_however_many_wrong_keys_come_from_there(
    database_url: str,
) -> None:
    async with _house(database_url) as house:
        assert (await _ask(house.client, key_text("reader"))).status_code == 200
        statuses = [
            (await _ask(house.client, f"inlet_{number:08}_wrong")).status_code
            for number in range(40)
        ]
        assert statuses == [401] * 30 + [429] * 10
        assert (await _ask(house.client, key_text("reader"))).status_code == 200
        refused = await _ask(house.client, key_text("neighbour-of-the-reader"))
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_a_window_ends() -> None:
    failed = FailedKeys()
    for _ in range(5):
        failed.check("192.0.2.1", _WRONG, 0.0)
        failed.count("192.0.2.1", _WRONG, 0.0)
    with pytest.raises(TooManyRequests):
        failed.check("192.0.2.1", _WRONG, 59.0)
    failed.check("192.0.2.2", _WRONG, 59.0)
    failed.check("192.0.2.1", _WRONG, 60.0)


def test_the_addresses_of_one_network_count_as_one_and_a_prefix_everywhere() -> None:
    failed = FailedKeys()
    for number in range(5):
        failed.count(f"2001:db8::{number:x}", _WRONG, 0.0)
    with pytest.raises(TooManyRequests):
        failed.check("2001:db8::ffff", _WRONG, 0.0)
    for number in range(25):
        failed.count(f"192.0.2.{number}", _WRONG, 0.0)
    with pytest.raises(TooManyRequests):
        failed.check("198.51.100.1", _WRONG, 0.0)
    failed.check("198.51.100.1", "inlet_another_key", 0.0)


def test_behind_a_proxy_its_address_is_not_counted() -> None:
    failed = FailedKeys(counts_addresses=False)
    for number in range(1000):
        failed.count("192.0.2.1", f"inlet_{number:08}_wrong", 0.0)
    for _ in range(30):
        failed.count("192.0.2.1", _WRONG, 0.0)
    with pytest.raises(TooManyRequests):
        failed.check("192.0.2.1", _WRONG, 0.0)
