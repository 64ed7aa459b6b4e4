"""docs/analytics.md is what the database says of its views, and no promise is broken in silence."""

import re
from dataclasses import replace

import pytest
from conftest import OpenConnection

from bench.analytics_contract import (
    DOCUMENT,
    SNAPSHOT,
    AnalystsContract,
    Column,
    View,
    broken_promises,
    dump_snapshot,
    load_snapshot,
    read_contract,
    rewritten,
)

_KEPT = AnalystsContract(
    version=1,
    views={
        "delivery": View(
            meaning="What became of it.",
            columns={
                "day": Column(type="date", meaning="The day."),
                "status": Column(type="text", meaning="The status."),
            },
        ),
        "events": View(meaning="What came.", columns={}),
    },
)


def _with_delivery(view: View) -> AnalystsContract:
    return replace(_KEPT, views={**_KEPT.views, "delivery": view})


def _with_columns(**columns: Column) -> AnalystsContract:
    return _with_delivery(replace(_KEPT.views["delivery"], columns=columns))


_DAY = _KEPT.views["delivery"].columns["day"]
_STATUS = _KEPT.views["delivery"].columns["status"]


async def test_what_is_kept_and_documented_is_what_the_database_has(
    open_owner_connection: OpenConnection,
) -> None:
    async with open_owner_connection() as conn:
        found = await read_contract(conn)
    kept = load_snapshot(SNAPSHOT.read_text(encoding="utf-8"))
    assert broken_promises(kept, found) == []
    assert kept == found, "`make analytics` writes it"
    document = DOCUMENT.read_text(encoding="utf-8")
    assert rewritten(document, found) == document, "`make analytics` writes it"


def test_the_document_tells_of_every_version() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    told = [int(version) for version in re.findall(r"^- \*\*Version (\d+)\*\*", document, re.M)]
    version = load_snapshot(SNAPSHOT.read_text(encoding="utf-8")).version
    assert sorted(told) == list(range(1, version + 1))


def test_the_document_names_the_views_that_are_made_to_be_asked() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)` \|$", document, re.M)
    views = load_snapshot(SNAPSHOT.read_text(encoding="utf-8")).views
    assert len(named) == 9
    assert [view for view, column in named if column not in views[view].columns] == []


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        (_KEPT, []),
        (_with_columns(day=_DAY), ["delivery.status is gone"]),
        (
            _with_columns(day=replace(_DAY, type="text"), status=_STATUS),
            ["delivery.day was date and is text"],
        ),
        (
            _with_columns(day=_DAY, status=replace(_STATUS, meaning="Another.")),
            ["delivery.status means something else"],
        ),
        (
            _with_delivery(replace(_KEPT.views["delivery"], meaning="Another.")),
            ["delivery means something else"],
        ),
        (replace(_KEPT, views={"delivery": _KEPT.views["delivery"]}), ["events is gone"]),
        (replace(_KEPT, version=0), ["the version fell"]),
        (_with_columns(day=_DAY, status=_STATUS, more=_DAY), []),
        (replace(_KEPT, views={**_KEPT.views, "more": _KEPT.views["events"]}), []),
    ],
)
def test_what_goes_or_changes_is_named_and_what_is_added_is_not(
    found: AnalystsContract, broken: list[str]
) -> None:
    assert broken_promises(_KEPT, found) == broken
    assert broken_promises(_KEPT, replace(found, version=2)) == []


def test_what_is_kept_is_read_as_it_was() -> None:
    assert load_snapshot(dump_snapshot(_KEPT)) == _KEPT
