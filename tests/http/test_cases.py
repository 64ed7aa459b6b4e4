"""Runs tests.json: each case is a list of steps against the whole house, each with jq assertions.

A step is `send` (a webhook, or any request), `work` (the worker drains the queue, and fetches what
`work` says by URL that providers keep) or `get`. Its
`assert` programs must be true; what `save` finds may be used in later steps as {{name}}. Knows no
provider: a `message` is written and signed by the provider's own `compose`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import jq
import msgspec
import pytest
from contract import check_response
from whole_house import LONG_AGO, ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from app.clock import utc_now
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage
from simulation import PLAYED
from simulation.sns import certificate

_HERE = Path(__file__).parent
_PLACEHOLDER = re.compile(rb"\{\{([^{}]+)\}\}")


class Send(msgspec.Struct, forbid_unknown_fields=True):
    """A request. With `channel` it goes to its webhook URL, else to `path`."""

    channel: str | None = None
    path: str | None = None
    method: str = "POST"
    key: str | None = None
    headers: dict[str, str] = {}
    message: InboundMessage | None = None
    sign_with: str | None = None
    json: Any = msgspec.UNSET
    form: dict[str, str] | None = None
    body: str | None = None
    body_file: str | None = None


class Get(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    key: str | None = "reader"
    headers: dict[str, str] = {}


class Step(msgspec.Struct, forbid_unknown_fields=True, rename={"programs": "assert"}):
    send: Send | None = None
    get: Get | None = None
    work: dict[str, Any] | None = None
    status: int | None = None
    programs: list[str] = []
    save: dict[str, str] = {}


class Case(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    steps: list[msgspec.Raw]
    source: str | None = None


class Suite(msgspec.Struct, rename={"schema": "$schema"}, forbid_unknown_fields=True):
    schema: str
    channels: list[ChannelPlan]
    keys: dict[str, KeyPlan]
    cases: list[Case]


SUITE = msgspec.json.decode((_HERE / "tests.json").read_bytes(), type=Suite)


@pytest.mark.parametrize("case", SUITE.cases, ids=lambda case: case.name)
async def test_case(case: Case, database_url: str) -> None:
    async with open_house(database_url, SUITE.channels, SUITE.keys) as house:
        saved = {f"{name}.id": channel.id for name, channel in house.channels.items()}
        saved |= {f"{name}.token": channel.token for name, channel in house.channels.items()}
        saved["sns.certificate"] = certificate().decode()
        for number, raw in enumerate(case.steps, 1):
            step = msgspec.json.decode(_filled(bytes(raw), saved), type=Step)
            found = await _take(house, step)
            for program in step.programs:
                assert _jq(program, found) == [True], (
                    f"step {number}: {program} is not true of {found}"
                )
            for name, program in step.save.items():
                (saved[name],) = _jq(program, found)


def _jq(program: str, value: Any) -> list[Any]:
    return cast("Any", jq).compile(program).input_value(value).all()


async def _take(house: House, step: Step) -> Any:
    """Take one step and return what its programs are asked about."""
    if step.send:
        response = await _send(house, step.send)
        check_response(response)
        assert step.status in (None, response.status_code), response.text
        headers = dict(response.headers)
        return {"status": response.status_code, "headers": headers, "body": _body(response)}
    if step.get:
        headers = bearer(step.get.key) | step.get.headers
        response = await house.client.get(step.get.path, headers=headers)
        check_response(response)
        assert response.status_code == (step.status or 200), response.text
        return _body(response)
    return await house.work({url: _kept(value) for url, value in (step.work or {}).items()})


def _kept(value: Any) -> FetchAnswer:
    """Write what is kept at a URL: text as it is, all else as JSON."""
    body = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return FetchAnswer(status=200, headers={}, body=body)


async def _send(house: House, send: Send) -> httpx.Response:
    url = send.path or url_of(house.channels[send.channel or ""])
    if send.message:
        delivery = _composed(house, send, send.message)
        return await house.post(replace(delivery, headers={**delivery.headers, **send.headers}))
    content = send.body.encode() if send.body is not None else None
    if send.body_file:
        content = (_HERE / "bodies" / send.body_file).read_bytes()
    if send.json is not msgspec.UNSET:
        content = msgspec.json.encode(send.json)
    return await house.client.request(
        send.method,
        url,
        headers={**bearer(send.key), **send.headers},
        content=content,
        data=send.form,
    )


def _composed(house: House, send: Send, message: InboundMessage) -> Delivery:
    """Let the provider write the delivery, signed with the secret that `sign_with` names."""
    channel = house.channels[send.channel or ""]
    current, older = (*channel.secrets, "", "")[:2]
    secrets = {"current": current, "older": older, "wrong": "wrong secret", "nothing": ""}
    secret = secrets[send.sign_with or "current"]
    signer = replace(channel, secrets=(secret,) if secret else ())
    message = replace(message, sent_at=message.sent_at or LONG_AGO)
    return PLAYED[channel.provider].compose(message, signer, url_of(channel), utc_now())


def _filled(raw: bytes, saved: Mapping[str, Any]) -> bytes:
    """Put saved values where they are named; a name that nobody saved is an error."""
    return _PLACEHOLDER.sub(
        lambda found: msgspec.json.encode(str(saved[found[1].decode()]))[1:-1], raw
    )


def _body(response: httpx.Response) -> Any:
    is_json = "json" in response.headers.get("content-type", "")
    return response.json() if is_json and response.content else response.text
