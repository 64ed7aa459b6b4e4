"""The contract is sound, says what the code says, and leaves nothing out; so are the cases.

That every answer keeps it is checked wherever a test of this folder gets one.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import pytest
from contract import check_value, document, operations, resolved, validate
from jsonschema import Draft202012Validator
from test_cases import SUITE

from app.clock import utc_now
from domain import errors
from domain.address import AddressKind
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.message import BodyFormat, Direction, MessageKind
from inbox import present
from inbox.routes import api_routes
from store.database import open_pool
from store.inbox import MessageOrder, MessageStatus

_HERE = Path(__file__).parent

Json = Any


def test_every_schema_is_sound() -> None:
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    for node in _objects(document()):
        if "$ref" in node:
            assert resolved(node)


def test_every_operation_is_described() -> None:
    names = [one["operationId"] for one in operations().values()]
    assert len(set(names)) == len(names)
    for operation in operations().values():
        assert operation["summary"]
        assert operation["tags"]
        assert operation["responses"]


def test_every_example_keeps_its_schema() -> None:
    checked = 0
    for node in _objects(document()):
        examples = [one["value"] for one in node.get("examples", {}).values()]
        examples += [node["example"]] if "example" in node else []
        for example in examples if "schema" in node else []:
            check_value(example, node["schema"])
            checked += 1
    assert checked >= 5


def test_every_route_of_the_api_is_in_the_contract() -> None:
    routes = api_routes(open_pool("", "tests", 1), utc_now, b"")
    assert {f"/api{route.path}" for route in routes} == {
        path for path in document()["paths"] if path.startswith("/api/")
    }


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (present.Conversation, "Conversation"),
        (present.Channel, "Channel"),
        (present.Contact, "Contact"),
        (present.Participant, "Participant"),
        (present.LastMessage, "LastMessage"),
        (present.Message, "Message"),
        (present.Sender, "Sender"),
        (present.Recipient, "Recipient"),
        (present.Attachment, "Attachment"),
        (present.Page, "Page"),
    ],
)
def test_every_shape_has_the_fields_of_its_schema(shape: type, schema: str) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    described = document()["components"]["schemas"][schema]
    assert names == list(described["properties"])
    assert names == described["required"]


def test_words_are_those_of_the_code() -> None:
    schemas = document()["components"]["schemas"]
    message = schemas["Message"]["properties"]
    order = resolved(operations()["GET", "/api/conversations/{id}/messages"]["parameters"][1])
    assert tuple(schemas["ChannelKind"]["enum"]) == get_args(ChannelKind)
    assert tuple(schemas["ConversationStatus"]["enum"]) == get_args(ConversationStatus)
    assert tuple(schemas["AddressKind"]["enum"]) == get_args(AddressKind)
    assert tuple(schemas["Direction"]["enum"]) == get_args(Direction)
    assert tuple(message["kind"]["enum"]) == get_args(MessageKind)
    assert tuple(message["status"]["enum"]) == get_args(MessageStatus)
    assert tuple(message["body_format"]["enum"]) == get_args(BodyFormat)
    assert tuple(order["schema"]["enum"]) == get_args(MessageOrder)


def test_every_code_of_a_refusal_is_named() -> None:
    codes = {one.code for one in (errors.Refusal, *errors.Refusal.__subclasses__())}
    assert (
        set(document()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == codes
    )


def test_the_cases_keep_their_schema() -> None:
    schema = json.loads((_HERE / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    cases = json.loads((_HERE / "tests.json").read_text(encoding="utf-8"))
    validate(schema, cases)


def test_every_case_has_its_own_name() -> None:
    names = [case.name for case in SUITE.cases]
    assert len(set(names)) == len(names)


def _objects(node: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(node, list):
        for one in cast("list[Json]", node):
            yield from _objects(one)
    elif isinstance(node, dict):
        yield cast("Mapping[str, Json]", node)
        for one in cast("dict[str, Json]", node).values():
            yield from _objects(one)
