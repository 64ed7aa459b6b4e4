"""Writes a batch of drafts: about nine statements whatever its size, each sorted by key.

The order of the tables is the same for every worker, so that two cannot wait for each other.
Knows no provider and no queue; runs inside the caller's transaction.
"""

from collections.abc import Mapping, Sequence

from domain.text import shown_name
from store.addresses import MetAddress, ensure_addresses
from store.bodies import ensure_bodies
from store.conversations import (
    ConversationKey,
    ConversationTotals,
    Participant,
    UpdatedConversation,
    insert_participants,
    recount_conversations,
    upsert_conversations,
)
from store.copies import NewCopy, insert_copies
from store.database import Connection
from store.merges import Merge, merge_conversations
from store.messages import NewMessage, insert_messages
from store.threads import await_message_ids, bear_message_ids
from worker.reading.draft import MessageDraft
from worker.writing.row_cache import AddressKey, Learned, RowCache
from worker.writing.texts import TextPlan, plan_texts
from worker.writing.threads import ThreadPlan, place_of, plan_threads
from worker.writing.totals import combined, in_order, totals_of

_LONGEST_NAME = 200  # what the API takes as the name of a contact


async def write_messages(
    conn: Connection, drafts: Sequence[MessageDraft], row_cache: RowCache
) -> Learned:
    """Write new messages with all that hangs on them."""
    outside = {
        (draft.event.customer_id, other.address)
        for draft in drafts
        if draft.report is None
        for other in draft.others
    }
    hashes, met = await _hash_addresses(conn, drafts, row_cache)
    bodies = await ensure_bodies(conn, {(draft.event.customer_id, draft.body) for draft in drafts})
    plan = await _plan_emails(conn, drafts, hashes)
    texts = await _plan_texts(conn, drafts, row_cache)
    copied = [draft for draft in drafts if _key_of(draft) in plan.copies]
    placed = [draft for draft in drafts if _key_of(draft) not in plan.copies]
    conversations = _by_conversation(placed, plan.places | texts.places)
    updated = await upsert_conversations(conn, _totals(conversations, plan, texts))
    texts.check(updated)
    participants = row_cache.unknown_participants(_participants(conversations, hashes))
    if participants:
        await insert_participants(conn, participants)
    messages: list[NewMessage] = []
    merges: list[Merge] = []
    for key, group in conversations.items():
        absorbed = [from_key for from_key, into_id in plan.merges.items() if into_id == key[1]]
        moved = sum(plan.merged[from_key].added for from_key in absorbed)
        first_seq = updated[key].last_seq - len(group) - moved + 1
        messages += [
            _message(draft, key[1], updated[key], first_seq + nth, hashes, bodies)
            for nth, draft in enumerate(group)
        ]
        merges += [
            Merge(
                customer_id=key[0],
                from_id=from_id,
                into_id=key[1],
                first_seq=first_seq + len(group),
            )
            for _, from_id in absorbed
        ]
    await insert_messages(conn, messages)
    await _write_threads(conn, plan, merges)
    # What a batch adds is counted as if people had written it; with our own, and with what programs
    # write, it is not so.
    recounted = {(merge.customer_id, merge.into_id) for merge in merges}
    recounted |= {
        key for key, group in conversations.items() if not all(map(_is_from_people, group))
    }
    if recounted:
        await recount_conversations(conn, sorted(recounted))
    if copied:
        await insert_copies(conn, [_copy(draft, plan, hashes) for draft in copied])
    return Learned(
        hashes=met,
        outside=outside,
        participants=participants,
        places=texts.lasting,
        copies={draft.event.id for draft in copied},
    )


async def _hash_addresses(
    conn: Connection, drafts: Sequence[MessageDraft], row_cache: RowCache
) -> tuple[dict[AddressKey, int], dict[AddressKey, int]]:
    """Return the hash of every address of the batch, and of those that were not known before."""
    hashes: dict[AddressKey, int] = {}
    unknown: dict[tuple[AddressKey, bool], MetAddress] = {}
    names = _names(drafts)
    for draft in drafts:
        customer_id = draft.event.customer_id
        named = [(own, False) for own in draft.own] + [
            (other, draft.report is None) for other in draft.others
        ]
        for canonical, is_outside in named:
            key = (customer_id, canonical.address)
            address_hash = row_cache.address_hash(key, is_outside=is_outside)
            if address_hash is not None:
                hashes[key] = address_hash
            elif (key, is_outside) not in unknown:
                unknown[key, is_outside] = MetAddress(
                    customer_id=customer_id,
                    address=canonical.address,
                    is_validated=canonical.is_validated,
                    is_outside=is_outside,
                    name=names.get(key) if is_outside else None,
                )
    met = await ensure_addresses(conn, unknown.values()) if unknown else {}
    return hashes | met, met


