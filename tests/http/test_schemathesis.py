"""Requests that the contract allows, and requests that it does not, as schemathesis invents them.

Every operation is called with a bounded number of both, in the same order at every run.
"""

import asyncio
from collections.abc import Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
import uvloop
import yaml
from contract import DOCUMENT, check_response, operations
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from test_cases import SUITE
from whole_house import PUBLIC_URL, House, bearer, open_house, url_of

_EXAMPLES = 25
# A stream does not end, so there is no answer to look at here; test_stream.py reads it.
_ENDING = [named for named in operations() if named != ("GET", "/api/stream")]
_CHECKS: Any = checks
_CONTRACT: Any = schemathesis.openapi.from_dict(yaml.safe_load(DOCUMENT.read_text("utf-8")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A house on an event loop of its own, for callers that have none."""

    house: House
    runner: asyncio.Runner

    def send(self, request: httpx.Request) -> httpx.Response:
        return self.runner.run(self.house.client.send(request))


@pytest.fixture
def running(database_url: str) -> Generator[Running]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        opened = open_house(database_url, SUITE.channels, SUITE.keys)
        house = runner.run(stack.enter_async_context(opened))
        runner.run(_begin_conversations(house))
        yield Running(house=house, runner=runner)
        runner.run(stack.aclose())


async def _begin_conversations(house: House) -> None:
    for kind, sender in (("sms", "+14155550123"), ("email", "ann@example.com")):
        message = {"from": sender, "provider_message_id": "m-1", "body": "Hello"}
        await house.client.post(url_of(house.channels[kind]), json=message)
    assert await house.work() == 2


@pytest.mark.parametrize("named", _ENDING, ids=" ".join)
def test_what_the_contract_allows(named: tuple[str, str], running: Running) -> None:
    _try(named, GenerationMode.POSITIVE, running)


@pytest.mark.parametrize(
    "named",
    [named for named in _ENDING if "{" in named[1] or "parameters" in operations()[named]],
    ids=" ".join,
)
def test_what_the_contract_does_not_allow(named: tuple[str, str], running: Running) -> None:
    _try(named, GenerationMode.NEGATIVE, running)


def _try(named: tuple[str, str], mode: GenerationMode, running: Running) -> None:
    method, path = named
    operation = _CONTRACT[path][method]

    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        response = running.send(_request(case, running.house))
        check_response(response)
        case.validate_response(response, excluded_checks=_beyond_the_contract(case))

    check()


def _beyond_the_contract(case: Any) -> list[Any]:
    """List the checks that do not apply.

    `ignored_auth` takes our valid key for an invented one; tests.json asks about invalid keys. And
    no schema can say which cursors were made here.
    """
    has_cursor = "cursor" in (case.query or {})
    needless = [_CHECKS.positive_data_acceptance] if has_cursor else []
    return [_CHECKS.ignored_auth, *needless]


def _request(case: Any, house: House) -> httpx.Request:
    """Write a case as it goes over the wire, with a valid key."""
    arguments = case.as_transport_kwargs(base_url=PUBLIC_URL, headers=bearer("reader"))
    prepared: Any = requests.Request(**arguments).prepare()
    return house.client.build_request(
        prepared.method, prepared.url, headers=dict(prepared.headers), content=prepared.body
    )
