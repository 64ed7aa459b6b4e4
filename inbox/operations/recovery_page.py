"""What operators do to events and deliveries: asked first, with a count and a reason, then done.

The same functions do it as for the API and the command line. Knows no SQL.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from domain.errors import Refusal, Unavailable, ValidationFailed
from domain.recovery import EVENTS_PER_SECOND, MOST_EVENTS_PER_SECOND, Counted, Order, RecoveryKind
from inbox.http.values import NotAcceptable, number_up_to
from inbox.operations.done_message import done_link
from inbox.operations.jobs_page import PATH as JOBS
from inbox.operations.jobs_page import selection_pairs
from inbox.operations.page_format import counted
from inbox.operations.page_frame import show
from inbox.operations.page_views import Notice, Pair, Question
from inbox.operations.recovery import count_selected, recover
from inbox.operations.recovery_selection import Asked, read_asked
from inbox.page.form_idempotency import submit_once
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import Handler, PageRequest
from store.database import Connection

Ask = Callable[[Connection, PageRequest], Awaitable[Question]]
Act = Callable[[Connection, PageRequest], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """How one kind of order is asked for."""

    path: str
    back: str
    back_label: str
    place: str
    one: str
    heading: str
    sentence: str
    button: str
    done: str


_WORDS: dict[RecoveryKind, _Words] = {
    "retry": _Words(
        path="/ops/dead-letters/retry",
        back="/ops/dead-letters",
        back_label="Back to the dead letters",
        place="dead_letters",
        one="dead letter",
        heading="Retry {events}?",
        sentence="They are queued again behind what is live, with all their attempts. "
        "What fails again comes back here.",
        button="Retry",
        done="retried",
    ),
    "drop": _Words(
        path="/ops/dead-letters/drop",
        back="/ops/dead-letters",
        back_label="Back to the dead letters",
        place="dead_letters",
        one="dead letter",
        heading="Give up {events}?",
        sentence="They no longer wait for somebody, and no message is made of them. "
        "Their bytes stay under Events until they are too old to be kept, and can be replayed.",
        button="Give up",
        done="dropped",
    ),
    "replay": _Words(
        path="/ops/events/replay",
        back="/ops/events",
        back_label="Back to the events",
        place="events",
        one="event",
        heading="Replay {events}?",
        sentence="They are processed again behind what is live, by the version that runs now. "
        "What is already right stays as it is: no second message, nothing sent twice.",
        button="Replay",
        done="replayed",
    ),
}


def asking(ask: Ask) -> Handler:
    """Make the page that asks before something is done."""

    async def handle(page_request: PageRequest) -> Response:
        async with page_request.shared.pool.connection() as conn:
            return await _show(conn, page_request, await ask(conn, page_request))

    return handle


def doing(ask: Ask, act: Act) -> Handler:
    """Make what does it, once however often its form is sent, and leads to what came of it.

    Where it is refused, it is asked again and says why.
    """

    async def handle(page_request: PageRequest) -> Response:
        try:
            async with page_request.shared.pool.connection() as conn, conn.transaction():
                place = await submit_once(
                    conn, page_request, lambda inner: act(inner, page_request)
                )
        except Unavailable:
            raise
        except Refusal as refusal:
            async with page_request.shared.pool.connection() as conn:
                question = await ask(conn, page_request)
                return await _show(conn, page_request, question, refusal)
        page_request.shared.poke()
        await page_request.shared.heed_channels()
        return RedirectResponse(place, 303, headers=PAGE_HEADERS)

    return handle


async def _show(
    conn: Connection, page_request: PageRequest, question: Question, refusal: Refusal | None = None
) -> Response:
    problem = refusal and f"{refusal.detail[:1].upper()}{refusal.detail[1:]}."
    return await show(
        conn,
        page_request,
        "confirm.html",
        question.place,
        refusal.status if refusal else 200,
        question=question,
        problem=Notice(text=problem, tone="fail") if problem else None,
        reason=page_request.form.get("reason", ""),
        send_key=page_request.shared.new_id(),
    )


def reason_of(page_request: PageRequest) -> str:
    """Read why; whoever acts on this page says so.

    Raises: ValidationFailed.
    """
    reason = page_request.form.get("reason", "").strip()
    if not reason:
        raise ValidationFailed("say why: the reason is kept in the audit")
    return reason


def ask_recovery(kind: RecoveryKind) -> Ask:
    """Ask before dead letters or events are queued again or given up."""
    words = _WORDS[kind]

    async def ask(conn: Connection, page_request: PageRequest) -> Question:
        asked = _asked(page_request)
        if asked.selection.ids == ():
            return _nothing_selected(words)
        count = await count_selected(conn, page_request.key.customer_id, kind, asked.selection)
        is_job = asked.selection.ids is None
        return Question(
            heading=words.heading.format(events=_amount(count, words.one)),
            sentences=[words.sentence, *_job_sentence(is_job, count)],
            samples=_what(asked, page_request),
            action=words.path,
            button=words.button,
            back_href=words.back,
            back=words.back_label,
            place=words.place,
            fields=asked.fields,
            count=count.count,
            unavailable="Nothing matches any more. Somebody else may have been quicker.",
            is_grave=kind == "drop",
            events_per_second=EVENTS_PER_SECOND if is_job and kind != "drop" else None,
        )

    return ask


def do_recovery(kind: RecoveryKind) -> Act:
    """Do it at once for what was named, or put a job on the list for all that match."""
    words = _WORDS[kind]

    async def act(conn: Connection, page_request: PageRequest) -> str:
        order = Order(reason=reason_of(page_request), events_per_second=_speed(page_request))
        selection = _asked(page_request).selection
        done = await recover(
            conn, page_request.actor, kind, selection, order, new_id=page_request.shared.new_id
        )
        if done.job is not None:
            return done_link(f"{JOBS}/{done.job.id}", "job")
        return done_link(words.back, words.done, done.count)

    return act


def _nothing_selected(words: _Words) -> Question:
    return Question(
        heading="Nothing was chosen",
        sentences=[],
        action=words.path,
        button=words.button,
        back_href=words.back,
        back=words.back_label,
        place=words.place,
        count=0,
        unavailable="Tick what is meant first.",
    )


def _asked(page_request: PageRequest) -> Asked:
    is_form = page_request.request.method == "POST"
    return read_asked(
        list(page_request.form.items()) if is_form else page_request.pairs, page_request.clock
    )


def _amount(count: Counted, one: str) -> str:
    return counted(count.count, one) + (" or more" if count.is_capped else "")


def _job_sentence(is_job: bool, count: Counted) -> list[str]:
    if not is_job or not count.count:
        return []
    return ["It is done as a job, step by step, that can be followed and canceled."]


def _what(asked: Asked, page_request: PageRequest) -> list[Pair]:
    ids = asked.selection.ids
    if ids is None:
        return selection_pairs(asked.selection, page_request)
    shown = ids[:3]
    more = f" and {counted(len(ids) - len(shown), 'more', 'more')}" if len(ids) > 3 else ""
    return [Pair(label="Named", text=", ".join(shown) + more, is_code=True)]


def _speed(page_request: PageRequest) -> int:
    text = page_request.form.get("events_per_second", "").strip()
    try:
        return number_up_to(MOST_EVENTS_PER_SECOND)(text) if text else EVENTS_PER_SECOND
    except NotAcceptable as refused:
        raise ValidationFailed(f"events a second must be {refused.detail}") from None
