"""The schemas of the contract as people read them: types, bounds and fields. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from inbox.contract.prose import Prose, read_prose

Node = Mapping[str, Any]

_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)


@dataclass(frozen=True, slots=True)
class TypePart:
    """A word of a type; `schema` is what it leads to, if it is the name of a schema."""

    text: str
    schema: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field of an object, or a parameter; `place` says of a parameter where it goes."""

    name: str
    type: Sequence[TypePart]
    is_required: bool
    prose: Prose
    bounds: Sequence[str]
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaView:
    name: str
    type: Sequence[TypePart]
    prose: Prose
    bounds: Sequence[str]
    fields: Sequence[FieldView]


def show_schema(name: str, schema: Node) -> SchemaView:
    """Show a schema of the contract with its fields."""
    required = schema.get("required", ())
    return SchemaView(
        name=name,
        type=type_of(schema),
        prose=read_prose(schema.get("description", "")),
        bounds=list(_bounds(schema)),
        fields=[
            show_field(field, node, is_required=field in required)
            for field, node in schema.get("properties", {}).items()
        ],
    )


def show_field(name: str, schema: Node, *, is_required: bool, place: str = "") -> FieldView:
    """Show what a field or a parameter may be."""
    return FieldView(
        name=name,
        type=type_of(schema),
        is_required=is_required,
        prose=read_prose(schema.get("description", "")),
        bounds=list(_bounds(schema)),
        place=place,
    )


def type_of(schema: Node) -> list[TypePart]:
    """Write the type of a schema in words; a schema that has a name is that name."""
    if "$ref" in schema:
        name = name_in(schema["$ref"])
        return [TypePart(name, name)]
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return _joined([type_of(choice) for choice in schema[word]])
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return _joined([_of_kind(kind, schema) for kind in kinds]) or [TypePart("anything")]


def name_in(reference: str) -> str:
    """Return the name of what a reference leads to."""
    return reference.rpartition("/")[2]


def _of_kind(kind: str, schema: Node) -> list[TypePart]:
    if kind == "array":
        return [TypePart("list of "), *type_of(schema.get("items", {}))]
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, dict) and "properties" not in schema:
        return [TypePart("object, each "), *type_of(cast("Node", values))]
    return [TypePart(kind)]


def _joined(types: Sequence[Sequence[TypePart]]) -> list[TypePart]:
    joined: list[TypePart] = []
    for parts in types:
        joined += [TypePart(" or "), *parts] if joined else parts
    return joined


def _bounds(schema: Node) -> Iterator[str]:
    """Say which values of its type are allowed."""
    words = schema.get("enum") or schema.get("items", {}).get("enum")
    if words:
        yield "one of " + ", ".join("null" if word is None else str(word) for word in words)
    if "const" in schema:
        yield f"always {schema['const']}"
    for lowest, highest, unit in _RANGES:
        least, most = schema.get(lowest), schema.get(highest)
        if least is not None and most is not None:
            yield f"{least} to {most}{unit}"
        elif least is not None:
            yield f"{least} or more{unit}"
        elif most is not None:
            yield f"at most {most}{unit}"
    if "pattern" in schema:
        yield f"like {schema['pattern']}"
    if "default" in schema:
        yield f"{schema['default']} unless given"
