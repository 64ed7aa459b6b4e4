"""How the page of the contract writes words, types and bounds."""

from typing import Any

import pytest

from inbox.contract.prose import ProsePart, read_prose
from inbox.contract.schemas import show_schema, type_of


def written(schema: dict[str, Any]) -> str:
    return "".join(part.text for part in type_of(schema))


def test_prose_has_paragraphs_code_and_what_is_strong() -> None:
    assert read_prose("Send `a <b>` to\nus. **No** more\n\nEnd\n") == [
        [
            ProsePart("text", "Send "),
            ProsePart("code", "a <b>"),
            ProsePart("text", " to us. "),
            ProsePart("strong", "No"),
            ProsePart("text", " more"),
        ],
        [ProsePart("text", "End")],
    ]
    assert read_prose("") == []


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "anything"),
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"$ref": "#/components/schemas/Id"}, "Id"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Id"}}, "list of Id"),
        ({"oneOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]}, "Id or null"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object, each string"),
        ({"type": "object", "properties": {}, "additionalProperties": False}, "object"),
    ],
)
def test_a_type_is_written_in_words(schema: dict[str, Any], text: str) -> None:
    assert written(schema) == text


@pytest.mark.parametrize(
    ("schema", "bounds"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 200}, ["1 to 200 characters"]),
        ({"type": "integer", "minimum": 0}, ["0 or more"]),
        ({"type": "array", "minItems": 1, "items": {}}, ["1 or more items"]),
        ({"type": "array", "maxItems": 10, "items": {}}, ["at most 10 items"]),
        ({"enum": ["a", None], "default": "a"}, ["one of a, null", "a unless given"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["one of a, b"]),
        ({"const": "no-store"}, ["always no-store"]),
        ({"type": "string", "pattern": "^/api/"}, ["like ^/api/"]),
    ],
)
def test_bounds_are_written_in_words(schema: dict[str, Any], bounds: list[str]) -> None:
    assert show_schema("Some", schema).bounds == bounds


def test_a_field_says_whether_it_is_required() -> None:
    shown = show_schema(
        "Some",
        {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
        },
    )
    assert [(field.name, field.is_required) for field in shown.fields] == [
        ("id", True),
        ("name", False),
    ]
