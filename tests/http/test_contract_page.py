"""The contract as JSON and as a page, for everybody; and the version that every answer names."""

import re
from importlib.metadata import version

import httpx
import pytest
import yaml
from contract import DOCUMENT, check_response, document, operations
from page_house import tags_of, text_of
from whole_house import open_house

_ID = re.compile(r'\bid="([^"]+)"')


async def answered(database_url: str, path: str) -> httpx.Response:
    async with open_house(database_url, (), {}) as house:
        response = await house.client.get(path)
        check_response(response)
        return response


async def test_the_contract_is_the_same_as_json(database_url: str) -> None:
    response = await answered(database_url, "/api/openapi.json")
    assert response.json() == yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


async def test_the_page_shows_every_operation_and_schema(database_url: str) -> None:
    page = (await answered(database_url, "/api/docs")).text
    written, places = text_of(page), set(_ID.findall(page))
    for (method, path), operation in operations().items():
        assert operation["operationId"] in places
        assert f"{method} {path} {' '.join(operation['summary'].split())}" in written
    assert {f"schema-{name}" for name in document()["components"]["schemas"]} <= places
    assert "A key with conversations:read" in written
    assert "No key is asked for." in written
    assert "Still waiting for my parcel" in written


async def test_what_the_page_leads_to_is_there_and_comes_from_nowhere_else(
    database_url: str,
) -> None:
    response = await answered(database_url, "/api/docs")
    places = _ID.findall(response.text)
    assert len(set(places)) == len(places)
    for link in tags_of(response.text, "a"):
        href = link["href"] or ""
        assert href[1:] in places if href.startswith("#") else href.startswith("/api/openapi.")
    assert tags_of(response.text, "script") == []
    assert "style=" not in response.text
    for sheet in tags_of(response.text, "link"):
        assert (sheet["href"] or "").startswith("/inbox/static/")
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/me", "/api/nothing", "/webhooks/no/no"])
async def test_every_answer_names_the_version(database_url: str, path: str) -> None:
    async with open_house(database_url, (), {}) as house:
        response = await house.client.get(path)
    assert response.headers["inlet-version"] == version("inlet")
    assert document()["info"]["version"] == version("inlet")
