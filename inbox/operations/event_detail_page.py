"""One event whole: where it came from, what was tried, what was made of it, and its bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inbox.operations.page_format import Instant, instant, plain_word, short_id
from inbox.operations.page_views import Notice, Pair, Tag
from inbox.operations.received import shown_body, shown_headers
from inbox.operations.tag_colours import SIGNATURE_TAGS, STATUS_TAGS
from inbox.page.display_format import file_size
from inbox.page.page_request import PageRequest
from store.event_listing import WholeEvent
from store.ops_event import Derived, EventDetail, Standing
from store.queue import FETCHING, ISOLATED, LIVE, REPEATED

EVENTS = "/ops/events"
_LETTERS = "/ops/dead-letters"
_LANES: Mapping[int, str] = {
    LIVE: "the live lane",
    REPEATED: "the lane of what is repeated",
    ISOLATED: "the lane of what goes alone",
    FETCHING: "the lane of what is fetched from its provider",
}
_SIGNATURE_NOTES = {
    "verified": "It was made with one of the channel's secrets.",
    "failed": "It matched none of the channel's secrets, and was accepted all the same.",
    "unchecked": "The channel does not check signatures.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    attempt: int
    at: Instant
    error_class: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event as it is shown. Masked, `body` is only the form of what came."""

    id: str
    title: str
    kind: str
    status: Tag
    error_class: str
    note: Notice | None
    facts: Sequence[Pair]
    signature: Tag
    signature_note: str
    attempts: Sequence[AttemptView]
    derived: Sequence[Pair]
    no_derived: str
    headers: Sequence[tuple[str, str]]
    body: str
    body_note: str
    is_unmasked: bool
    unmask_action: str
    retry_href: str
    drop_href: str
    replay_href: str


def event_view(
    found: EventDetail, page_request: PageRequest, *, query: str, is_unmasked: bool
) -> EventView:
    """Shape one event; `query` is that of the list beside it."""
    whole, listed = found.whole, found.whole.event
    is_dead = listed.status == "dead_letter"
    one = f"?id={listed.event_id}"
    headers = shown_headers(whole.headers, is_unmasked=is_unmasked)
    return EventView(
        id=listed.event_id,
        title=listed.provider_message_id or short_id(listed.event_id),
        kind=plain_word(listed.kind),
        status=STATUS_TAGS[listed.status],
        error_class=(listed.error_class or "") if listed.status != "processed" else "",
        note=_note(found.standing, page_request),
        facts=_facts(whole, page_request),
        signature=SIGNATURE_TAGS[listed.signature],
        signature_note=_SIGNATURE_NOTES[listed.signature],
        attempts=_attempts(whole, page_request),
        derived=_derived(found.derived, page_request),
        no_derived="Nothing." if listed.status in ("processed", "dead_letter") else "Nothing yet.",
        headers=sorted(headers.items()),
        body=shown_body(whole.body, whole.content_type, is_unmasked=is_unmasked),
        body_note=_body_note(whole, is_unmasked=is_unmasked),
        is_unmasked=is_unmasked,
        unmask_action=f"{EVENTS}/{listed.event_id}/unmask" + (f"?{query}" if query else ""),
        retry_href=f"{_LETTERS}/retry{one}" if is_dead else "",
        drop_href=f"{_LETTERS}/drop{one}" if is_dead else "",
        replay_href=f"{EVENTS}/replay{one}",
    )


def _note(standing: Standing, page_request: PageRequest) -> Notice | None:
    """Say where it stands, if that is more than its status tells."""
    if standing.lane is not None and standing.next_attempt_at is not None:
        due = instant(standing.next_attempt_at, page_request.clock)
        is_due = standing.next_attempt_at <= page_request.clock.now
        if standing.waiting_part is not None and not standing.attempt_count and not is_due:
            part = f"part {standing.waiting_part} of {standing.waiting_total} of a text"
            return Notice(text=f"It is {part}, and waits for the others; no longer than {due.ago}.")
        waits = "is due now" if is_due else f"is tried again {due.ago}"
        return Notice(text=f"It {waits}, in {_LANES[standing.lane]}.")
    if standing.resolution is not None and standing.resolved_at is not None:
        ago = instant(standing.resolved_at, page_request.clock).ago
        done = "queued again" if standing.resolution == "retried" else "given up by somebody"
        return Notice(text=f"It was a dead letter, {done} {ago}.")
    if standing.error_class is not None:
        return Notice(text=standing.detail or "It was given up.", tone="fail")
    return None


def _facts(whole: WholeEvent, page_request: PageRequest) -> list[Pair]:
    listed = whole.event
    return [
        Pair(
            label="Channel",
            text=listed.channel_name,
            href=f"{EVENTS}?channel_id={listed.channel_id}",
        ),
        Pair(label="Provider", text=listed.provider),
        Pair(label="Provider's id", text=listed.provider_message_id or "none", is_code=True),
        Pair(label="Received", at=instant(listed.received_at, page_request.clock)),
        Pair(label="Dedup key", text=whole.dedup_key, is_code=True),
        Pair(label="Event id", text=listed.event_id, is_code=True),
    ]


def _attempts(whole: WholeEvent, page_request: PageRequest) -> list[AttemptView]:
    return [
        AttemptView(
            attempt=failure.attempt,
            at=instant(failure.failed_at, page_request.clock),
            error_class=failure.error_class,
            detail=failure.detail,
        )
        for failure in whole.failures
    ]


def _derived(derived: Derived, page_request: PageRequest) -> list[Pair]:
    pairs: list[Pair] = []
    if derived.message_id and derived.conversation_id:
        status = derived.message_status or ""
        pairs.append(Pair(label="Message", text=f"number {derived.seq}, {status}"))
        pairs.append(_conversation(derived.conversation_id, page_request))
    if derived.receipt_status:
        meant = f"{derived.receipt_status}, which the provider calls {derived.provider_status}"
        pairs.append(Pair(label="Receipt", text=meant))
    if derived.error_code:
        pairs.append(Pair(label="Error code", text=derived.error_code))
    if derived.about_message_id:
        pairs.append(Pair(label="About message", text=derived.about_message_id))
    elif derived.receipt_status:
        pairs.append(Pair(label="About message", text="none of ours has this id"))
    if derived.about_conversation_id:
        pairs.append(_conversation(derived.about_conversation_id, page_request))
    return pairs


def _conversation(conversation_id: str, page_request: PageRequest) -> Pair:
    may_read = page_request.key.allows("conversations:read")
    href = f"/inbox/c/{conversation_id}" if may_read else ""
    return Pair(label="Conversation", text=conversation_id, href=href)


def _body_note(whole: WholeEvent, *, is_unmasked: bool) -> str:
    size, kind = file_size(len(whole.body)), whole.content_type or "no content type"
    if not whole.body:
        return f"empty, {kind}"
    return f"{size}, {kind}, {'in the clear' if is_unmasked else 'masked'}"
