"""The figures of the whole installation are for those who run it, not for a customer's operator."""

import pytest
from contract import check_response
from ops_house import let_a_worker_report
from page_house import log_in
from whole_house import ChannelPlan, KeyPlan, bearer, key_text, open_house

_PLANS = tuple(
    ChannelPlan(
        name="texts", provider="generic", kind="sms", own_address="+14155550199", customer=customer
    )
    for customer in (1, 2)
)
_KEYS = {
    "house": KeyPlan(agent="Ada", role="operator", scopes=("admin",)),
    "prometheus": KeyPlan(scopes=("installation:read",)),
    "desk": KeyPlan(scopes=("operator",)),
    "admin of two": KeyPlan(customer=2, agent="Mia", role="admin", scopes=("admin",)),
    "operator of two": KeyPlan(customer=2, agent="Ben", role="operator", scopes=("admin",)),
    "program of two": KeyPlan(customer=2, scopes=("admin",)),
}
_OF_TWO = [name for name in _KEYS if name.endswith("of two")]
_EVERYBODYS = {
    "database", "queue_age", "workers", "spool", "outbox_lag", "outbox_origin", "set_aside",
    "derived_rows", "files", "file_quota", "media", "hooks",
}  # fmt: skip
_OWN = {"schema", "failures", "dead_letters", "silence", "reconciliation"}


@pytest.mark.parametrize("path", ["/api/ops/now", "/api/ops/comparisons", "/metrics"])
@pytest.mark.parametrize("key", [*_OF_TWO, "desk"])
async def test_no_other_operator_is_let_in(database_url: str, path: str, key: str) -> None:
    async with open_house(database_url, _PLANS, _KEYS) as house:
        response = await house.get(path, key)
        check_response(response)
        assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("key", ["house", "prometheus"])
async def test_whoever_runs_the_installation_sees_all_of_it(database_url: str, key: str) -> None:
    async with open_house(database_url, _PLANS, _KEYS) as house:
        assert "worker_queued 0.0" in (await house.get("/metrics", key)).text
        assert len((await house.get("/api/ops/now", key)).json()["lanes"]) > 1


@pytest.mark.parametrize(("key", "names"), [("house", _OWN | _EVERYBODYS), (_OF_TWO[0], _OWN)])
async def test_health_is_that_of_what_the_key_may_see(
    database_url: str, key: str, names: set[str]
) -> None:
    async with open_house(database_url, _PLANS, _KEYS) as house:
        response = await house.get("/api/ops/health", key)
        check_response(response)
        assert {check["name"] for check in response.json()["checks"]} == names
        # No worker has reported, which is nobody's concern but that of whoever runs them.
        assert response.status_code == (503 if key == "house" else 200)


@pytest.mark.parametrize("key", ["house", _OF_TWO[0], _OF_TWO[1]])
async def test_the_page_shows_machines_to_whoever_runs_them(database_url: str, key: str) -> None:
    await let_a_worker_report(database_url)
    async with open_house(database_url, _PLANS, _KEYS) as house:
        await log_in(house.client, key_text(key), next="/ops")
        shown = [(await house.client.get(path)).text for path in ("/ops", "/ops/now")]
        for text in shown:
            assert ("Oldest waiting" in text) == (key == "house")
            assert "Dead letters" in text
        assert ("Web processes" in shown[0]) == (key == "house")


@pytest.mark.parametrize("key", ["admin of two", "program of two"])
async def test_a_customer_cannot_make_such_a_key(database_url: str, key: str) -> None:
    async with open_house(database_url, _PLANS, _KEYS) as house:
        ask = {"name": "metrics", "scopes": ["installation:read"]}
        refused = await house.client.post("/api/keys", json=ask, headers=bearer(key))
        check_response(refused)
        assert refused.status_code == 422
        assert "installation:read" not in refused.json()["detail"]
        me = (await house.get("/api/me", "operator of two")).json()
        assert "installation:read" not in me["key"]["scopes"]
        agent = me["agent"]["id"]
        made = await house.client.post(
            "/api/keys", json={"name": "laptop", "agent_id": agent}, headers=bearer(key)
        )
        check_response(made)
        assert "installation:read" not in made.json()["scopes"]
