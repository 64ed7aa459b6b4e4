"""Adds up what a batch brings to each conversation. Pure: sums and comparisons, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from store.conversations import ConversationTotals
from worker.reading.draft import MessageDraft


def totals_of(
    drafts: Sequence[MessageDraft], conversation_id: str, key_hash: str, generation: int = 1
) -> ConversationTotals:
    """Return what these messages add to one conversation; they come ordered by `in_order`."""
    first, last = drafts[0], max(drafts, key=_by_arrival)
    from_people = [draft for draft in drafts if draft.is_from_people]
    return ConversationTotals(
        customer_id=first.event.customer_id,
        id=conversation_id,
        channel_id=first.event.channel_id,
        key_hash=key_hash,
        generation=generation,
        subject=first.subject,
        added=len(drafts),
        added_inbound=sum(draft.direction == "inbound" for draft in drafts),
        from_people=len(from_people),
        first_at=first.sent_at,
        first_id=first.event.id,
        last_at=last.event.received_at,
        last_id=last.event.id,
        direction=last.direction,
        preview=last.preview,
        received_ats=tuple(sorted(draft.event.received_at for draft in from_people)),
    )


def in_order(draft: MessageDraft) -> tuple[datetime, str]:
    """Sort messages by when they were sent, then by id."""
    return draft.sent_at, draft.event.id


def _by_arrival(draft: MessageDraft) -> tuple[datetime, str]:
    return draft.event.received_at, draft.event.id


def combined(into: ConversationTotals, other: ConversationTotals) -> ConversationTotals:
    """Return what two totals come to together, as those of the first."""
    first = min(into, other, key=_first)
    last = max(into, other, key=_last)
    return replace(
        into,
        subject=first.subject,
        added=into.added + other.added,
        added_inbound=into.added_inbound + other.added_inbound,
        from_people=into.from_people + other.from_people,
        first_at=first.first_at,
        first_id=first.first_id,
        last_at=last.last_at,
        last_id=last.last_id,
        direction=last.direction,
        preview=last.preview,
        received_ats=tuple(sorted(into.received_ats + other.received_ats)),
    )


def _first(totals: ConversationTotals) -> tuple[datetime, str]:
    return totals.first_at, totals.first_id


def _last(totals: ConversationTotals) -> tuple[datetime, str]:
    return totals.last_at, totals.last_id
