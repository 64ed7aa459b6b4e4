"""Decides which conversation each text joins or begins.

A key's messages go to its current conversation. Where that is closed, the channel's policy may
begin a next generation; a message that was sent before the close, or before the current
generation began, belongs to the earlier one, however late it arrives.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.identity import conversation_id
from store.conversations import ConversationKey, UpdatedConversation
from store.current_conversations import (
    CurrentConversation,
    PlaceKey,
    Span,
    find_current,
    find_spans,
    hold_conversations,
    retire_conversations,
    retire_redirects,
)
from store.database import Connection
from worker.reading.draft import MessageDraft
from worker.writing.row_cache import RowCache
from worker.writing.totals import in_order

_MOST_GENERATIONS_BACK = 20


class Overtaken(Exception):
    """Somebody changed what a batch was about to write: it is tried again at once."""


@dataclass(slots=True)
class TextPlan:
    """Where the texts of a batch go.

    `places` maps (customer, event) to a conversation; `known` are those that are stored, with
    whether they are expected to be current; `begun` maps a new conversation to its generation.
    `lasting` are the places that only a merge or a split can change.
    """

    places: dict[ConversationKey, str] = field(default_factory=dict[ConversationKey, str])
    known: dict[ConversationKey, bool] = field(default_factory=dict[ConversationKey, bool])
    begun: dict[ConversationKey, int] = field(default_factory=dict[ConversationKey, int])
    retired: list[ConversationKey] = field(default_factory=list[ConversationKey])
    left: list[ConversationKey] = field(default_factory=list[ConversationKey])
    lasting: dict[PlaceKey, str] = field(default_factory=dict[PlaceKey, str])

    def check(self, updated: Mapping[ConversationKey, UpdatedConversation]) -> None:
        """Make sure that nobody merged or split a conversation between the look and the write.

        Raises: Overtaken.
        """
        for key, is_current in self.known.items():
            if updated[key].version == 1 or (is_current and not updated[key].is_current):
                raise Overtaken


async def plan_texts(
    conn: Connection, drafts: Sequence[MessageDraft], row_cache: RowCache
) -> TextPlan:
    """Decide the conversation of every text of a batch."""
    plan = TextPlan()
    groups: dict[PlaceKey, list[MessageDraft]] = {}
    for draft in drafts:
        key = _key_of(draft)
        place = row_cache.place_of(key) if draft.closed_policy.always_continues else None
        if place is None:
            groups.setdefault(key, []).append(draft)
        else:
            plan.places[key.customer_id, draft.event.id] = place
            plan.known[key.customer_id, place] = True
    if groups:
        await _look_up(conn, groups, plan)
    return plan


async def _look_up(
    conn: Connection, groups: Mapping[PlaceKey, list[MessageDraft]], plan: TextPlan
) -> None:
    current = await find_current(conn, groups)
    if any(not drafts[0].closed_policy.always_continues for drafts in groups.values()):
        current = await _held(conn, groups, current)
    earlier = await _earlier(conn, groups, current)
    for key, group in groups.items():
        _decide(key, group, current.get(key), earlier, plan)
    if plan.retired:
        await retire_conversations(conn, plan.retired)
    if plan.left:
        await retire_redirects(conn, plan.left)


def _key_of(draft: MessageDraft) -> PlaceKey:
    return PlaceKey(draft.event.customer_id, draft.event.channel_id, draft.key_hash)


async def _held(
    conn: Connection,
    groups: Mapping[PlaceKey, Sequence[MessageDraft]],
    current: dict[PlaceKey, CurrentConversation],
) -> dict[PlaceKey, CurrentConversation]:
    """Hold the conversations whose being closed decides something, and look again until they stay.

    Whoever comes second waits here and then finds the generation that the first one began.
    """
    deciding = {key for key, group in groups.items() if not group[0].closed_policy.always_continues}
    held: set[ConversationKey] = set()
    while (
        wanted := {(key.customer_id, current[key].id) for key in deciding & current.keys()} - held
    ):
        await hold_conversations(conn, wanted)
        held |= wanted
        current = await find_current(conn, groups)
    return current


async def _earlier(
    conn: Connection,
    groups: Mapping[PlaceKey, Sequence[MessageDraft]],
    current: Mapping[PlaceKey, CurrentConversation],
) -> dict[ConversationKey, Span]:
    """Look at the earlier conversations of a key where a message is older than the current one."""
    wanted = [
        (key.customer_id, conversation)
        for key, group in groups.items()
        if (now := current.get(key)) is not None
        and any(_is_late(draft.sent_at, now) for draft in group)
        for conversation in _before(key, now.generation)
    ]
    return await find_spans(conn, wanted) if wanted else {}


def _is_late(sent_at: datetime, current: CurrentConversation) -> bool:
    return (
        current.generation > 1 and current.merged_id is None and sent_at < current.first_message_at
    )


def _before(key: PlaceKey, generation: int) -> Iterable[str]:
    """Name the conversations before one, the latest first."""
    oldest = max(1, generation - _MOST_GENERATIONS_BACK)
    for number in range(generation - 1, oldest - 1, -1):
        yield conversation_id(key.customer_id, key.channel_id, key.key_hash, number)


def _decide(
    key: PlaceKey,
    group: Sequence[MessageDraft],
    current: CurrentConversation | None,
    earlier: Mapping[ConversationKey, Span],
    plan: TextPlan,
) -> None:
    stored = current
    is_first = current is None or (current.generation == 1 and current.merged_id is None)
    for draft in sorted(group, key=in_order):
        late = _earlier_place(key, draft.sent_at, current, earlier)
        if late is not None:
            plan.places[key.customer_id, draft.event.id] = late
            plan.known.setdefault((key.customer_id, late), False)
            continue
        current = _current_after(key, draft, current)
        place = (key.customer_id, current.id)
        plan.places[key.customer_id, draft.event.id] = current.id
        if stored is not None and current.id == stored.id:
            plan.known[place] = plan.known.get(place, False) or stored.merged_id is None
        else:
            plan.begun[place] = current.generation
    if stored is not None and current is not None and current.id != stored.id:
        if stored.merged_id is None:
            plan.retired.append((key.customer_id, stored.id))
        else:
            plan.left.append((key.customer_id, stored.merged_id))
    elif is_first and current is not None and group[0].closed_policy.always_continues:
        plan.lasting[key] = current.id


def _earlier_place(
    key: PlaceKey,
    sent_at: datetime,
    current: CurrentConversation | None,
    earlier: Mapping[ConversationKey, Span],
) -> str | None:
    """Find the generation that was going on when a late message was sent, if not the current."""
    if current is None or not _is_late(sent_at, current):
        return None
    found = None
    for conversation in _before(key, current.generation):
        span = earlier.get((key.customer_id, conversation))
        if span is None:
            continue
        if span.closed_at is not None and sent_at > span.closed_at:
            break
        found = conversation
        if sent_at >= span.first_message_at:
            break
    return found


def _current_after(
    key: PlaceKey, draft: MessageDraft, current: CurrentConversation | None
) -> CurrentConversation:
    """Return where a message goes, as it is after it has gone there."""
    sent_at, received_at = draft.sent_at, draft.event.received_at
    if current is not None and not draft.closed_policy.begins_anew(
        sent_at, received_at, current.closed_at, current.last_activity_at
    ):
        return replace(
            current,
            closed_at=None,
            first_message_at=min(current.first_message_at, sent_at),
            last_activity_at=max(current.last_activity_at, received_at),
        )
    generation = current.generation + 1 if current is not None else 1
    return CurrentConversation(
        id=conversation_id(key.customer_id, key.channel_id, key.key_hash, generation),
        generation=generation,
        closed_at=None,
        first_message_at=sent_at,
        last_activity_at=received_at,
        merged_id=None,
    )
