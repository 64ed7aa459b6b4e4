"""The requests that the contract shows, made ready for a house in which they can be answered."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
from contract import document, operations, resolved
from contract_house import ContractHouse, example_of
from whole_house import bearer

Json = Any
Named = tuple[str, str]
_JSON, _BYTES = "application/json", "application/octet-stream"


class Example(NamedTuple):
    """A request as the contract shows it; `name` is that of the body's example, if there is one."""

    method: str
    path: str
    name: str
    body: Json
    content_type: str = _JSON

    def __str__(self) -> str:
        return " ".join(part for part in (self.method, self.path, self.name) if part)


def examples(left_out: Collection[Named] = ()) -> Iterator[Example]:
    """Yield every request under /api and /webhooks, and /metrics."""
    for (method, path), operation in operations().items():
        if not path.startswith(("/api/", "/webhooks/", "/metrics")) or (method, path) in left_out:
            continue
        content = operation.get("requestBody", {}).get("content", {})
        kind = _BYTES if _BYTES in content else _JSON
        shown = content.get(kind, {}).get("examples", {})
        for name, example in shown.items():
            yield Example(method, path, name, example["value"], kind)
        if not shown:
            yield Example(method, path, "", None)


async def send(made: ContractHouse, example: Example, key: str | None) -> httpx.Response:
    """Send the body, and every parameter of which there is an example."""
    operation = operations()[example.method, example.path]
    path, query, headers = example.path, dict[str, Json](), bearer(key)
    for parameter in map(resolved, _parameters(example.path, operation)):
        value = example_of(parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(value)))
        elif parameter["in"] == "header" and value is not None:
            is_idempotent = parameter["name"] == "Idempotency-Key"
            headers[parameter["name"]] = f"{value} {example}" if is_idempotent else value
        elif value is not None:
            is_joined = parameter.get("explode") is False
            query[parameter["name"]] = ",".join(value) if is_joined else value
    content = b""
    if example.body is not None:
        headers["content-type"] = example.content_type
        written = example.body if example.content_type == _BYTES else json.dumps(example.body)
        content = made.meant(written).encode()
    return await made.house.client.request(
        example.method, made.meant(path), params=query, headers=headers, content=content
    )


def _parameters(path: str, operation: Mapping[str, Json]) -> list[Json]:
    return [*document()["paths"][path].get("parameters", []), *operation.get("parameters", [])]
