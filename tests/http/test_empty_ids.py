"""An id that is an empty text names nothing: it is refused like any other that is none."""

from typing import Any

import pytest
from contract import check_response
from whole_house import KeyPlan, bearer, open_house


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": {"assignee_id": ""}, "filter": {}}, "action.assignee_id"),
        ({"action": {"status": "open"}, "filter": {"channel_id": ""}}, "filter.channel_id"),
        ({"action": {"status": "open"}, "filter": {"contact_id": ""}}, "filter.contact_id"),
        ({"action": {"status": "open"}, "filter": {"assignee": ""}}, "filter.assignee"),
        ({"action": {"status": "open"}, "ids": [""]}, "ids"),
    ],
)
async def test_a_bulk_action_refuses_it(
    database_url: str, body: dict[str, Any], field: str
) -> None:
    async with open_house(database_url, (), {"lead": KeyPlan(scopes=("inbox:manage",))}) as house:
        response = await house.client.post("/api/bulk", json=body, headers=bearer("lead"))
        check_response(response)
        assert response.status_code == 422, response.text
        assert [error["name"] for error in response.json()["errors"]] == [field]
