"""`inlet jobs`: long work that somebody asked for, and how far it is."""

from typing import Annotated
from uuid import UUID

import typer

from app.commands.events import DEFAULT_LIMIT, LimitOption
from app.commands.recovery import WaitOption
from app.ids import new_id
from app.job_progress import follow_job, get_stored_job, show_job, warn_without_worker
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    operator_session,
    run,
)
from app.terminal_output import show_items, show_table
from domain.actor import Actor
from domain.bulk import JobStatus
from domain.errors import OperatorError
from domain.recovery import JobKind
from inbox.operations.jobs import stop_job
from store.jobs import JobFilter, list_jobs

app = typer.Typer(name="jobs", no_args_is_help=True, help="Long work that somebody asked for.")

JobArgument = Annotated[str, typer.Argument(metavar="JOB_ID", help="Id of the job.")]


@app.command("list")
def list_(
    *,
    kind: Annotated[JobKind | None, typer.Option(help="What kind of job.")] = None,
    status: Annotated[JobStatus | None, typer.Option(help="How far it is.")] = None,
    before: Annotated[
        str | None, typer.Option(help="Only jobs older than this one: its id. For the next page.")
    ] = None,
    limit: LimitOption = DEFAULT_LIMIT,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """List jobs, latest first."""
    wanted = JobFilter(kind=kind, status=status)
    run(_list(wanted, _job_id(before) if before else None, limit, customer, as_json))


@app.command()
def show(
    job: JobArgument,
    *,
    wait: WaitOption = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Show how far a job is, or follow it until it ends."""
    run(_show(_job_id(job), wait, customer, as_json))


@app.command()
def cancel(
    job: JobArgument,
    *,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Stop a job; what it has done stays done."""
    run(_cancel(_job_id(job), customer, as_json))


async def _list(
    wanted: JobFilter, before: str | None, limit: int, customer: str, as_json: bool
) -> None:
    async with operator_session(customer) as session:
        jobs = await list_jobs(
            session.conn, session.customer_id, wanted, limit=limit, before=before
        )
    if as_json:
        show_items(jobs)
        return
    show_table(
        ("job", "kind", "status", "total", "changed", "unchanged", "failed", "created", "reason"),
        [
            (
                job.id,
                job.kind,
                job.status,
                job.total,
                job.changed,
                job.unchanged,
                job.failed,
                job.created_at,
                job.reason,
            )
            for job in jobs
        ],
        empty="No jobs match.",
    )


async def _show(job_id: str, waits: bool, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        job = await get_stored_job(session, job_id)
        if job.ended_at is None:
            await warn_without_worker(session)
        if waits:
            job = await follow_job(session, job)
    show_job(job, as_json)


async def _cancel(job_id: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        actor = Actor(customer_id=session.customer_id)
        await get_stored_job(session, job_id)
        job = await stop_job(session.conn, actor, job_id, entry_id=new_id())
    show_job(job, as_json)


def _job_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise OperatorError("a job id is a UUID: see `inlet jobs list`") from None
