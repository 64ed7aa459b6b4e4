"""docs/errors.md is the one table of codes, and says what domain/errors.py says."""

import re
from pathlib import Path

from domain.errors import Refusal

_TABLE = Path(__file__).parents[2] / "docs" / "errors.md"
_ROW = re.compile(r"^\| `([a-z_]+)` \| (\d{3}) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_table_of_errors_is_that_of_the_code() -> None:
    rows = _ROW.findall(_TABLE.read_text(encoding="utf-8"))
    written = {(code, int(status), title) for code, status, title, _ in rows}
    kinds = (Refusal, *Refusal.__subclasses__())
    assert written == {(kind.code, kind.status, kind.title) for kind in kinds}
    assert len(rows) == len(kinds)


def test_the_table_is_in_the_order_of_the_statuses() -> None:
    statuses = [status for _, status, _, _ in _ROW.findall(_TABLE.read_text(encoding="utf-8"))]
    assert statuses == sorted(statuses)
