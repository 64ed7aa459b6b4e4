"""The operations of the contract as people read them, by topic. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from inbox.contract.prose import Prose, read_prose
from inbox.contract.schemas import (
    FieldView,
    Node,
    SchemaView,
    TypePart,
    name_in,
    show_field,
    show_schema,
    type_of,
)

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleView:
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentView:
    """What a body is, in one media type."""

    media_type: str
    type: Sequence[TypePart]
    examples: Sequence[ExampleView]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    status: str
    prose: Prose
    contents: Sequence[ContentView]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """`scope` is what a key needs for it; None where nobody is asked for a key."""

    id: str
    method: str
    path: str
    summary: str
    prose: Prose
    scope: str | None
    parameters: Sequence[FieldView]
    bodies: Sequence[ContentView]
    answers: Sequence[AnswerView]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicView:
    name: str
    anchor: str
    prose: Prose
    operations: Sequence[OperationView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    title: str
    version: str
    prose: Prose
    topics: Sequence[TopicView]
    schemas: Sequence[SchemaView]


def show_contract(document: Node) -> ContractView:
    """Show the whole contract, given as it is loaded from its file."""
    info = document["info"]
    operations = [
        (document["paths"][path][method]["tags"][0], _operation(document, method, path))
        for method, path in _all(document)
    ]
    return ContractView(
        title=info["title"],
        version=info["version"],
        prose=read_prose(info["description"]),
        topics=[
            TopicView(
                name=tag["name"],
                anchor="topic-" + tag["name"].replace(" ", "-"),
                prose=read_prose(tag.get("description", "")),
                operations=[shown for topic, shown in operations if topic == tag["name"]],
            )
            for tag in document["tags"]
        ],
        schemas=[
            show_schema(name, schema)
            for name, schema in sorted(document["components"]["schemas"].items())
        ],
    )


def _all(document: Node) -> Iterator[tuple[str, str]]:
    """Yield every method with its path."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path


def _operation(document: Node, method: str, path: str) -> OperationView:
    item = document["paths"][path]
    node = item[method]
    body = node.get("requestBody", {})
    parameters = [*item.get("parameters", ()), *node.get("parameters", ())]
    return OperationView(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        summary=node["summary"],
        prose=read_prose(node.get("description", "")),
        scope=_scope(node.get("security", document["security"])),
        parameters=_parameters(document, parameters),
        bodies=_contents(body.get("content", {})),
        answers=[
            _answer(status, _resolved(document, answer))
            for status, answer in node["responses"].items()
        ],
    )


def _scope(security: Sequence[Mapping[str, Sequence[str]]]) -> str | None:
    """Name the scope that a key needs; any key will do where none is named."""
    if not security:
        return None
    return ", ".join(scope for scopes in list(security[0].values())[:1] for scope in scopes)


def _parameters(document: Node, parameters: Iterable[Node]) -> list[FieldView]:
    found = [_resolved(document, parameter) for parameter in parameters]
    return [
        show_field(
            parameter["name"],
            {**parameter["schema"], "description": parameter.get("description", "")},
            is_required=parameter.get("required", False),
            place=parameter["in"],
        )
        for parameter in found
    ]


def _answer(status: str, answer: Node) -> AnswerView:
    return AnswerView(
        status=status,
        prose=read_prose(answer["description"]),
        contents=_contents(answer.get("content", {})),
    )


def _contents(contents: Mapping[str, Node]) -> list[ContentView]:
    return [
        ContentView(
            media_type=media_type,
            type=type_of(content.get("schema", {})),
            examples=[
                ExampleView(name=name, text=_written(example["value"]))
                for name, example in content.get("examples", {}).items()
            ],
        )
        for media_type, content in contents.items()
    ]


def _written(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _resolved(document: Node, node: Node) -> Node:
    """Follow a reference to a parameter or an answer that operations share."""
    if "$ref" not in node:
        return node
    _, _, kind, _ = node["$ref"].split("/")
    return document["components"][kind][name_in(node["$ref"])]
