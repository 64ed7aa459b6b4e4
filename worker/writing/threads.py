"""Decides which conversation each e-mail joins, begins or brings together.

A mail joins the conversation of the first mail it refers to that is stored on the channel, if its
sender takes part there: to know a Message-ID must not be enough to write into a thread. To have
written to the reply address of that mail is: only whom we wrote to can know it, and whom they gave
it to. Otherwise it begins a conversation, which waits for the mails it refers to; when one of them
arrives late, the waiting conversation becomes part of the late mail's. Never by subject. A mail
that is stored already, delivered once more, is a copy of it and goes nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from domain.conversation import message_id_hash
from domain.identity import conversation_id
from domain.mail_copy import are_sent_together
from store.conversations import (
    ConversationKey,
    ConversationTotals,
    LockedConversation,
    list_participants,
    lock_conversations,
)
from store.database import Connection
from store.threads import (
    Awaiting,
    Bearer,
    MessageIdKey,
    find_awaiting,
    find_conversations_of_messages,
    lock_message_ids,
    register_message_ids,
)
from worker.reading.draft import MessageDraft

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPlace:
    """An e-mail with its sender and participants as hashes, and its Message-IDs as keys.

    The first `answer_count` of its references are mails of ours to whose reply addresses it came.
    """

    draft: MessageDraft
    sender_hash: int
    participant_hashes: frozenset[int]
    own_id: MessageIdKey | None
    references: tuple[MessageIdKey, ...]
    answer_count: int = 0


@dataclass(slots=True)
class ThreadPlan:
    """What to write.

    `places` maps (customer, event) to a conversation, or `copies` does to a message; `merges` maps
    a conversation to the one it joins, `merged` is the totals of the former.
    """

    places: dict[ConversationKey, str] = field(default_factory=dict[ConversationKey, str])
    key_hashes: dict[ConversationKey, str] = field(default_factory=dict[ConversationKey, str])
    copies: dict[ConversationKey, str] = field(default_factory=dict[ConversationKey, str])
    bearers: dict[MessageIdKey, Bearer] = field(default_factory=dict[MessageIdKey, Bearer])
    awaiting: list[Awaiting] = field(default_factory=list[Awaiting])
    merges: dict[ConversationKey, str] = field(default_factory=dict[ConversationKey, str])
    merged: dict[ConversationKey, ConversationTotals] = field(
        default_factory=dict[ConversationKey, ConversationTotals]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredThreads:
    """What the tables hold of a batch's threads, all of it locked."""

    borne: dict[MessageIdKey, tuple[Bearer, datetime]]
    conversation_of: dict[MessageIdKey, str]
    participants: dict[ConversationKey, set[int]]
    conversations: dict[ConversationKey, LockedConversation]
    awaiting: dict[MessageIdKey, list[Awaiting]]


def place_of(draft: MessageDraft, sender_hash: int, participants: frozenset[int]) -> EmailPlace:
    """Key the Message-IDs of an e-mail draft."""
    thread, event = draft.thread, draft.event

    def key(message_id: str) -> MessageIdKey:
        return MessageIdKey(event.customer_id, event.channel_id, message_id_hash(message_id))

    return EmailPlace(
        draft=draft,
        sender_hash=sender_hash,
        participant_hashes=participants,
        own_id=key(thread.message_id) if thread and thread.message_id else None,
        references=tuple(key(message_id) for message_id in thread.references) if thread else (),
        answer_count=thread.answer_count if thread else 0,
    )


async def plan_threads(conn: Connection, places: Sequence[EmailPlace]) -> ThreadPlan:
    """Decide the conversation of every e-mail of a batch, and lock what that depends on."""
    stored = await _lock(conn, places)
    plan = ThreadPlan()
    for place in _parents_first(places):
        _decide(place, stored, plan)
    plan.merged = {key: stored.conversations[key].totals for key in plan.merges}
    return plan


async def _lock(conn: Connection, places: Sequence[EmailPlace]) -> _StoredThreads:
    values: dict[MessageIdKey, str] = {}
    for place in places:
        thread = place.draft.thread
        if thread and place.own_id and thread.message_id:
            values[place.own_id] = thread.message_id
        if thread:
            values.update(zip(place.references, thread.references, strict=True))
    if not values:
        return _StoredThreads(
            borne={}, conversation_of={}, participants={}, conversations={}, awaiting={}
        )
    await register_message_ids(conn, values)
    bearers = await lock_message_ids(conn, values)
    awaiting = await find_awaiting(conn, [place.own_id for place in places if place.own_id])
    while True:
        places_of = await _places_of(conn, bearers)
        conversation_of = {key: place for key, (place, _) in places_of.items()}
        wanted = {(key.customer_id, conversation) for key, conversation in conversation_of.items()}
        wanted |= {(waiter.key.customer_id, waiter.conversation_id) for waiter in awaiting}
        conversations = await lock_conversations(conn, wanted) if wanted else {}
        # A conversation that was merged away before we had its lock is looked up again.
        if conversations.keys() == wanted:
            break
        awaiting = await find_awaiting(conn, [place.own_id for place in places if place.own_id])
    by_key: dict[MessageIdKey, list[Awaiting]] = {}
    for waiter in awaiting:
        by_key.setdefault(waiter.key, []).append(waiter)
    return _StoredThreads(
        borne={key: (bearers[key], sent_at) for key, (_, sent_at) in places_of.items()},
        conversation_of=conversation_of,
        participants=await list_participants(conn, wanted) if wanted else {},
        conversations=conversations,
        awaiting=by_key,
    )


