"""The contract for everybody: as YAML, as JSON, and as a page. Nobody is asked for a key.

What is made of it is made once, in a thread, when somebody first asks.
"""

import asyncio
from collections.abc import Callable
from functools import cache

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from inbox.contract.operations import show_contract
from inbox.http.call import JSON, NOT_STORED
from inbox.page.assets import load_assets
from inbox.page.html import PAGE_HEADERS, Pages

_YAML = "application/yaml"


def contract_routes(contract: bytes) -> list[BaseRoute]:
    """Make the routes that show a contract, given as it is written."""
    pages = Pages(load_assets().url)

    @cache
    def as_json() -> bytes:
        return msgspec.json.encode(yaml.load(contract, yaml.CSafeLoader))

    @cache
    def as_page() -> bytes:
        shown = show_contract(msgspec.json.decode(as_json()))
        return pages.text("contract.html", contract=shown, theme="").encode()

    async def answer_yaml(_request: Request) -> Response:
        return Response(contract, media_type=_YAML, headers=NOT_STORED)

    async def answer_json(_request: Request) -> Response:
        return Response(await _made(as_json), media_type=JSON, headers=NOT_STORED)

    async def answer_page(_request: Request) -> Response:
        return Response(await _made(as_page), media_type="text/html", headers=PAGE_HEADERS)

    return [
        Route("/openapi.yaml", answer_yaml),
        Route("/openapi.json", answer_json),
        Route("/docs", answer_page),
    ]


async def _made(make: Callable[[], bytes]) -> bytes:
    return await asyncio.to_thread(make)
