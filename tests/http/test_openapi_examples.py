"""What the contract shows is done: every example is sent as it stands and answered as promised.

Only ids are put in place, since those of the examples are nobody's; see contract_house.py.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from contract import check_response, document, operations, resolved
from contract_house import KEY, ContractHouse, Furnished, example_of, furnish, open_contract_house
from databases import PreparedDatabases
from whole_house import bearer

Json = Any
Named = tuple[str, str]

# Operations that cannot show, or be asked for, anything here.
_WITHOUT_EXAMPLES: Mapping[Named, str] = {
    ("GET", "/api/openapi.yaml"): "it is this very document",
    ("DELETE", "/api/canned-replies/{id}"): "neither it nor its answer has a body",
    ("DELETE", "/api/keys/{id}"): "neither it nor its answer has a body",
}
_NOT_SENT: Mapping[Named, str] = {
    ("GET", "/api/stream"): "it does not end; test_stream.py reads it",
    (
        "GET",
        "/api/messages/{id}/attachments/{position}",
    ): "test_files.py brings files and gets them",
}


class Example(NamedTuple):
    """A request as the contract shows it; `name` is that of the body's example, if there is one."""

    method: str
    path: str
    name: str
    body: Json

    def __str__(self) -> str:
        return " ".join(part for part in (self.method, self.path, self.name) if part)


def _examples() -> Iterator[Example]:
    for (method, path), operation in operations().items():
        if not path.startswith(("/api/", "/webhooks/")) or (method, path) in _NOT_SENT:
            continue
        content = operation.get("requestBody", {}).get("content", {})
        shown = content.get("application/json", {}).get("examples", {})
        for name, example in shown.items():
            yield Example(method, path, name, example["value"])
        if not shown:
            yield Example(method, path, "", None)


@pytest.fixture
def furnished(prepared_databases: PreparedDatabases) -> Generator[Furnished]:
    with prepared_databases.copy(furnish) as (url, ids):
        yield Furnished(database_url=url, ids=ids)


@pytest.mark.parametrize("example", list(_examples()), ids=str)
async def test_an_example_is_answered_as_promised(example: Example, furnished: Furnished) -> None:
    async with open_contract_house(furnished) as made:
        response = await _send(made, example)
        check_response(response)
        assert response.is_success, response.text


@pytest.mark.parametrize(
    "named", [operation for operation in operations() if "/api/" in operation[1]], ids=" ".join
)
def test_every_operation_shows_what_it_takes_and_gives(named: Named) -> None:
    operation = operations()[named]
    contents = [
        *operation.get("requestBody", {}).get("content", {}).values(),
        *(
            content
            for status, answer in operation["responses"].items()
            if status.startswith("2")
            for content in resolved(answer).get("content", {}).values()
        ),
    ]
    has_all = bool(contents) and all("examples" in content for content in contents)
    assert has_all != (named in _WITHOUT_EXAMPLES), "has no example, or needs no reason"


async def _send(made: ContractHouse, example: Example) -> httpx.Response:
    """Send the body, and every parameter of which there is an example."""
    operation = operations()[example.method, example.path]
    path, query, headers = example.path, dict[str, Json](), bearer(KEY)
    for parameter in map(resolved, _parameters(example.path, operation)):
        value = example_of(parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value))
        elif parameter["in"] == "header" and value is not None:
            headers[parameter["name"]] = value
        elif value is not None:
            is_joined = parameter.get("explode") is False
            query[parameter["name"]] = ",".join(value) if is_joined else value
    content = b""
    if example.body is not None:
        headers["content-type"] = "application/json"
        content = made.meant(json.dumps(example.body)).encode()
    return await made.house.client.request(
        example.method, made.meant(path), params=query, headers=headers, content=content
    )


def _parameters(path: str, operation: Mapping[str, Json]) -> list[Json]:
    return [*document()["paths"][path].get("parameters", []), *operation.get("parameters", [])]
