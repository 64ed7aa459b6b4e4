"""A table of a report as CSV: its figures under the names that the API has. Knows no page."""

import csv
import io

from inbox.reports.report import Report, ReportTable

# A program for sheets would take what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(report: Report, table: ReportTable) -> str:
    """Write a table; what is unknown is empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    first = table.rows[0] if table.rows else None
    has_times = first is not None and first.starts_at is not None
    about = list(first.about) if first else []
    names = list(first.values) if first else []
    times = ["starts_at"] if has_times else []
    writer.writerow([*times, *about, *names])
    for row in table.rows:
        writer.writerow(
            [
                *([row.starts_at] if has_times else []),
                *(_harmless(row.about[name] or "") for name in about),
                *("" if row.values[name] is None else row.values[name] for name in names),
            ]
        )
    return written.getvalue()


def name_of_file(report: Report, table: ReportTable) -> str:
    """Say how the file is called."""
    return f"{report.name}-{table.name}-{report.first_day}-{report.last_day}.csv"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
