"""What the contract shows is done: every example is sent as it stands and answered as promised.

Only ids are put in place, since those of the examples are nobody's; see contract_house.py.
"""

from collections.abc import Generator, Mapping

import pytest
from contract import check_response, operations, resolved
from contract_house import KEY, Furnished, furnish, open_contract_house
from contract_requests import Example, Named, examples, send
from databases import PreparedDatabases

# Operations that cannot show, or be asked for, anything here.
_WITHOUT_EXAMPLES: Mapping[Named, str] = {
    ("GET", "/api/openapi.yaml"): "it is this very document",
    ("GET", "/api/openapi.json"): "it is this very document",
    ("GET", "/api/docs"): "it is this very document",
    ("DELETE", "/api/canned-replies/{id}"): "neither it nor its answer has a body",
    ("DELETE", "/api/hooks/{id}"): "neither it nor its answer has a body",
    ("DELETE", "/api/keys/{id}"): "neither it nor its answer has a body",
}
_NOT_SENT: Mapping[Named, str] = {
    ("GET", "/api/stream"): "it does not end; test_stream.py reads it",
}


@pytest.fixture
def furnished(prepared_databases: PreparedDatabases) -> Generator[Furnished]:
    with prepared_databases.copy(furnish) as (url, ids):
        yield Furnished(database_url=url, ids=ids)


@pytest.mark.parametrize("example", list(examples(_NOT_SENT)), ids=str)
async def test_an_example_is_answered_as_promised(example: Example, furnished: Furnished) -> None:
    async with open_contract_house(furnished) as made:
        response = await send(made, example, KEY)
        check_response(response)
        assert response.is_success, response.text


@pytest.mark.parametrize(
    "named", [operation for operation in operations() if "/api/" in operation[1]], ids=" ".join
)
def test_every_operation_shows_what_it_takes_and_gives(named: Named) -> None:
    operation = operations()[named]
    contents = [
        *operation.get("requestBody", {}).get("content", {}).values(),
        *(
            content
            for status, answer in operation["responses"].items()
            if status.startswith("2")
            for content in resolved(answer).get("content", {}).values()
        ),
    ]
    has_all = bool(contents) and all("examples" in content for content in contents)
    assert has_all != (named in _WITHOUT_EXAMPLES), "has no example, or needs no reason"
