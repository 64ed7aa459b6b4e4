"""Requests that the contract allows, and requests that it does not, as schemathesis invents them.

Every operation is called with a bounded number of both, in the same order at every run, in a house
that has what their ids name.
"""

import asyncio
import re
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
import uvloop
import yaml
from contract import DOCUMENT, check_response, check_value, operations, resolved
from contract_house import KEY, SPOKEN_OF, ContractHouse, Furnished, furnish, open_contract_house
from databases import PreparedDatabases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from whole_house import PUBLIC_URL, bearer

# A stream does not end, so there is no answer to look at here; test_stream.py reads it.
_ENDING = [named for named in operations() if named != ("GET", "/api/stream")]
_CHECKS: Any = checks
_CONTRACT: Any = schemathesis.openapi.from_dict(yaml.safe_load(DOCUMENT.read_text("utf-8")))
_NOBODYS = "00000000-0000-7000-8000-000000000000"
_IDS = [*(known_id for name, known_id in SPOKEN_OF.items() if name != "token"), _NOBODYS]
schemathesis.openapi.format("uuid", st.sampled_from(_IDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A house on an event loop of its own, for callers that have none."""

    made: ContractHouse
    runner: asyncio.Runner

    def send(self, request: httpx.Request) -> httpx.Response:
        return self.runner.run(self.made.house.client.send(request))


@pytest.fixture
def furnished(prepared_databases: PreparedDatabases) -> Generator[Furnished]:
    with prepared_databases.copy(furnish) as (url, ids):
        yield Furnished(database_url=url, ids=ids)


@pytest.fixture
def running(furnished: Furnished) -> Generator[Running]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        made = runner.run(stack.enter_async_context(open_contract_house(furnished)))
        yield Running(made=made, runner=runner)
        runner.run(stack.aclose())


@pytest.mark.parametrize("named", _ENDING, ids=" ".join)
def test_every_answer_is_described(named: tuple[str, str], running: Running) -> None:
    _try(named, GenerationMode.POSITIVE, running)
    operation = operations()[named]
    if "{" in named[1] or "parameters" in operation or "requestBody" in operation:
        _try(named, GenerationMode.NEGATIVE, running)


def _try(named: tuple[str, str], mode: GenerationMode, running: Running) -> None:
    method, path = named
    operation = _CONTRACT[path][method]

    @settings(
        # Half of them are requests that the contract allows, half are others.
        max_examples=settings().max_examples // 2,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        response = running.send(_request(case, running.made))
        check_response(response)
        excluded = _beyond_the_contract(case, response)
        case.validate_response(response, excluded_checks=excluded)

    check()


def _beyond_the_contract(case: Any, response: httpx.Response) -> list[Any]:
    """List the checks that do not apply.

    `ignored_auth` takes our valid key for an invented one; tests.json asks about invalid keys. A
    request that keeps every schema may be refused only for what `_NO_SCHEMA_SAYS`. A delivery is
    kept, whatever it is.
    """
    is_excused = response.status_code in (400, 412, 422) and _is_excused(response.json())
    needless = [_CHECKS.positive_data_acceptance] if is_excused else []
    is_delivery = case.operation.path.startswith("/webhooks/")
    if is_delivery or _lacks_but_a_key(case) or _is_right_as_written(case):
        needless.append(_CHECKS.negative_data_rejection)
    return [_CHECKS.ignored_auth, *needless]


def _lacks_but_a_key(case: Any) -> bool:
    """Say whether a case was meant to have no key, or an invented one; it is sent with ours."""
    mutations: list[Any] = getattr(case.meta.phase.data, "mutations", [])
    return any(mutation.parameter in ("Authorization", "inlet_session") for mutation in mutations)


def _is_right_as_written(case: Any) -> bool:
    """Say whether a text was given for a list of words that reads as such a list in a URL."""
    operation = operations()[case.operation.method.upper(), case.operation.path]
    schemas = {
        parameter["name"]: parameter["schema"]
        for parameter in map(resolved, operation.get("parameters", []))
    }
    query: Mapping[str, Any] = case.query or {}
    texts = {name: text for name, text in query.items() if isinstance(text, str)}
    try:
        for name, text in texts.items():
            check_value(text.split(","), schemas[name])
    except (KeyError, ValidationError):
        return False
    return bool(texts)


def _is_excused(problem: Mapping[str, Any]) -> bool:
    if problem["code"] in _NO_SCHEMA_KNOWS:
        return True
    if problem["detail"] == "the body must not contain the character U+0000":
        return True
    parts = [f"{error['in']} {error['name']}: {error['detail']}" for error in problem["errors"]]
    return bool(parts) and all(re.search(_NO_SCHEMA_SAYS, part) for part in parts)


# Of these codes the reason is always what happened before, never the form of the request.
_NO_SCHEMA_KNOWS = frozenset({"invalid_cursor", "version_mismatch", "idempotency_key_reused"})
_NO_SCHEMA_SAYS = "|".join(
    (
        # which ids are whose, and who works here
        r"^body (into_id|channel_id|(action\.)?assignee_id|agent_id): .* must be (a|the id of)",
        # which days make a span, and which filters and groups go together
        r"^query (span|group|agent_id|tag|first_day|last_day): .*(cannot be |together|after)",
        # that one parameter keeps another out, and that header and body name one version
        r"^query (order|before_seq|after_seq|around_seq|cursor): .* cannot be given with",
        r"^body version: version must be the same as If-Match$",
        r"^body action\.remove_tag: .* another tag than add_tag$",
        # what time it is
        r"^body expires_at: .* in the next hundred years$",
        r"^body snoozed_until: .* in the next ten years$",
        # for JSON Schema 1.0 is an integer; here numbers that count have no point
        r"^body [a-z_]+: Expected `int`, got `float`$",
        # what is an address, of the kind and in the region that are meant
        r"^body (to|cc|to\[\d+\]|cc\[\d+\]|address|filter\.address): .* must be ",
        r"^query address: ",
        # which times make a range
        r"^body until: until must be later than since$",
        r"^body before: before must be later than after$",
        # where a hook may lead, and that each event is named once
        r"^body url: url must be an https:// URL ",
        r"^body types: types must be one or more events, each once$",
        # what of a text is words
        r"^query q: ",
        # which seq there is, and which status goes with a snooze
        r"^body from_seq: from_seq must be the seq of a message of the conversation",
        r"^body snoozed_until: snoozed_until (goes with|must be a time where) the status",
        # which providers there are, what each has, and which hosts are ours to connect to
        r"^body (provider|account|credential|secrets|send_url|idle_hours): ",
        # which time zones there are, and which spans of a weekday do not overlap
        r"^body time_zone: time_zone must be the IANA name of a time zone",
        r"^body hours: hours must be (from a time to a later|without two that overlap)",
        r"^body holidays: holidays must be (without a day that is there twice|with names of one)",
        # what is left once white space and characters that show nothing are gone
        r"^body (body|subject|text|name|(action|filter)\.[a-z_]*tag): .* must ",
        # what the channel, the agent or the role has to do with it
        r"^body scopes: scopes must be within what the agent's role allows$",
    )
)


def _request(case: Any, made: ContractHouse) -> httpx.Request:
    """Write a case as it goes over the wire, with a valid key and the ids of this house."""
    arguments = case.as_transport_kwargs(base_url=PUBLIC_URL, headers=bearer(KEY))
    prepared: Any = requests.Request(**arguments).prepare()
    content = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    if content:
        for name, written in SPOKEN_OF.items():
            content = content.replace(written.encode(), made.ids[name].encode())
    headers = {
        name: value for name, value in prepared.headers.items() if name.lower() != "content-length"
    }
    return made.house.client.build_request(
        prepared.method, made.meant(prepared.url), headers=headers, content=content
    )