async def _places_of(
    conn: Connection, bearers: dict[MessageIdKey, Bearer]
) -> dict[MessageIdKey, tuple[str, datetime]]:
    if not bearers:
        return {}
    messages = {(key.customer_id, bearer.message_id) for key, bearer in bearers.items()}
    found = await find_conversations_of_messages(conn, messages)
    return {key: found[key.customer_id, bearer.message_id] for key, bearer in bearers.items()}


def _parents_first(places: Sequence[EmailPlace]) -> Iterable[EmailPlace]:
    """Order a batch so that a mail comes after those of the batch it refers to."""
    by_id = {place.own_id: place for place in reversed(places) if place.own_id}
    seen: set[int] = set()
    for place in places:
        stack = [(place, iter(place.references))]
        if id(place) in seen:
            continue
        seen.add(id(place))
        while stack:
            current, references = stack[-1]
            parent = next((by_id[key] for key in references if key in by_id), None)
            if parent is None:
                stack.pop()
                yield current
            elif id(parent) not in seen:
                seen.add(id(parent))
                stack.append((parent, iter(parent.references)))


def _decide(place: EmailPlace, stored: _StoredThreads, plan: ThreadPlan) -> None:
    event = place.draft.event
    customer_id = event.customer_id
    original = _original(place, stored)
    if original is not None:
        plan.copies[customer_id, event.id] = original
        return
    joined = _joined(place, stored)
    if joined is None:
        joined = conversation_id(customer_id, event.channel_id, place.draft.key_hash)
        plan.key_hashes[customer_id, joined] = place.draft.key_hash
        _await_unknown(place, joined, stored, plan)
    elif (customer_id, joined) not in plan.key_hashes:
        plan.key_hashes[customer_id, joined] = stored.conversations[
            customer_id, joined
        ].totals.key_hash
    plan.places[customer_id, event.id] = joined
    participants = stored.participants.setdefault((customer_id, joined), set())
    participants |= place.participant_hashes
    if place.own_id and place.own_id not in stored.conversation_of:
        stored.conversation_of[place.own_id] = joined
        thread = place.draft.thread
        bearer = Bearer(event.id, thread.content_hash if thread else None)
        plan.bearers[place.own_id] = bearer
        stored.borne[place.own_id] = (bearer, place.draft.sent_at)
        _adopt(place.own_id, joined, stored, plan)


def _original(place: EmailPlace, stored: _StoredThreads) -> str | None:
    """Find the message that this mail is a copy of, whichever of them came first."""
    thread = place.draft.thread
    if thread is None or place.own_id is None or place.own_id not in stored.borne:
        return None
    bearer, sent_at = stored.borne[place.own_id]
    is_same = bearer.content_hash is not None and bearer.content_hash == thread.content_hash
    is_copy = is_same and are_sent_together(sent_at, place.draft.sent_at)
    return bearer.message_id if is_copy else None


def _joined(place: EmailPlace, stored: _StoredThreads) -> str | None:
    for number, key in enumerate(place.references):
        candidate = stored.conversation_of.get(key)
        if candidate is None:
            continue
        participants = stored.participants.get((key.customer_id, candidate), ())
        if number < place.answer_count or place.sender_hash in participants:
            return None if _is_over(place.draft, stored, candidate) else candidate
    return None


def _is_over(draft: MessageDraft, stored: _StoredThreads, candidate: str) -> bool:
    """Say whether the channel lets this mail begin anew, because the thread was closed."""
    locked = stored.conversations.get((draft.event.customer_id, candidate))
    return locked is not None and draft.closed_policy.begins_anew(
        draft.sent_at, draft.event.received_at, locked.closed_at, locked.totals.last_at
    )


def _await_unknown(place: EmailPlace, begun: str, stored: _StoredThreads, plan: ThreadPlan) -> None:
    plan.awaiting.extend(
        Awaiting(key=key, conversation_id=begun, sender_hash=place.sender_hash)
        for key in place.references
        if key not in stored.conversation_of
    )


def _adopt(own_id: MessageIdKey, into_id: str, stored: _StoredThreads, plan: ThreadPlan) -> None:
    """Let conversations that waited for this mail become part of its conversation."""
    customer_id = own_id.customer_id
    participants = stored.participants[customer_id, into_id]
    waiting = stored.awaiting.get(own_id, [])
    # Each that is taken in may bring the sender of another.
    while ready := [waiter for waiter in waiting if waiter.sender_hash in participants]:
        waiting = [waiter for waiter in waiting if waiter not in ready]
        for waiter in ready:
            from_key = (customer_id, waiter.conversation_id)
            if from_key in plan.merges or waiter.conversation_id == into_id:
                continue
            plan.merges[from_key] = into_id
            participants |= stored.participants.get(from_key, set())
            _redirect(stored.conversation_of, waiter.conversation_id, into_id)
            _redirect(plan.places, waiter.conversation_id, into_id)
            _redirect(plan.merges, waiter.conversation_id, into_id)


def _redirect(table: dict[K, str], from_id: str, into_id: str) -> None:
    for key, conversation in table.items():
        if conversation == from_id:
            table[key] = into_id