def _names(drafts: Sequence[MessageDraft]) -> dict[AddressKey, str]:
    """Say what senders call themselves; the earliest mail of the batch that has a name counts.

    A contact gets its name when it is made and never from a later mail: which mail that is depends
    on what came in first. What others call somebody in To or Cc does not count.
    """
    names: dict[AddressKey, str] = {}
    for draft in sorted((draft for draft in drafts if draft.sender_name), key=in_order):
        name = shown_name(draft.sender_name, _LONGEST_NAME)
        if name is not None:
            names.setdefault((draft.event.customer_id, draft.sender), name)
    return names


async def _plan_emails(
    conn: Connection, drafts: Sequence[MessageDraft], hashes: dict[AddressKey, int]
) -> ThreadPlan:
    places = [
        place_of(
            draft,
            hashes[draft.event.customer_id, draft.sender],
            frozenset(
                hashes[draft.event.customer_id, canonical.address]
                for canonical in (*draft.own, *draft.others)
            ),
        )
        for draft in drafts
        if draft.thread is not None
    ]
    return await plan_threads(conn, places) if places else ThreadPlan()


async def _plan_texts(
    conn: Connection, drafts: Sequence[MessageDraft], row_cache: RowCache
) -> TextPlan:
    texts = [draft for draft in drafts if draft.thread is None]
    return await plan_texts(conn, texts, row_cache) if texts else TextPlan()


def _by_conversation(
    drafts: Sequence[MessageDraft], places: Mapping[ConversationKey, str]
) -> dict[ConversationKey, list[MessageDraft]]:
    """Group drafts by conversation, each group in the order of its messages."""
    groups: dict[ConversationKey, list[MessageDraft]] = {}
    for draft in sorted(drafts, key=in_order):
        event = draft.event
        place = places[event.customer_id, event.id]
        groups.setdefault((event.customer_id, place), []).append(draft)
    return groups


def _totals(
    conversations: dict[ConversationKey, list[MessageDraft]], plan: ThreadPlan, texts: TextPlan
) -> list[ConversationTotals]:
    totals = {
        key: totals_of(
            group,
            key[1],
            plan.key_hashes.get(key, group[0].key_hash),
            texts.begun.get(key, 1),
        )
        for key, group in conversations.items()
    }
    for (customer_id, from_id), into_id in plan.merges.items():
        into_key = (customer_id, into_id)
        totals[into_key] = combined(totals[into_key], plan.merged[customer_id, from_id])
    return list(totals.values())


def _participants(
    conversations: dict[ConversationKey, list[MessageDraft]], hashes: dict[AddressKey, int]
) -> set[Participant]:
    participants: set[Participant] = set()
    for key, group in conversations.items():
        for draft in group:
            own, others = (
                [hashes[key[0], canonical.address] for canonical in named]
                for named in (draft.own, draft.others)
            )
            participants.update((*key, address_hash, "own") for address_hash in own)
            participants.update((*key, address_hash, "other") for address_hash in others)
    return participants


def _message(
    draft: MessageDraft,
    conversation: str,
    updated: UpdatedConversation,
    seq: int,
    hashes: dict[AddressKey, int],
    bodies: dict[tuple[int, str], int],
) -> NewMessage:
    event = draft.event
    return NewMessage(
        customer_id=event.customer_id,
        id=event.id,
        conversation_id=conversation,
        conversation_version=updated.version,
        seq=seq,
        direction=draft.direction,
        channel_id=event.channel_id,
        kind=draft.kind,
        from_hash=hashes[event.customer_id, draft.sender],
        from_name=draft.sender_name,
        body_hash=bodies[event.customer_id, draft.body],
        body_format=draft.body_format,
        subject=draft.subject,
        provider_message_id=draft.provider_message_id,
        sent_at=draft.sent_at,
        received_at=event.received_at,
        recipients=[
            (role, hashes[event.customer_id, address]) for role, address in draft.recipients
        ],
        written={hashes[event.customer_id, address]: form for address, form in draft.written},
        attachments=draft.attachments,
        mail_class=draft.mail_class,
        is_automatic=draft.is_automatic,
        may_opt_out=draft.may_opt_out,
        shape=draft.shape,
        quoted_id=draft.quoted_id,
    )


def _key_of(draft: MessageDraft) -> ConversationKey:
    return draft.event.customer_id, draft.event.id


def _copy(draft: MessageDraft, plan: ThreadPlan, hashes: dict[AddressKey, int]) -> NewCopy:
    own = {canonical.address for canonical in draft.own}
    customer_id = draft.event.customer_id
    return NewCopy(
        customer_id=customer_id,
        event_id=draft.event.id,
        message_id=plan.copies[_key_of(draft)],
        recipients=[
            (role, hashes[customer_id, address], "own" if address in own else "other")
            for role, address in draft.recipients
        ],
    )


def _is_from_people(draft: MessageDraft) -> bool:
    return draft.is_from_people


async def _write_threads(conn: Connection, plan: ThreadPlan, merges: Sequence[Merge]) -> None:
    if plan.bearers:
        await bear_message_ids(conn, plan.bearers)
    if plan.awaiting:
        await await_message_ids(conn, plan.awaiting)
    if merges:
        await merge_conversations(conn, merges, "late_parent")
