"""docs/openapi.yaml describes what the endpoints declare, and `make openapi` writes its schemas."""

from typing import Annotated, Literal

import msgspec
import pytest

from bench.openapi_schemas import merged_schemas
from bench.write_openapi import DOCUMENT, Contract

# They are no endpoint's: a refusal, and what those who run it ask.
_BY_HAND = {"Problem", "Health", "Readiness"}


def test_the_contract_describes_what_the_endpoints_declare() -> None:
    contract = Contract(DOCUMENT.read_text(encoding="utf-8"))

    assert contract.differences() == [], "`make openapi` writes the schemas"
    objects = {name for name, schema in contract.schemas.items() if "properties" in schema}
    assert objects - set(contract.generated) == _BY_HAND


def test_what_agrees_is_not_written_anew() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert Contract(text).rewritten() == text


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "last_read_seq: {type: integer, minimum: 0, m",
            "read: {type: integer, m",
            "ReadBody.read",
        ),
        ("      required: [into_id]\n", "", "MergeBody (required)"),
        ('{type: [boolean, "null"]}', "{type: boolean}", "BulkFilter.unread"),
        ("      enum: [phone, email, handle]", "      enum: [phone, fax]", "AddressKind (enum)"),
        (
            "dry_run: {type: boolean, default: false}",
            "dry_run: {type: boolean}",
            "BulkBody.dry_run",
        ),
        ("maxLength: 500}", "maxLength: 600}", "ReleaseOrder.reason"),
        ("count: {type: integer, minimum: 0, maximum: 10000}", "count: {}", "Affected.count"),
        ('$ref: "#/components/schemas/LastMessage"', "type: string", "Conversation.last_message"),
    ],
)
def test_what_differs_is_named_and_written_anew(old: str, new: str, place: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert old in text
    contract = Contract(text.replace(old, new))

    assert place in contract.differences()
    assert Contract(contract.rewritten()).differences() == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "schemas/ReadBody",
            "schemas/UnreadBody",
            "mark_read: takes ['ReadBody'], described as ['UnreadBody']",
        ),
        (
            "schemas/ReadMark",
            "schemas/Count",
            "mark_read: answers ['ReadMark'], described as ['Count']",
        ),
        ("name: needs_reply", "name: reply", "list_conversations: parameter needs_reply"),
        ("default: newest", "default: oldest", "list_notes: parameter order"),
        ("maximum: 200, default: 50", "maximum: 100, default: 50", "list_tags: parameter limit"),
        ("name: Idempotency-Key", "name: Other-Key", "write_note: header Idempotency-Key"),
        ("bearerAuth: [admin]", "bearerAuth: [operator]", "add_key: scope admin"),
        ("bearerAuth: []", "bearerAuth: [admin]", "get_me: scope None"),
    ],
)
def test_an_operation_that_is_described_otherwise_is_named(old: str, new: str, named: str) -> None:
    contract = Contract(DOCUMENT.read_text(encoding="utf-8").replace(old, new))

    assert named in contract.differences()


class Part(msgspec.Struct):
    size: int


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["new", "old"]
    part: Part | None
    parts: list[Part]
    count: Annotated[int, msgspec.Meta(ge=1)] = 5


def test_a_new_struct_is_described_with_all_that_it_holds() -> None:
    assert merged_schemas({"Whole": Whole}, {}) == {
        "Whole": {
            "type": "object",
            "required": ["state", "part", "parts"],
            "additionalProperties": False,
            "properties": {
                "state": {"enum": ["new", "old"]},
                "part": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
                "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                "count": {"type": "integer", "minimum": 1, "default": 5},
            },
        },
        "Part": {
            "type": "object",
            "required": ["size"],
            "properties": {"size": {"type": "integer"}},
        },
    }
