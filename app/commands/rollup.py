"""`inlet rollup`: the figures that are counted before they are asked for."""

from dataclasses import asdict

import typer

from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    operator_session,
    run,
)
from app.shown_progress import shown_progress
from app.terminal_output import show_facts, show_json, show_table
from domain.actor import Actor
from store.audit import AuditEntry, record_audit
from store.rollup_rebuilds import (
    count_conversations,
    list_rebuilds,
    request_rebuild,
    summarise_refreshes,
)
from worker.background.rollups import rebuild_portion

app = typer.Typer(
    name="rollup", no_args_is_help=True, help="The figures by hour and day, and how current."
)


@app.command()
def rebuild(*, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """Count all conversations of a customer again, beside everything else; at any time."""
    run(_rebuild(customer, as_json))


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """Show how far the roll-ups are behind, what they cost, and whose are being made again."""
    run(_status(as_json))


async def _rebuild(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        done = await _count_again(session)
        entry = AuditEntry(id=new_id(), action="rollups.rebuilt", detail=done)
        await record_audit(session.conn, Actor(customer_id=session.customer_id), [entry])
    if as_json:
        show_json(done)
        return
    typer.echo(
        f"Counted {done['conversations']} conversations again: {done['differing']} rows were wrong."
    )


async def _count_again(session: OperatorSession) -> dict[str, int]:
    """Do a rebuild to its end, unless a worker is faster with a part of it."""
    conn, customer_id = session.conn, session.customer_id
    total = await count_conversations(conn, customer_id)
    await request_rebuild(conn, customer_id, "command")
    done = {"conversations": 0, "differing": 0}
    with shown_progress("Counting conversations") as progress:
        while (portion := await rebuild_portion(conn, customer_id)) is not None:
            for name, number in asdict(portion).items():
                done[name] += number
            progress(done["conversations"], max(total, done["conversations"]))
    return done


async def _status(as_json: bool) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        summary = await summarise_refreshes(session.conn)
        rebuilds = await list_rebuilds(session.conn)
    if as_json:
        show_json({"last_hour": asdict(summary), "rebuilds": [asdict(each) for each in rebuilds]})
        return
    show_facts(
        {
            "last refresh": summary.last_at or "never",
            "behind": _seconds(summary.behind_seconds or 0.0),
            "refreshes in the last hour": summary.refreshes,
            "changes": summary.changes,
            "conversations counted": summary.conversations,
            "rows written": summary.rows,
            "at work": _seconds(summary.seconds),
            "longest refresh": _seconds(summary.longest_seconds),
        }
    )
    show_table(
        ("CUSTOMER", "REASON", "SINCE", "NOW AT", "WRONG"),
        [
            (each.customer, each.reason, each.requested_at, each.phase, each.differing)
            for each in rebuilds
        ],
        "No figures are being made again.",
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"
