"""Writes a batch around what Postgres refuses, inside one transaction.

The event that a refusal names is taken out and the rest written again; where none is named, the
batch is halved. Savepoints keep what was written before. Knows no queue.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from domain.event import ClaimedEvent
from domain.identity import hash64
from domain.receipt import NewReceipt
from store.bisection import halves, write_by_halves
from store.database import Connection
from store.faults import Fault, fault_of, is_statement_timeout
from store.refused_row import (
    RefusedRow,
    is_permanent,
    names_missing_row,
    refused_row_of,
    what_refused,
)
from store.savepoint import savepoint
from worker.reading.draft import MessageDraft
from worker.reading.event import CannotRead
from worker.writing.row_cache import Learned, RowCache
from worker.writing.texts import Overtaken

_LOG = structlog.get_logger(__name__)

Readings = Sequence[MessageDraft | NewReceipt]
Write = Callable[[Readings], Awaitable[Learned | None]]

_ROW_REFUSED = "row_refused"
_NOT_WRITTEN = "the event's rows could not be written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event whose rows Postgres does not take; `is_permanent`: no retry can cure that."""

    event: ClaimedEvent
    error_class: str
    detail: str
    is_permanent: bool = False


@dataclass(slots=True)
class Written:
    """What may be remembered after the commit, and which events were refused."""

    learned: list[Learned] = field(default_factory=list[Learned])
    refused: list[Refused] = field(default_factory=list[Refused])


async def write_around(
    conn: Connection, readings: Readings, write: Write, row_cache: RowCache
) -> Written:
    """Write all that Postgres takes.

    Raises: whatever is nobody's fault but the server's or a neighbour's, and a statement that took
    too long: to halve while everything is locked would only lock longer.
    """
    written = Written()

    async def write_part(part: Readings) -> None:
        async with savepoint(conn):
            learned = await write(part)
        written.learned += [learned] if learned is not None else []

    async def refuse(part: Readings, error: Exception) -> None:
        refused_row = refused_row_of(error, [reading.event.id for reading in part])
        written.refused += [_refused(reading.event, error, refused_row) for reading in part]

    await write_by_halves(
        readings, write_part, refuse, lambda error, part: _divide(error, part, row_cache)
    )
    return written


def fault_behind(error: Exception) -> Fault:
    """Say who is to blame for whatever a transaction raised."""
    if isinstance(error, Overtaken):
        return "contention"
    return "outage" if isinstance(error, CannotRead) else fault_of(error)


def refused(event: ClaimedEvent, error: Exception) -> Refused:
    """Describe an event that failed for a reason which may pass."""
    return Refused(event=event, error_class=type(error).__name__, detail=_NOT_WRITTEN)


def _refused(event: ClaimedEvent, error: Exception, refused_row: RefusedRow) -> Refused:
    if not is_permanent(error, refused_row):
        return refused(event, error)
    detail = f"{_NOT_WRITTEN}: {what_refused(error)}"
    return Refused(event=event, error_class=_ROW_REFUSED, detail=detail, is_permanent=True)


def _divide(
    error: Exception, part: Readings, row_cache: RowCache
) -> tuple[Readings, Sequence[Readings]]:
    """Return who is to blame, and what to try next.

    Raises: the error, where it is nobody's in the batch.
    """
    if fault_behind(error) != "data" or is_statement_timeout(error):
        raise error
    _LOG.warning("write_refused", error_class=type(error).__name__, events=len(part))
    refused_row = refused_row_of(error, [reading.event.id for reading in part])
    suspects = [reading for reading in part if _is_named(reading, refused_row)]
    others = [reading for reading in part if not _is_named(reading, refused_row)]
    if len(part) == 1:
        return part, []
    if suspects and refused_row.is_certain:
        return suspects, [others]
    if names_missing_row(error) or not suspects:
        row_cache.clear()
    if suspects and others:
        return [], [suspects, others]
    return halves(part)


def _is_named(reading: MessageDraft | NewReceipt, refused_row: RefusedRow) -> bool:
    if reading.event.id in refused_row.event_ids:
        return True
    return (
        bool(refused_row.body_hashes)
        and isinstance(reading, MessageDraft)
        and hash64(reading.body) in refused_row.body_hashes
    )
