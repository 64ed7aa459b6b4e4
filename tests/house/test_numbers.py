"""Migrations and decisions are numbered without a gap, and no number is taken twice."""

from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _migrations() -> Iterable[str]:
    folder = ROOT / "migrations"
    return (path.name for path in folder.glob("*.sql") if not path.name.endswith(".rollback.sql"))


def _decisions() -> Iterable[str]:
    return (path.name for path in (ROOT / "docs" / "adr").glob("*.md"))


@pytest.mark.parametrize(
    ("names", "given_up"), [(_migrations(), set[int]()), (_decisions(), {23})], ids=("sql", "adr")
)
def test_numbers_follow_each_other(names: Iterable[str], given_up: set[int]) -> None:
    numbers = sorted(int(name[:4]) for name in names)
    assert numbers == [n for n in range(1, len(numbers) + len(given_up) + 1) if n not in given_up]


def test_a_decision_has_its_number_in_its_title() -> None:
    for path in (ROOT / "docs" / "adr").glob("*.md"):
        assert path.read_text(encoding="utf-8").startswith(f"# {int(path.name[:4])}. ")
