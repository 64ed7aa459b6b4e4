"""A report as the page shows it: tiles, charts and tables in words. Asks nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from inbox.operations.page_views import Notice
from inbox.page.display_format import zone_of
from inbox.reports.chart import Chart, Series, draw
from inbox.reports.report import Report, ReportName, ReportRow, ReportTable
from inbox.reports.words import AGES, LABELS, TABLES, write_change, write_value

_CHARTS: dict[tuple[ReportName, str], tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    ("volume", "by_time"): (
        ("Messages", "bars", ("messages_in", "messages_out")),
        (
            "Conversations",
            "bars",
            ("conversations_new", "conversations_reopened", "conversations_closed"),
        ),
    ),
    ("times", "by_time"): (
        (
            "First response",
            "lines",
            ("first_response_median_seconds", "first_response_p90_seconds"),
        ),
        ("Until closed", "lines", ("resolution_median_seconds", "resolution_p90_seconds")),
    ),
    ("backlog", "by_age"): (("Waiting", "bars", ("waiting", "waiting_business")),),
    ("delivery", "by_time"): (("Messages", "bars", ("delivered", "sent", "failed")),),
    ("agents", "by_agent"): (
        ("Messages out and closings", "bars", ("messages_out", "conversations_closed")),
    ),
    ("tags", "by_tag"): (("Messages in", "bars", ("messages_in", "messages_out")),),
    ("consent", "by_time"): (("Opt-outs and spam", "bars", ("opt_outs", "conversations_spam")),),
}  # fmt: skip
_MOST_BARS = 20
_IDS = frozenset({"channel_id", "agent_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure in large, with that of the time before."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    label: str
    is_number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table with its charts. `rows` are texts, those of numbers with whether they are nothing."""

    name: str
    title: str
    charts: Sequence[Chart]
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    csv_href: str


def tiles_of(report: Report) -> list[Tile]:
    """Write the figures of a report."""
    return [
        Tile(
            label=LABELS[figure.name],
            value=write_value(figure.name, figure.value),
            note=_compared(figure.value, figure.before, figure.name),
        )
        for figure in report.figures
        if figure.value is not None
    ]


def table_of(report: Report, table: ReportTable, csv_href: str) -> TableView:
    """Write a table; columns of which nothing is known are left out."""
    first = table.rows[0]
    about = [name for name in first.about if name not in _IDS]
    names = [
        name for name in first.values if any(row.values[name] is not None for row in table.rows)
    ]
    labels = labels_of(report, table.rows)
    has_times = first.starts_at is not None
    time = [Column(label="Hour" if report.group == "hour" else "Day", is_number=False)]
    return TableView(
        name=table.name,
        title=TABLES[table.name],
        charts=_charts(report, table, labels),
        columns=[
            *(time if has_times else []),
            *(Column(label=LABELS[name], is_number=False) for name in about),
            *(Column(label=LABELS[name], is_number=True) for name in names),
        ],
        rows=[
            [
                *([labels[index]] if has_times else []),
                *(_about(name, row.about[name]) for name in about),
                *(write_value(name, row.values[name]) for name in names),
            ]
            for index, row in enumerate(table.rows)
        ],
        csv_href=csv_href,
    )


def labels_of(report: Report, rows: Sequence[ReportRow]) -> list[str]:
    """Name what each row is about: its hour or day in the zone of the calendar, or its words."""
    zone = zone_of(report.time_zone)
    return [_label(report, row, zone) for row in rows]


def notices_of(report: Report, as_of: str) -> list[Notice]:
    """Say what a reader must know of the figures before reading them."""
    match report.state:
        case "rebuilding":
            text = (
                "These figures are being counted anew, since the calendar changed or they are new. "
                "They are not whole yet."
            )
        case "behind":
            text = f"Counting is behind: what happened after {as_of} is not in these figures yet."
        case "fresh" if report.source == "rows" and report.name == "volume":
            text = (
                "Counting ahead is behind, so these few days were counted from the messages "
                "themselves. The days before are not up to date."
            )
        case "fresh":
            return []
    return [Notice(text=text, tone="warn")]


def is_empty(report: Report) -> bool:
    """Say whether there is nothing at all to show."""
    return not any(figure.value for figure in report.figures)


def _charts(report: Report, table: ReportTable, labels: Sequence[str]) -> list[Chart]:
    drawn: list[Chart | None] = []
    rows = table.rows if table.rows[0].starts_at else table.rows[:_MOST_BARS]
    for title, kind, names in _CHARTS.get((report.name, table.name), ()):
        series = [
            Series(
                name=name,
                label=LABELS[name],
                number=number,
                values=[row.values[name] for row in rows],
            )
            for number, name in enumerate(names, 1)
            if any(row.values[name] is not None for row in rows)
        ]
        if series:
            is_bars = kind == "bars"
            drawn.append(draw(title, "bars" if is_bars else "lines", series, labels[: len(rows)]))
    return [chart for chart in drawn if chart]


def _label(report: Report, row: ReportRow, zone: tzinfo) -> str:
    if row.starts_at is None:
        return " ".join(_about(name, text) for name, text in row.about.items() if name not in _IDS)
    at = datetime.fromisoformat(row.starts_at).astimezone(zone)
    if report.group == "hour":
        is_of_one_day = report.first_day == report.last_day
        return f"{at:%H:%M}" if is_of_one_day else f"{at:%a} {at.day} {at:%b}, {at:%H:%M}"
    return f"{at:%a} {at.day} {at:%b}"


def _about(name: str, text: str | None) -> str:
    return AGES.get(text or "", "") if name == "age" else text or "–"


def _compared(value: float | None, before: float | None, name: str) -> str:
    if before is None:
        return ""
    if name.endswith("_share"):
        return f"{write_value(name, before)} before"
    change = write_change(value, before)
    return f"{write_value(name, before)} before" + (f", {change}" if change else "")
