"""`inlet export`: the views of analysts as files, for what reads files."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.analyst_connection import analyst_parameters, check_analyst, joined
from app.clock import utc_now
from app.database import owner_database
from app.database_check import check_database
from app.export import Export, ExportResult, export_views
from app.export_manifest import ExportFormat, Manifest, held_manifest
from app.export_plan import ExportedSpan
from app.operator_session import DEFAULT_CUSTOMER, CustomerOption, JsonOption
from app.parquet_file import check_parquet
from app.settings import load_settings
from app.shown_progress import shown_progress
from app.terminal_output import show_facts, show_json
from app.time_option import parse_time
from domain.errors import OperatorError
from store.analysts_export import VIEWS_BY_DAY, WHOLE_VIEWS, find_exported_customer
from store.database import connect

_VIEWS = tuple(sorted((*VIEWS_BY_DAY, *WHOLE_VIEWS)))
_LONGEST = "1h"
# What Postgres writes as text is the same whatever the role or the server has set.
_AS_TEXT = " -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601"

app = typer.Typer()


@app.command()
def export(
    *,
    since: Annotated[str, typer.Option(help="From when on: a time, or how long ago, as 90d.")],
    to: Annotated[Path, typer.Option(help="The folder that the files go to.")],
    until: Annotated[
        str | None, typer.Option(help="Until when, that moment excluded; else until now.")
    ] = None,
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="As what: parquet needs the extra parquet.")
    ] = "csv",
    view: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this view, and others named as well: {', '.join(_VIEWS)}."),
    ] = None,
    changing_days: Annotated[
        int,
        typer.Option(min=0, help="How long after a day its rows may change and are written again."),
    ] = 30,
    anew: Annotated[bool, typer.Option("--anew", help="Write every file again.")] = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Write what analysts see into files; run again, it goes on and brings up to date."""
    views = _chosen(view)
    if file_format == "parquet":
        check_parquet()
    now = utc_now()
    span = ExportedSpan(
        since=parse_time(since, "--since", now),
        until=parse_time(until, "--until", now) if until else now,
        changing=timedelta(days=changing_days),
    )
    if span.since >= span.until:
        raise OperatorError("--since must be before --until")
    with owner_database(load_settings()) as url, held_manifest(to) as manifest:
        check_database(url)
        wanted = (views, span, file_format, anew, customer)
        result = asyncio.run(_export(url, manifest, *wanted))
    facts = {"folder": str(to), "since": span.since, "until": span.until, **asdict(result)}
    if as_json:
        show_json(facts)
    else:
        show_facts(facts)


async def _export(
    url: str,
    manifest: Manifest,
    views: tuple[str, ...],
    span: ExportedSpan,
    file_format: ExportFormat,
    is_anew: bool,
    customer: str,
) -> ExportResult:
    parameters = analyst_parameters(url, _LONGEST)
    parameters["options"] += _AS_TEXT
    await check_analyst(url, parameters)
    async with await connect(joined(parameters), "inlet export", prepare=False) as conn:
        customer_id = await find_exported_customer(conn, customer)
        if customer_id is None:
            raise OperatorError("no customer of this name can be read: see `inlet customer list`")
        export = Export(
            customer_id=customer_id,
            customer=customer,
            views=views,
            span=span,
            format=file_format,
            is_anew=is_anew,
        )
        with shown_progress("files") as progress:
            return await export_views(conn, export, manifest, utc_now, progress)


def _chosen(views: list[str] | None) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(views or _VIEWS))
    if unknown := [view for view in chosen if view not in _VIEWS]:
        raise OperatorError(f"{unknown[0]} is no view to export: there are {', '.join(_VIEWS)}")
    return chosen
