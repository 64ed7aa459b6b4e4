"""Which files an export has, and which of them are still as they would be written. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.export_manifest import Exported, ExportFormat
from store.analysts_export import WHOLE_VIEWS

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFile:
    """A file with the rows of a view and a time, its end excluded."""

    name: str
    view: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSpan:
    """From when to when is exported, and for how long after a day its rows may still change."""

    since: datetime
    until: datetime
    changing: timedelta


def list_files(
    views: Sequence[str], span: ExportedSpan, file_format: ExportFormat
) -> Iterator[DueFile]:
    """List what is to be there: a file for each day of a view, or one of all rows that can move."""
    for view in views:
        if view in WHOLE_VIEWS:
            yield DueFile(
                name=f"{view}/all.{file_format}", view=view, from_at=span.since, until_at=span.until
            )
            continue
        for day in _days(span):
            yield DueFile(
                name=f"{view}/{day:%Y-%m-%d}.{file_format}",
                view=view,
                from_at=max(day, span.since),
                until_at=min(day + _DAY, span.until),
            )


def is_kept(
    due: DueFile, exported: Exported | None, began_at: datetime, changing: timedelta
) -> bool:
    """Say whether a file need not be written: by this export it was, or it changes no more."""
    if exported is None or (exported.from_at, exported.until_at) != (due.from_at, due.until_at):
        return False
    is_settled = due.view not in WHOLE_VIEWS and exported.at >= due.until_at + changing
    return exported.at >= began_at or is_settled


def _days(span: ExportedSpan) -> Iterator[datetime]:
    day = span.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < span.until:
        yield day
        day += _DAY
