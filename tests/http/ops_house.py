"""What the tests of the operator API share: a worker that is there, and how to ask."""

from datetime import UTC, datetime
from typing import Any

import httpx
from contract import check_response
from whole_house import House, bearer

from domain.identity import derived_uuid
from store.database import connect
from store.workers import WorkerReport, report_worker

KEY = "operator"
SECRET = "whsec_c2VjcmV0"

Json = Any


async def let_a_worker_report(database_url: str) -> None:
    report = WorkerReport(
        id=derived_uuid("worker"),
        host="tests",
        pid=1,
        started_at=datetime(2024, 11, 1, tzinfo=UTC),
        claimed=3,
        processed=2,
        error=1,
        dead_letter=0,
        latency_bounds=[1.0],
        latency_counts=[2, 0],
        latency_sum=0.5,
        version="0.4.0",
    )
    async with await connect(database_url, "tests") as conn:
        await report_worker(conn, report)


async def ask(
    house: House, method: str, path: str, body: Json = None, *, key: str | None = KEY
) -> httpx.Response:
    """Ask the operator API; the answer keeps the contract."""
    response = await house.client.request(method, f"/api/ops{path}", json=body, headers=bearer(key))
    check_response(response)
    return response


async def get(house: House, path: str) -> Json:
    response = await ask(house, "GET", path)
    assert response.is_success, response.text
    return response.json()


async def post(house: House, path: str, body: Json) -> Json:
    response = await ask(house, "POST", path, body)
    assert response.is_success, response.text
    return response.json()
