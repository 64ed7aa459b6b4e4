"""The pages of reports: filters out of the address, the report, and each of its tables as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from domain.errors import NotFound, Refusal
from inbox.http.query import Query, read_query
from inbox.operations.page_views import FieldView, FilterForm, Notice
from inbox.page.display_format import Clock, zone_of
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import Handler, PageRequest
from inbox.reports.making import begin
from inbox.reports.page_frame import HOME, show
from inbox.reports.page_view import is_empty, notices_of, table_of, tiles_of
from inbox.reports.query import DEFAULT_SPAN, SpanQuery
from inbox.reports.report import Report, ReportName
from inbox.reports.report_csv import name_of_file, write_csv
from inbox.reports.reports_api import REPORTS
from inbox.reports.words import LEADS, SPANS, TITLES
from store.agents import list_agents
from store.channels import list_channels
from store.database import Connection
from store.tags import list_tags

_MOST_CHOICES = 500
_OF_EVERY = ("span", "first_day", "last_day", "group", "channel_id", "agent_id", "tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page is asked: what was given, those of it that a report takes, what is wrong."""

    given: dict[str, str]
    query: SpanQuery
    problem: str

    @property
    def link(self) -> str:
        return urlencode(self.given)


def report_page(name: ReportName) -> Handler:
    """Make what shows a report."""

    async def show_report(page_request: PageRequest) -> Response:
        asked = _read(page_request, name)
        async with page_request.shared.pool.connection() as conn:
            report = await _make(conn, page_request, name, asked)
            form = await _form(conn, page_request, name, asked)
            clock = Clock(page_request.clock.now, zone_of(report.time_zone))
            as_of = clock.moment(datetime.fromisoformat(report.as_of))
            problem = [Notice(text=asked.problem, tone="fail")] if asked.problem else []
            return await show(
                conn,
                page_request,
                "report.html",
                name,
                422 if asked.problem else 200,
                query=asked.link,
                title=TITLES[name],
                lead=LEADS[name],
                form=form,
                notices=[*problem, *notices_of(report, as_of.exact)],
                report=report,
                as_of=as_of,
                tiles=tiles_of(report),
                tables=[
                    table_of(report, table, _csv_href(name, table.name, asked))
                    for table in report.tables
                    if table.rows
                ],
                is_empty=is_empty(report),
            )

    return show_report


def report_csv(name: ReportName) -> Handler:
    """Make what gives a table of a report as a file."""

    async def give(page_request: PageRequest) -> Response:
        wanted = page_request.request.path_params["table"]
        pairs = [pair for pair in page_request.pairs if pair[1]]
        query = read_query(pairs, REPORTS[name][1])
        async with page_request.shared.pool.connection() as conn:
            making = await begin(conn, page_request.key.customer_id, query, page_request.clock.now)
            report = await REPORTS[name][0](making)
        for table in report.tables:
            if table.name == wanted:
                file = name_of_file(report, table)
                headers = {
                    **PAGE_HEADERS,
                    "Content-Disposition": f'attachment; filename="{file}"',
                }
                return Response(write_csv(report, table), media_type="text/csv", headers=headers)
        raise NotFound("this report has no such table")

    return give


async def to_first(page_request: PageRequest) -> Response:
    """Lead to the first report."""
    return RedirectResponse(f"{HOME}/volume", 303, headers=PAGE_HEADERS)


def _read(page_request: PageRequest, name: ReportName) -> Asked:
    """Read filters; days win over a name, and what the report does not take stays in the links."""
    given = {key: value for key, value in page_request.pairs if value and key in _OF_EVERY}
    if "first_day" in given and "last_day" in given:
        given.pop("span", None)
    shape: type[Query] = REPORTS[name][1]
    taken = [(key, value) for key, value in given.items() if key in shape.__struct_fields__]
    try:
        query = read_query(taken, REPORTS[name][1])
    except Refusal as refusal:
        problem = (
            f"{refusal.detail[:1].upper()}{refusal.detail[1:]}. Shown is what there is without."
        )
        return Asked(given=given, query=REPORTS[name][1](), problem=problem)
    return Asked(given=given, query=query, problem="")


async def _make(
    conn: Connection, page_request: PageRequest, name: ReportName, asked: Asked
) -> Report:
    now = page_request.clock.now
    making = await begin(conn, page_request.key.customer_id, asked.query, now)
    return await REPORTS[name][0](making)


async def _form(
    conn: Connection, page_request: PageRequest, name: ReportName, asked: Asked
) -> FilterForm:
    customer_id, given = page_request.key.customer_id, asked.given
    fields = REPORTS[name][1].__struct_fields__

    def field(key: str, label: str, kind: str = "text") -> FieldView:
        return FieldView(name=key, label=label, value=given.get(key, ""), kind=kind)

    def menu(key: str, label: str, choices: Sequence[tuple[str, str]]) -> list[FieldView]:
        if key not in fields:
            return []
        every = [("", "All"), *choices]
        return [FieldView(name=key, label=label, value=given.get(key, ""), choices=every)]

    channels = [
        (each.channel.id, each.channel.name) for each in await list_channels(conn, customer_id)
    ]
    agents = await list_agents(conn, customer_id, after=None, row_count=_MOST_CHOICES)
    tags = await list_tags(conn, customer_id, after=None, row_count=_MOST_CHOICES, most_counted=1)
    span = "" if "first_day" in given else given.get("span", DEFAULT_SPAN)
    days = [("", "From and to"), *SPANS.items()]
    is_now = name == "backlog"
    return FilterForm(
        action=f"{HOME}/{name}",
        label="Filter the report",
        fields=[
            *([] if is_now else [FieldView(name="span", label="Days", value=span, choices=days)]),
            *menu("channel_id", "Channel", channels),
            *menu("agent_id", "Agent", [(agent.id, agent.name) for agent in agents]),
            *menu("tag", "Tag", [(tag, tag) for tag, _ in tags]),
        ],
        more=[]
        if is_now
        else [
            field("first_day", "From, instead of Days", "date"),
            field("last_day", "To", "date"),
            FieldView(
                name="group",
                label="By",
                value=given.get("group", ""),
                choices=[("", "What fits"), ("hour", "Hour"), ("day", "Day")],
            ),
        ],
        clear_href=f"{HOME}/{name}" if given else "",
    )


def _csv_href(name: ReportName, table: str, asked: Asked) -> str:
    fields = REPORTS[name][1].__struct_fields__
    query = urlencode({key: value for key, value in asked.given.items() if key in fields})
    return f"{HOME}/{name}/{table}.csv" + (f"?{query}" if query and not asked.problem else "")
