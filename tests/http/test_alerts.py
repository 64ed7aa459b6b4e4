"""docs/operations: alerts and dashboard ask only for metrics and labels that /metrics shows."""

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from flows import values
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from app.clock import utc_now
from domain.delivery import Delivery
from store.consumers import add_consumer
from store.database import connect
from worker.background.chores import Chores
from worker.background.repeating import BackgroundConfig

_OPERATIONS = Path(__file__).parents[2] / "docs" / "operations"
_FUNCTIONS = frozenset(
    {
        "max", "sum", "by", "rate", "increase", "absent", "histogram_quantile", "le", "or",
    }
)  # fmt: skip
_SELECTOR = re.compile(r"([a-z_]+)(?:\{([a-z_]+)=\"([a-z_]+)\"\})?")
_ASIDE = re.compile(r"\[[^]]*\]|by \([a-z_, ]+\)")
_GROUPED = re.compile(r"by \(([a-z_]+)\) \(")


def _alerts() -> list[dict[str, Any]]:
    read = yaml.safe_load((_OPERATIONS / "alerts.yml").read_text())
    return [rule for group in read["groups"] for rule in group["rules"]]


def _panels() -> list[dict[str, Any]]:
    dashboard: dict[str, Any] = json.loads((_OPERATIONS / "dashboard.json").read_text())
    return cast("list[dict[str, Any]]", dashboard["panels"])


def _expressions() -> list[str]:
    asked = [rule["expr"] for rule in _alerts()]
    return asked + [target["expr"] for panel in _panels() for target in panel["targets"]]


async def _metrics(house: House, database_url: str) -> str:
    """Let something of everything happen, and read the page."""
    channel = house.channels["sms"]
    delivery = Delivery(
        method="POST", url=url_of(channel), headers={}, body=b"{", received_at=utc_now()
    )
    assert (await house.post(delivery)).is_success
    await house.work()
    await house.client.get("/api/conversations", headers=bearer("reader"))
    async with await connect(database_url, "tests") as conn:
        config = BackgroundConfig(
            connect=lambda: connect(database_url, "tests"),
            clock=utc_now,
            new_id=str,
            on_commit=lambda: None,
        )
        await add_consumer(conn, "search")
        chores = Chores(config)
        while not await chores.step(conn):
            pass
        assert await values(conn, b"SELECT count(*) FROM chore_runs") == [11]
    return (await house.get("/metrics", "prometheus")).text


@pytest.fixture
def shown(database_url: str, run: Any) -> str:
    plan = ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199")

    async def read() -> str:
        async with open_house(
            database_url,
            [plan],
            {"reader": KeyPlan(), "prometheus": KeyPlan(scopes=("installation:read",))},
        ) as house:
            return await _metrics(house, database_url)

    return run(read)


def test_every_metric_that_is_asked_for_is_shown(shown: str) -> None:
    names = {line.split("{")[0].split(" ")[0] for line in shown.splitlines() if line[0] != "#"}
    asked = {
        (name, label, value)
        for expression in _expressions()
        for name, label, value in _SELECTOR.findall(_ASIDE.sub("", expression))
        if name not in _FUNCTIONS
    }
    assert len(asked) > 30
    assert {name for name, _, _ in asked} - names == set()
    for name, label, value in asked:
        if label:
            assert re.search(rf"^{name}\{{[^}}]*{label}=\"{value}\"", shown, re.MULTILINE), name


def test_every_label_that_is_grouped_by_is_shown(shown: str) -> None:
    grouped = {label for expression in _expressions() for label in _GROUPED.findall(expression)}
    assert grouped >= {"lane", "table", "chore", "result"}
    for label in grouped:
        assert f'{label}="' in shown


def test_every_alert_says_what_it_means_and_how_to_mend_it() -> None:
    names = [rule["alert"] for rule in _alerts()]
    assert len(set(names)) == len(names)
    for rule in _alerts():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "mend"}
    kinds = " ".join(names)
    for subject in ("QueueLate", "DeadLetters", "ChannelSilent", "SpoolWaits"):
        assert subject in kinds


def test_no_panel_lies_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _panels():
        at = panel["gridPos"]
        cells = {
            (at["x"] + column, at["y"] + row) for column in range(at["w"]) for row in range(at["h"])
        }
        assert not cells & taken
        assert max(column for column, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in _panels()}) == len(_panels())
