"""Canceling a job: asked first, then done."""

from inbox.operations.done_message import done_link
from inbox.operations.jobs import get_job, stop_job
from inbox.operations.jobs_page import KIND_WORDS, PATH, named_job
from inbox.operations.page_format import number
from inbox.operations.page_views import Pair, Question
from inbox.page.page_request import PageRequest
from store.database import Connection


async def ask_cancel(conn: Connection, page_request: PageRequest) -> Question:
    """Ask before a job is canceled."""
    job = await get_job(conn, page_request.key.customer_id, named_job(page_request))
    done = job.changed + job.unchanged + job.failed
    return Question(
        heading="Cancel this job?",
        sentences=["It stops after the step in hand. What it has done stays done."],
        samples=[
            Pair(label="Job", text=KIND_WORDS[job.kind]),
            Pair(label="So far", text=f"{number(done)} of {number(max(job.total, done))}"),
        ],
        action=f"{PATH}/{job.id}/cancel",
        button="Cancel the job",
        back_href=f"{PATH}/{job.id}",
        back="Back to the job",
        place="jobs",
        count=0 if job.ended_at else 1,
        unavailable="It has ended already.",
        is_grave=True,
        needs_reason=False,
    )


async def do_cancel(conn: Connection, page_request: PageRequest) -> str:
    """Stop the job."""
    job_id = named_job(page_request)
    await stop_job(conn, page_request.actor, job_id, entry_id=page_request.shared.new_id())
    return done_link(f"{PATH}/{job_id}", "canceled")
