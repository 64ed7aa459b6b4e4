"""Makes the schemas of the contract from the structs that endpoints declare.

A struct gives the fields, their order, types, words, bounds and defaults. What it cannot say stays
as it was written by hand: descriptions, patterns, the bounds of answers. Knows no file and route.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

import msgspec

Json = Any
Schema = dict[str, Json]

_REFERENCE = "#/components/schemas/"
_NULL: Schema = {"type": "null"}
_BY_HAND = ("title", "description", "example", "examples", "deprecated")
_BOUNDS = (
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
)  # fmt: skip
_TYPES = {str: "string", bool: "boolean", int: "integer"}


def declared_schemas(shapes: Mapping[str, Any]) -> dict[str, Schema]:
    """Return the schemas of structs by name, and of all that they hold."""
    references, found = msgspec.json.schema_components(
        shapes.values(), ref_template=f"{_REFERENCE}{{name}}"
    )
    names = {_target(made): name for made, name in zip(references, shapes, strict=True)}
    return {names.get(name, name): schema for name, schema in found.items()}


def merged_schemas(shapes: Mapping[str, Any], written: Mapping[str, Schema]) -> dict[str, Schema]:
    """Bring the written schemas of structs, and of all that they hold, to what the structs give."""
    merge = _Merge(declared_schemas(shapes), written)
    for name in shapes:
        merge.add(name)
    return merge.made


def differing_parameters(
    shape: Any, parameters: Mapping[str, Mapping[str, Json]], written: Mapping[str, Schema]
) -> list[str]:
    """Name the parameters of a query that are not described as its struct declares them."""
    declared = declared_schemas({"query": shape})["query"]
    fields, required = declared["properties"], declared.get("required", [])
    merge = _Merge({}, written)
    return [
        name
        for name in {**fields, **parameters}
        if name not in fields
        or name not in parameters
        or parameters[name].get("required", False) != (name in required)
        or merge.parameter(fields[name], parameters[name]["schema"]) != parameters[name]["schema"]
        or merge.made
    ]


class _Form(NamedTuple):
    """What a schema says of a value that is neither an object nor a list."""

    types: frozenset[str]
    words: tuple[Json, ...]
    keywords: Mapping[str, Json]


class _Merge:
    def __init__(self, declared: Mapping[str, Schema], written: Mapping[str, Schema]) -> None:
        self._declared = declared
        self._written = written
        self.made: dict[str, Schema] = {}

    def add(self, name: str) -> None:
        """Make a schema, unless it is made already."""
        if name not in self.made:
            self.made[name] = {}
            self.made[name] = self._object(self._declared[name], self._written.get(name, {}))

    def parameter(self, declared: Schema, written: Schema) -> Schema:
        """Bring a parameter to what its field gives; one that is left out is not null."""
        core, _ = self._core(declared)
        if _target(core) not in {"", *self._written}:
            core = {"type": "string"}  # which is read into what the list makes of it
        return self._field({**core, "default": declared.get("default")}, written)

    def _object(self, declared: Schema, written: Schema) -> Schema:
        before = written.get("properties", {})
        merged: Schema = {**written, "type": "object"}
        required = declared.get("required", [])
        if required or "required" in written:
            merged["required"] = required
        if "additionalProperties" in declared:
            merged["additionalProperties"] = declared["additionalProperties"]
        else:
            merged.pop("additionalProperties", None)
        merged.pop("properties", None)
        merged["properties"] = {
            name: self._field(field, before.get(name, {}))
            for name, field in declared.get("properties", {}).items()
        }
        return merged

    def _field(self, declared: Schema, written: Schema) -> Schema:
        merged = self._value(declared, written)
        default = declared.get("default")
        if (
            default is None
            or isinstance(default, list | tuple)
            or self._resolved(merged).get("default", merged) == default
        ):
            return merged
        return {**merged, "default": default}

    def _value(self, declared: Schema, written: Schema) -> Schema:
        core, nullable = self._core(declared)
        written_core, written_nullable = self._core(written)
        merged = self._merged_core(core, written_core)
        if (merged, nullable) == (written_core, written_nullable):
            return written
        kept = {name: written[name] for name in _BY_HAND if name in written}
        return {**kept, "anyOf": [merged, _NULL]} if nullable else {**kept, **merged}

    def _merged_core(self, declared: Schema, written: Schema) -> Schema:
        name = _target(declared)
        if name in self._declared:
            return self._struct(name, declared, written)
        if "items" in declared and "prefixItems" not in declared:
            return self._within("items", declared, written)
        if "additionalProperties" in declared:
            return self._within("additionalProperties", declared, written)
        if name:
            return written if _target(written) == name else {"$ref": declared["$ref"]}
        return self._scalar(declared, written)

    def _struct(self, name: str, declared: Schema, written: Schema) -> Schema:
        if "properties" in written:  # described where it stands
            return self._object(self._declared[name], written)
        self.add(name)
        return written if _target(written) == name else declared

    def _within(self, part: str, declared: Schema, written: Schema) -> Schema:
        """Merge what a list or a map holds."""
        inner = self._value(declared[part], written.get(part, {}))
        same = written.get("type") == declared["type"] and inner == written.get(part)
        return written if same else {**written, "type": declared["type"], part: inner}

    def _scalar(self, declared: Schema, written: Schema) -> Schema:
        given, before = self._form(declared), self._form(written)
        if given.types and given.types != before.types:
            return {name: value for name, value in declared.items() if name != "default"}
        keywords = {
            name: value
            for name, value in given.keywords.items()
            if before.keywords.get(name) != value
        }
        if given.words and set(given.words) != set(before.words):
            kept = [word for word in before.words if word in given.words]
            keywords["enum"] = [*kept, *(word for word in given.words if word not in kept)]
            written = {name: value for name, value in written.items() if name != "const"}
        return self._changed(written, keywords)

    def _changed(self, written: Schema, keywords: Schema) -> Schema:
        """Change a scalar where it is described: with all who refer to it, where it has a name."""
        name = _target(written)
        if not keywords or not name:
            return {**written, **keywords}
        self.made[name] = {**self.made.get(name, self._written[name]), **keywords}
        return written

    def _form(self, schema: Schema) -> _Form:
        schema = self._resolved(schema)
        parts = [self._form(part) for part in schema.get("anyOf", schema.get("oneOf", ()))]
        if parts:
            return _Form(frozenset(kind for part in parts for kind in part.types), (), {})
        words = (schema["const"],) if "const" in schema else tuple(schema.get("enum", ()))
        types = schema.get("type", [_TYPES[type(word)] for word in words])
        keywords = {name: schema[name] for name in _BOUNDS if name in schema}
        return _Form(frozenset([types] if isinstance(types, str) else types), words, keywords)

    def _core(self, schema: Schema) -> tuple[Schema, bool]:
        """Take a schema apart: what it is where it is not null, and whether it may be null."""
        resolved = self._resolved(schema)
        for union in ("anyOf", "oneOf"):
            if _NULL in resolved.get(union, ()):
                rest = [part for part in resolved[union] if part != _NULL]
                return (rest[0] if len(rest) == 1 else {union: rest}), True
        types: Json = resolved.get("type")
        if isinstance(types, list):  # of one, and null
            kinds = cast("list[str]", types)
            core: Schema = {**resolved, "type": next(kind for kind in kinds if kind != "null")}
            words: list[Json] = resolved.get("enum", [])
            kept = [word for word in words if word is not None]
            return {**core, "enum": kept} if kept else core, True
        return schema, False

    def _resolved(self, schema: Schema) -> Schema:
        """Follow a reference to a schema that is written."""
        return self._written.get(_target(schema), schema)


def _target(schema: Schema) -> str:
    return schema.get("$ref", "").removeprefix(_REFERENCE)


def changed_places(merged: Mapping[str, Schema], written: Mapping[str, Schema]) -> list[str]:
    """Name every schema, with its field, that is not written as it was made."""
    return [
        place for name in merged for place in _places(name, merged[name], written.get(name, {}))
    ]


def _places(name: str, schema: Schema, written: Schema) -> Iterator[str]:
    fields: Schema = schema.get("properties", {})
    before: Schema = written.get("properties", {})
    differing = [field for field in {**before, **fields} if fields.get(field) != before.get(field)]
    yield from (f"{name}.{field}" for field in differing)
    if not differing and list(fields) != list(before):
        yield f"{name} (order)"
    rest = [key for key in {**schema, **written} if schema.get(key) != written.get(key)]
    yield from (f"{name} ({key})" for key in rest if key != "properties")
