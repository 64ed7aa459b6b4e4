"""`inlet compare`: compare derived rows with what they are derived from, and mend on request."""

from typing import Annotated

import typer

from app.long_texts import LongTextsApart
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    operator_session,
    run,
)
from app.terminal_output import show_json, show_table
from app.work import background_config
from store.comparisons import ListedRun, list_runs
from store.derived_rows import count_differing
from worker.comparing.look import Looking
from worker.comparing.rounds import compare_customer

_MOST_RUNS = 100

app = typer.Typer()


@app.command()
def compare(
    *,
    mend: Annotated[
        bool, typer.Option("--mend", help="Make wrong rows right, as far as no rebuild is needed.")
    ] = False,
    runs: Annotated[
        bool, typer.Option("--runs", help="Show the latest runs that found wrong rows instead.")
    ] = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Compare all that is derived of a customer; exit code 1 where rows are wrong and stay so."""
    if runs:
        run(_show_runs(customer, as_json))
    else:
        run(_compare(mend, customer, as_json))


async def _compare(mends: bool, customer: str, as_json: bool) -> None:
    long_texts = LongTextsApart()
    try:
        async with operator_session(customer) as session:
            done = await _done(session, long_texts, mends)
            left = [
                rows for rows in await count_differing(session.conn) if rows.customer == customer
            ]
    finally:
        await long_texts.close()
    if as_json:
        show_json([_facts(looking) for looking in done])
    else:
        show_table(
            ("part", "looked at", "wrong", "mended", "for example"),
            [(each.part.name, each.seen, each.wrong, each.mended, _example(each)) for each in done],
            empty="",
        )
        if left:
            typer.echo(
                "What is left disagrees still: `inlet compare --mend`, `inlet rebuild --apply`."
            )
    if any(each.wrong > each.mended for each in done):
        raise typer.Exit(1)


async def _done(session: OperatorSession, long_texts: LongTextsApart, mends: bool) -> list[Looking]:
    config = background_config(session.settings, "", lambda: None, long_texts)
    return await compare_customer(session.conn, config, session.customer_id, mends=mends)


async def _show_runs(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        found = await list_runs(session.conn, only_wrong=True, limit=_MOST_RUNS)
    if as_json:
        show_json([_run_facts(each) for each in found])
        return
    show_table(
        ("at", "why", "part", "looked at", "wrong", "mended", "for example"),
        [
            (
                each.ended_at,
                each.reason,
                each.part,
                each.rows_seen,
                each.rows_wrong,
                each.rows_mended,
                " ".join(map(str, each.samples[0].values())) if each.samples else "",
            )
            for each in found
        ],
        empty="No row was wrong.",
    )


def _example(looking: Looking) -> str:
    return " ".join(map(str, looking.samples[0].values())) if looking.samples else ""


def _facts(looking: Looking) -> dict[str, object]:
    return {
        "part": looking.part.name,
        "rows_seen": looking.seen,
        "rows_wrong": looking.wrong,
        "rows_mended": looking.mended,
        "seconds": round(looking.seconds, 3),
        "samples": looking.samples,
    }


def _run_facts(found: ListedRun) -> dict[str, object]:
    return {
        "id": found.id,
        "part": found.part,
        "reason": found.reason,
        "began_at": found.began_at,
        "ended_at": found.ended_at,
        "seconds": found.seconds,
        "from_id": found.from_id,
        "to_id": found.to_id,
        "rows_seen": found.rows_seen,
        "rows_wrong": found.rows_wrong,
        "rows_mended": found.rows_mended,
        "samples": list(found.samples),
    }
