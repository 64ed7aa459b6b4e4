"""Long work that somebody asked for: what it is, how far it is, and its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import msgspec
from starlette.responses import Response

from domain.bulk import JobStatus
from domain.recovery import EventSelection, JobKind
from inbox.http.paging import ROWS_PER_PAGE
from inbox.operations.done_message import done_message
from inbox.operations.jobs import get_job
from inbox.operations.page_filters import Given, given_of
from inbox.operations.page_format import Instant, instant, number, span
from inbox.operations.page_frame import show
from inbox.operations.page_lists import no_match, page_of
from inbox.operations.page_views import Empty, FilterForm, Notice, Pair, Tag
from inbox.page.page_request import PageRequest
from store.database import Connection
from store.jobs import JobFilter, StoredJob, is_anybody_working, list_jobs, read_selection

PATH = "/ops/jobs"
KIND_WORDS: dict[JobKind, str] = {
    "bulk": "Conversations changed",
    "retry": "Dead letters retried",
    "drop": "Dead letters given up",
    "replay": "Events replayed",
}
_STATUS_TAGS: dict[JobStatus, Tag] = {
    "queued": Tag(word="Queued", tone="idle"),
    "running": Tag(word="Running", tone="busy"),
    "done": Tag(word="Done", tone="ok"),
    "canceled": Tag(word="Canceled", tone="warn"),
    "failed": Tag(word="Failed", tone="fail"),
}
_UNENDED = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job, in a row or on a page of its own. `refreshes`: it will look different soon."""

    id: str
    href: str
    kind: str
    status: Tag
    who: str
    reason: str
    done: int
    total: int
    progress: str
    created: Instant
    took: str
    facts: Sequence[Pair]
    cancel_href: str
    refreshes: bool


async def show_jobs(page_request: PageRequest) -> Response:
    """Show the jobs, latest first."""
    given = given_of(page_request, "kind", "status", "before")
    wanted = JobFilter(
        kind=given.word("kind", get_args(JobKind)), status=given.word("status", get_args(JobStatus))
    )
    before = given.id("before")
    async with page_request.shared.pool.connection() as conn:
        found = (
            await list_jobs(
                conn,
                page_request.key.customer_id,
                wanted,
                limit=ROWS_PER_PAGE + 1,
                before=before,
            )
            if not given.problems
            else []
        )
        page = page_of(given, PATH, found, lambda job: job.id)
        return await show(
            conn,
            page_request,
            "jobs.html",
            "jobs",
            given.status,
            form=_form(given),
            rows=[_view(job, page_request) for job in page.rows],
            pages=page.links,
            empty_list=_explain_empty(given),
            waits=await _waits(conn, found),
        )


async def show_job(page_request: PageRequest) -> Response:
    """Show one job."""
    job_id = named_job(page_request)
    async with page_request.shared.pool.connection() as conn:
        job = await get_job(conn, page_request.key.customer_id, job_id)
        return await show(
            conn,
            page_request,
            "job.html",
            "jobs",
            job=_view(job, page_request),
            said=done_message(page_request),
            waits=await _waits(conn, [job]),
        )


def named_job(page_request: PageRequest) -> str:
    """Read which job the path names.

    Raises: NotFound.
    """
    return page_request.path_id("there is no such job")


async def _waits(conn: Connection, jobs: Sequence[StoredJob]) -> Notice | None:
    """Say so where nobody is there to do what waits."""
    if all(job.status not in _UNENDED for job in jobs) or await is_anybody_working(conn):
        return None
    return Notice(
        text="No worker is running, so jobs wait. Start one with inlet work.", tone="warn"
    )


def _form(given: Given) -> FilterForm:
    return FilterForm(
        action=PATH,
        label="Filter the jobs",
        fields=[
            given.menu("kind", "Kind", list(KIND_WORDS.items())),
            given.menu(
                "status", "Status", [(status, tag.word) for status, tag in _STATUS_TAGS.items()]
            ),
        ],
        clear_href=PATH if given.values else "",
    )


def _view(job: StoredJob, page_request: PageRequest) -> JobView:
    done = job.changed + job.unchanged + job.failed
    total = max(job.total, done)
    ended = job.ended_at or page_request.clock.now
    return JobView(
        id=job.id,
        href=f"{PATH}/{job.id}",
        kind=KIND_WORDS[job.kind],
        status=_STATUS_TAGS[job.status],
        who=job.agent_name or "A program",
        reason=job.reason or "",
        done=done,
        total=max(total, 1),
        progress=f"{number(done)} of {number(total)}",
        created=instant(job.created_at, page_request.clock),
        took=span((ended - job.started_at).total_seconds()) if job.started_at else "",
        facts=_facts(job, page_request),
        cancel_href=f"{PATH}/{job.id}/cancel" if job.status in _UNENDED else "",
        refreshes=job.status in _UNENDED,
    )


def _facts(job: StoredJob, page_request: PageRequest) -> list[Pair]:
    pairs = [
        Pair(label="Asked for by", text=job.agent_name or "A program"),
        Pair(label="Why", text=job.reason or "No reason was given"),
        Pair(label="Asked for", at=instant(job.created_at, page_request.clock)),
    ]
    if job.started_at:
        pairs.append(Pair(label="Started", at=instant(job.started_at, page_request.clock)))
    if job.ended_at:
        pairs.append(Pair(label="Ended", at=instant(job.ended_at, page_request.clock)))
    if job.events_per_second:
        pairs.append(Pair(label="At most", text=f"{number(job.events_per_second)} events a second"))
    pairs += [
        Pair(label="Changed", text=number(job.changed)),
        Pair(label="Left as it was", text=number(job.unchanged)),
        Pair(label="Failed", text=number(job.failed)),
    ]
    if job.error_class:
        pairs.append(Pair(label="Ended by", text=job.error_class, is_code=True))
    if job.kind != "bulk":
        pairs += selection_pairs(_selection(job), page_request)
    return [*pairs, Pair(label="Id", text=job.id, is_code=True)]


def _selection(job: StoredJob) -> EventSelection:
    try:
        return read_selection(job.request)
    except msgspec.MsgspecError:
        return EventSelection()


def selection_pairs(selection: EventSelection, page_request: PageRequest) -> list[Pair]:
    """Say which events are meant, filter by filter."""
    texts = [
        ("Error class", selection.error_class),
        ("Provider", selection.provider),
        ("Channel", selection.channel_id),
    ]
    pairs = [Pair(label=label, text=text, is_code=True) for label, text in texts if text]
    times = [("Since", selection.since), ("Until", selection.until)]
    pairs += [Pair(label=label, at=instant(at, page_request.clock)) for label, at in times if at]
    return pairs or [Pair(label="Filter", text="None: all of them")]


def _explain_empty(given: Given) -> Empty:
    if given.values:
        return no_match(PATH, "No job matches")
    return Empty(
        icon="hourglass",
        heading="No jobs",
        sentence="What is done to many events at once is done as a job, and followed here: "
        "retry or give up dead letters, replay events.",
    )
