"""What was done, by whom, when and why: by operators, and by everybody else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from inbox.http.paging import ROWS_PER_PAGE
from inbox.http.values import NotAcceptable
from inbox.operations.page_filters import Given, given_of
from inbox.operations.page_format import Instant, instant, number, plain_word
from inbox.operations.page_frame import show
from inbox.operations.page_lists import no_match, page_of
from inbox.operations.page_views import Empty, FilterForm
from inbox.page.page_request import PageRequest
from store.agents import list_agents
from store.audit import AuditFilter, StoredEntry, list_audit
from store.database import Connection

PATH = "/ops/audit"
_ACTION = re.compile(r"[a-z_]{1,50}\.[a-z_]{1,50}")
_MOST_AGENTS = 500
_OURS = (
    "dead_letters.retried",
    "dead_letters.dropped",
    "events.replayed",
    "event.unmasked",
    "quarantine.released",
    "job.canceled",
)
_LONGEST_LIST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One thing that was done."""

    at: Instant
    action: str
    word: str
    who: str
    reason: str
    details: Sequence[tuple[str, str]]
    request_id: str


async def show_audit(page_request: PageRequest) -> Response:
    """Show what was done, the latest first."""
    given = given_of(page_request, "action", "agent_id", "object_id", "since", "until", "before")
    wanted, before = _read(given, page_request), given.id("before")
    async with page_request.shared.pool.connection() as conn:
        found = (
            await list_audit(
                conn,
                page_request.key.customer_id,
                wanted,
                before_id=before,
                row_count=ROWS_PER_PAGE + 1,
            )
            if not given.problems
            else []
        )
        page = page_of(given, PATH, found, lambda entry: entry.id)
        return await show(
            conn,
            page_request,
            "audit.html",
            "audit",
            given.status,
            form=await _form(conn, page_request, given),
            rows=[_row(entry, page_request) for entry in page.rows],
            pages=page.links,
            empty_list=_explain_empty(given),
        )


def _read(given: Given, page_request: PageRequest) -> AuditFilter:
    return AuditFilter(
        action=given.read("action", _action),
        agent_id=given.id("agent_id"),
        object_id=given.id("object_id"),
        after=given.time("since", page_request.clock),
        before=given.time("until", page_request.clock),
    )


def _action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        raise NotAcceptable("not_an_action", "two words with a dot")
    return text


async def _form(conn: Connection, page_request: PageRequest, given: Given) -> FilterForm:
    agents = await list_agents(
        conn, page_request.key.customer_id, after=None, row_count=_MOST_AGENTS
    )
    known = {*_OURS, *filter(None, [given.values.get("action")])}
    return FilterForm(
        action=PATH,
        label="Filter the audit",
        fields=[
            given.menu(
                "action", "Action", [(action, plain_word(action)) for action in sorted(known)]
            ),
            given.menu("agent_id", "By", [(agent.id, agent.name) for agent in agents]),
            given.field("object_id", "About (id)", wide=True),
        ],
        more=[
            given.field("since", "Since", kind="datetime-local"),
            given.field("until", "Until", kind="datetime-local"),
        ],
        clear_href=PATH if given.values else "",
    )


def _row(entry: StoredEntry, page_request: PageRequest) -> AuditRow:
    detail = dict(entry.detail)
    reason = detail.pop("reason", None)
    about = [("about", entry.object_id), ("conversation", entry.conversation_id)]
    return AuditRow(
        at=instant(entry.at, page_request.clock),
        action=entry.action,
        word=plain_word(entry.action),
        who=entry.agent_name or ("A program" if entry.key_id else "Inlet, or the command line"),
        reason=reason if isinstance(reason, str) else "",
        details=[
            *((name, text) for name, text in about if text),
            *((name.replace("_", " "), _short(value)) for name, value in detail.items()),
        ],
        request_id=entry.request_id or "",
    )


def _short(value: Any) -> str:
    """Write one value of a detail in little room."""
    if isinstance(value, list):
        listed: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        more = f" and {number(len(listed) - _LONGEST_LIST)} more" if listed[_LONGEST_LIST:] else ""
        return ", ".join(str(item) for item in listed[:_LONGEST_LIST]) + more
    return "none" if value is None else str(value)


def _explain_empty(given: Given) -> Empty:
    if given.values:
        return no_match(PATH, "Nothing matches", "With fewer filters there may be something.")
    return Empty(
        icon="history",
        heading="Nothing was done yet",
        sentence="What people and programs change is written here, with who and why.",
    )
