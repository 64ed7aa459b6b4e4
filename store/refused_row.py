"""Which events a refusal of Postgres names. What it says is looked at here and never kept.

A refused row is shown in the error's detail with its first columns, ids among them; a row that
belongs to one event bears that event's id.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from store.database import DatabaseError

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY_OF_BODY = re.compile(r"\([0-9]+, (-?[0-9]{1,20}),")  # the row begins with customer and hash
# Their rows are of one event each, so who is named in one is to blame.
_TABLES_OF_ONE = frozenset({"messages", "message_recipients", "attachments"})
_FOREIGN_KEY = "23503"
_NOT_NULL = "23502"
_CHECK = "23514"
_DATA_EXCEPTION = "22"  # the class of what a value alone is refused for


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """The events and body hashes that a refused row names; `is_certain`: it can be nobody else."""

    event_ids: frozenset[str]
    body_hashes: frozenset[int]
    is_certain: bool


def refused_row_of(error: Exception, event_ids: Collection[str]) -> RefusedRow:
    """Say which of these events a refused row names, if any."""
    diagnosis = error.diag if isinstance(error, DatabaseError) else None
    detail = (diagnosis.message_detail or "") if diagnosis else ""
    table = (diagnosis.table_name or "") if diagnosis else ""
    named = frozenset(_UUID.findall(detail)).intersection(event_ids)
    body = _KEY_OF_BODY.search(detail) if table == "bodies" else None
    return RefusedRow(
        event_ids=named,
        body_hashes=frozenset({int(body[1])} if body else ()),
        is_certain=body is not None or (table in _TABLES_OF_ONE and len(named) == 1),
    )


def is_permanent(error: Exception, refused_row: RefusedRow) -> bool:
    """Say whether the row of one event would be refused again whatever else changes meanwhile."""
    state = (error.sqlstate or "") if isinstance(error, DatabaseError) else ""
    return state[:2] == _DATA_EXCEPTION or (refused_row.is_certain and state in {_NOT_NULL, _CHECK})


def what_refused(error: Exception) -> str:
    """Name the code, the table and the constraint of a refusal, none of which is data."""
    if not isinstance(error, DatabaseError):
        return ""
    names = (error.sqlstate, error.diag.table_name, error.diag.constraint_name)
    return " ".join(name for name in names if name)


def names_missing_row(error: Exception) -> bool:
    """Say whether something that was taken to be stored is not."""
    return isinstance(error, DatabaseError) and error.sqlstate == _FOREIGN_KEY
