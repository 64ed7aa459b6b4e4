"""The contract is sound, says what the code says, and leaves nothing out; so are the cases.

That every answer keeps it is checked wherever a test of this folder gets one.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from contract import check_value, document, operations, resolved, validate
from jsonschema import Draft202012Validator
from starlette.routing import Mount, Route
from test_cases import SUITE

from app.settings import Settings
from app.web import build_app
from domain import errors
from domain.address import AddressKind
from domain.agent import ROLES
from domain.api_key import SCOPES
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.message import BodyFormat, Direction, MessageKind
from domain.sealing import Sealer
from inbox.conversations.queries import CountView
from store.message_listing import MessageOrder, MessageStatus

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
    names = [operation["operationId"] for operation in operations().values()]
    assert len(set(names)) == len(names)
    for operation in operations().values():
        assert operation["summary"]
        assert operation["tags"]
        assert operation["responses"]


def test_every_example_keeps_its_schema() -> None:
    checked = 0
    for node in _objects(document()):
        examples = [example["value"] for example in node.get("examples", {}).values()]
        examples += [node["example"]] if "example" in node else []
        for example in examples if "schema" in node else []:
            check_value(example, node["schema"])
            checked += 1
    assert checked >= 5


def test_every_route_of_the_api_is_in_the_contract() -> None:
    app = build_app(
        Settings(public_url="https://inlet.test"), "", Sealer("a secret key of the tests")
    )
    api = next(route for route in app.routes if isinstance(route, Mount))
    found = {
        (method, f"/api{route.path}")
        for route in api.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert found == {operation for operation in operations() if operation[1].startswith("/api/")}


def test_every_post_of_the_api_takes_an_idempotency_key() -> None:
    posts = {
        operation["operationId"]: [
            resolved(parameter)["name"] for parameter in operation["parameters"]
        ]
        for (method, path), operation in operations().items()
        if method == "POST" and path.startswith("/api/")
    }
    assert {name for name, taken in posts.items() if "Idempotency-Key" not in taken} == set()
    assert len(posts) > 20


def test_words_are_those_of_the_code() -> None:
    schemas = document()["components"]["schemas"]
    message = schemas["Message"]["properties"]
    order = resolved(operations()["GET", "/api/conversations/{id}/messages"]["parameters"][1])
    assert tuple(schemas["ChannelKind"]["enum"]) == get_args(ChannelKind)
    assert tuple(schemas["ConversationStatus"]["enum"]) == get_args(ConversationStatus)
    assert tuple(schemas["AddressKind"]["enum"]) == get_args(AddressKind)
    assert tuple(schemas["Direction"]["enum"]) == get_args(Direction)
    assert tuple(message["kind"]["enum"]) == get_args(MessageKind)
    assert tuple(schemas["MessageStatus"]["enum"]) == get_args(MessageStatus)
    assert tuple(schemas["CountView"]["enum"]) == get_args(CountView)
    assert tuple(message["body_format"]["enum"]) == get_args(BodyFormat)
    assert tuple(order["schema"]["enum"]) == get_args(MessageOrder)
    assert tuple(schemas["Role"]["enum"]) == ROLES
    assert tuple(schemas["Scope"]["enum"]) == SCOPES


def test_every_code_of_a_refusal_is_named() -> None:
    codes = {refusal.code for refusal in (errors.Refusal, *errors.Refusal.__subclasses__())}
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
        for item in cast("list[Json]", node):
            yield from _objects(item)
    elif isinstance(node, dict):
        yield cast("Mapping[str, Json]", node)
        for item in cast("dict[str, Json]", node).values():
            yield from _objects(item)
