"""Holds every response against docs/openapi.yaml, which must describe all of it.

Stricter than a client should be: a field that the contract does not name is a failure too.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
_METHODS = ("get", "post", "put", "patch", "delete")
# A method that no operation has, and HEAD, are answered as every path answers them.
_ANSWERED_ALIKE = frozenset({405})

Json = Any


@cache
def document() -> Mapping[str, Json]:
    """Load the contract, with objects closed against fields that it does not name."""
    loaded = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return cast("Mapping[str, Json]", _closed(loaded))


@cache
def operations() -> dict[tuple[str, str], Mapping[str, Json]]:
    """Key every operation by method and path."""
    return {
        (method.upper(), path): item[method]
        for path, item in document()["paths"].items()
        for method in _METHODS
        if method in item
    }


def check_response(response: httpx.Response) -> None:
    """Fail unless the contract describes this answer: status, headers, media type and body."""
    described = _described(response)
    for name, header in described.get("headers", {}).items():
        _check_header(name, resolved(header), response)
    content = described.get("content", {})
    if response.request.method == "HEAD" or not content:
        return
    media_type = response.headers.get("content-type", "").partition(";")[0]
    assert media_type in content, f"{media_type} is not in the contract"
    is_json = media_type.endswith("json")
    check_value(response.json() if is_json else response.text, content[media_type]["schema"])


def check_value(value: Json, schema: Json) -> None:
    """Fail unless a value keeps a schema of the contract."""
    validate({"components": document()["components"], "allOf": [schema]}, value)


def validate(schema: Mapping[str, Json], value: Json) -> None:
    """Fail unless a value keeps a JSON Schema."""
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    validator.validate(value)  # pyright: ignore[reportUnknownMemberType]  # it has no types


def resolved(node: Json) -> Json:
    """Follow a reference inside the document."""
    if "$ref" not in node:
        return node
    found: Json = document()
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _described(response: httpx.Response) -> Mapping[str, Json]:
    request = response.request
    method = "GET" if request.method == "HEAD" else request.method
    path = _path_of(method, request.url.path)
    if response.status_code in _ANSWERED_ALIKE or path is None:
        return _PROBLEM
    operation = operations()[method, path]
    status = str(response.status_code)
    assert status in operation["responses"], f"{status} is not in the contract"
    return resolved(operation["responses"][status])


_PROBLEM: Mapping[str, Json] = {
    "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _path_of(method: str, path: str) -> str | None:
    """Find the template with this method that a path fills, the literal ones first."""
    given = path.split("/")
    templates = [template for known, template in operations() if known == method]
    for template in sorted(templates, key=lambda known: known.count("{")):
        parts = template.split("/")
        if len(parts) == len(given) and all(
            part == piece or part.startswith("{") for part, piece in zip(parts, given, strict=True)
        ):
            return template
    return None


def _check_header(name: str, header: Mapping[str, Json], response: httpx.Response) -> None:
    value: Json = response.headers.get(name)
    if value is None:
        assert not header.get("required"), f"{name} is missing"
        return
    is_integer = header["schema"].get("type") == "integer"
    check_value(int(value) if is_integer else value, header["schema"])


def _closed(node: Json) -> Json:
    if isinstance(node, list):
        return [_closed(item) for item in cast("list[Json]", node)]
    if not isinstance(node, dict):
        return node
    copied = {name: _closed(value) for name, value in cast("dict[str, Json]", node).items()}
    if copied.get("type") == "object" and "properties" in copied:
        copied.setdefault("additionalProperties", False)
    return copied
