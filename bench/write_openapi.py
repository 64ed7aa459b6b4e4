"""`python -m bench.write_openapi`: brings the schemas of docs/openapi.yaml to the structs'.

Only schemas that differ are written anew; the rest of the file stays as it is, to the letter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin

import yaml
from starlette.routing import Mount

from app.settings import Settings
from app.web import build_app
from bench.openapi_schemas import Schema, changed_places, differing_parameters, merged_schemas
from domain.sealing import Sealer
from inbox.hooks.payload import EVENT_SHAPES
from inbox.http.body import MOST_BODY_BYTES
from inbox.http.call import Endpoint, NoBody, Resource

DOCUMENT = Path(__file__).parents[1] / "docs" / "openapi.yaml"
_SCHEMAS = "\n  schemas:\n"
_REFERENCE = "#/components/"
_IDEMPOTENCY_KEY = "Idempotency-Key"
_FILE = "FileContent"

Json = Any


class _Exchange(NamedTuple):
    """An endpoint, and the operation that describes it with its parameters by name."""

    endpoint: Endpoint[Any, Any]
    operation: Mapping[str, Json]
    queries: Mapping[str, Json]
    headers: Mapping[str, Json]


class Contract:
    """A contract as it is written, beside the endpoints that it describes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._document: Mapping[str, Json] = yaml.load(text, yaml.CSafeLoader)
        self.schemas: Mapping[str, Schema] = self._document["components"]["schemas"]
        self._exchanges = list(self._find_exchanges())
        self.generated = merged_schemas(dict(self._shapes()), self.schemas)

    def differences(self) -> list[str]:
        """Name every schema with its field, and every operation, that is not as declared."""
        return [*changed_places(self.generated, self.schemas), *self._misdescribed()]

    def rewritten(self) -> str:
        """Return the text with the schemas as the structs give them."""
        before, _, after = self.text.partition(_SCHEMAS)
        blocks = re.split(r"(?m)^(?=    \w)", after)
        texts = {block.strip().partition(":")[0]: block for block in blocks if block}
        for name, schema in self.generated.items():
            if changed_places({name: schema}, self.schemas):
                texts[name] = indent(_dump({name: schema}), "    ")
        return before + _SCHEMAS + "".join(texts.values())

    def _find_exchanges(self) -> Iterator[_Exchange]:
        app = build_app(Settings(public_url="https://inlet.test"), "", Sealer("no secret"))
        api = next(route for route in app.routes if isinstance(route, Mount))
        for route in (route for route in api.routes if isinstance(route, Resource)):
            path = self._document["paths"].get(f"/api{route.path}", {})
            for method, endpoint in route.endpoints.items():
                operation = path.get(method.lower(), {})
                resolved = [self._resolved(node) for node in operation.get("parameters", [])]
                queries = {each["name"]: each for each in resolved if each["in"] == "query"}
                headers = {each["name"]: each for each in resolved if each["in"] == "header"}
                yield _Exchange(endpoint, operation, queries, headers)

    def _shapes(self) -> Iterator[tuple[str, Any]]:
        """Name the structs as they are published; a list by the operation that answers with it."""
        for endpoint, operation, *_ in self._exchanges:
            if endpoint.body is not NoBody:
                yield endpoint.body.__name__, endpoint.body
            for shape in _answers(endpoint):
                described = self._described_answers(operation)
                is_list = get_origin(shape) is not None
                yield described[0] if is_list and described else _name(shape), shape
        yield from ((shape.__name__, shape) for shape in EVENT_SHAPES.values())

    def _misdescribed(self) -> Iterator[str]:
        for endpoint, operation, queries, headers in self._exchanges:
            differing = differing_parameters(endpoint.query, queries, self.schemas)
            yield from (f"{endpoint.name}: parameter {name}" for name in differing)
            if operation.get("security", self._document["security"]) != _security(endpoint.scope):
                yield f"{endpoint.name}: scope {endpoint.scope}"
            if endpoint.takes_idempotency_key != (_IDEMPOTENCY_KEY in headers):
                yield f"{endpoint.name}: header {_IDEMPOTENCY_KEY}"
            takes = _taken(endpoint)
            described = _names([operation.get("requestBody", {})])
            if described != takes:
                yield f"{endpoint.name}: takes {takes}, described as {described}"
            gives = [_name(shape) for shape in _answers(endpoint) if get_origin(shape) is None]
            described = self._described_answers(operation)
            if gives and set(described) != set(gives):
                yield f"{endpoint.name}: answers {gives}, described as {described}"

    def _described_answers(self, operation: Mapping[str, Json]) -> list[str]:
        responses: Mapping[str, Json] = operation.get("responses", {})
        return _names(
            [self._resolved(node) for status, node in responses.items() if status.startswith("2")]
        )

    def _resolved(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        if "$ref" not in node:
            return node
        kind, name = node["$ref"].removeprefix(_REFERENCE).split("/")
        return self._document["components"][kind][name]


def _taken(endpoint: Endpoint[Any, Any]) -> list[str]:
    if endpoint.body is not NoBody:
        return [endpoint.body.__name__]
    return [_FILE] if endpoint.most_bytes > MOST_BODY_BYTES else []


def _security(scope: str | None) -> list[Mapping[str, list[str]]]:
    """Say who is let in; without a scope, whoever has a key."""
    scopes = [scope] if scope else []
    return [{"bearerAuth": scopes}, {"sessionCookie": scopes}]


def _answers(endpoint: Endpoint[Any, Any]) -> Sequence[Any]:
    if endpoint.response is None:
        return ()
    is_union = isinstance(endpoint.response, UnionType)
    return get_args(endpoint.response) if is_union else (endpoint.response,)


def _name(shape: Any) -> str:
    [*items] = get_args(shape)
    return f"{items[0].__name__}Page" if items else shape.__name__


def _names(described: Sequence[Mapping[str, Json]]) -> list[str]:
    contents = [content for node in described for content in node.get("content", {}).values()]
    return [content["schema"].get("$ref", "").rpartition("/")[2] for content in contents]


class _Dumper(yaml.CSafeDumper):
    """Writes as the file is written by hand."""


def _represent_text(_dumper: _Dumper, text: str) -> yaml.ScalarNode:
    node = yaml.ScalarNode("tag:yaml.org,2002:str", text)
    node.style = "|" if "\n" in text else None
    return node


_Dumper.add_representer(str, _represent_text)


def _dump(schema: Schema) -> str:
    return yaml.dump(
        schema, Dumper=_Dumper, default_flow_style=None, sort_keys=False, allow_unicode=True,
        width=100_000,
    )  # fmt: skip


def main() -> None:
    contract = Contract(DOCUMENT.read_text(encoding="utf-8"))
    DOCUMENT.write_text(contract.rewritten(), encoding="utf-8")
    print("\n".join(contract.differences()) or "docs/openapi.yaml is as the code declares")


if __name__ == "__main__":
    main()
