"""Joins the parts of texts: those of a batch, with those that wait in the queue since before.

Whoever joins parts of a text holds its group, so that the last part to come in finds all others.
What is in no message yet is read again from its event; nothing is kept twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.divided_text import PartGroup, group_parts
from domain.event import ClaimedEvent
from store.channels import channels_of
from store.database import Connection
from store.parts import (
    EventKey,
    GroupKey,
    NewPart,
    await_parts,
    hold_groups,
    hold_joined,
    list_waiting,
    mark_joined,
    note_parts,
    read_part_events,
)
from worker.reading.draft import MessageDraft, PartPlace
from worker.reading.event import Channels, Read
from worker.reading.joining import join_parts
from worker.writing.texts import Overtaken

Part = tuple[MessageDraft, PartPlace]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedText:
    """A text made of parts. `events` are those of all, `claimed` those that the batch claimed."""

    draft: MessageDraft
    events: Sequence[ClaimedEvent]
    claimed: Sequence[ClaimedEvent]


@dataclass(slots=True)
class JoinedParts:
    """What becomes of the parts of a batch; those in neither were joined before."""

    texts: list[JoinedText] = field(default_factory=list[JoinedText])
    waiting: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])

    def blamed(self, event: ClaimedEvent) -> Sequence[ClaimedEvent]:
        """Say whose failure it is that the message of an event could not be written."""
        for text in self.texts:
            if text.draft.event.id == event.id:
                return text.claimed
        return [event]


async def gather_parts(conn: Connection, parts: Sequence[Part], read: Read) -> JoinedParts:
    """Note parts, and join those of texts that are whole, or were waited for long enough."""
    groups = {_group_of(part) for part in parts}
    await hold_groups(conn, groups)
    await note_parts(conn, [_new_part(part) for part in parts])
    waiting = await list_waiting(conn, groups)
    known = {part[0].event.id: part for part in parts}
    ready = [
        (key[0], group)
        for key, listed in waiting.items()
        for group in group_parts(listed)
        if group.is_ready
    ]
    joined = JoinedParts()
    if ready:
        channels = await channels_of(conn, _channels(parts))
        readable = known | await _read_others(conn, ready, known, channels, read)
        texts = [_joined(group, readable, known, channels) for _, group in ready]
        joined.texts = [text for text in texts if text is not None]
    done = {event.id for text in joined.texts for event in text.claimed}
    for listed in waiting.values():
        for part in listed:
            if part.event_id in known and part.event_id not in done:
                joined.waiting.append(known[part.event_id][0].event)
    return joined


async def settle_parts(
    conn: Connection, joined: JoinedParts, refused: set[str]
) -> list[ClaimedEvent]:
    """Note which parts are in messages that were written; let the others wait for theirs.

    Returns the events of parts that wait in the queue for nothing any more, and nobody has claimed.

    Raises: Overtaken.
    """
    texts = [text for text in joined.texts if text.draft.event.id not in refused]
    messages = {
        (event.customer_id, event.id): text.draft.event.id
        for text in texts
        for event in text.events
    }
    others: dict[EventKey, ClaimedEvent] = {}
    for text in texts:
        claimed = {event.id for event in text.claimed}
        others |= {_key_of(event): event for event in text.events if event.id not in claimed}
    if messages and not await mark_joined(conn, messages):
        raise Overtaken
    held = await hold_joined(conn, others) if others else set[str]()
    if joined.waiting:
        await await_parts(conn, [_key_of(event) for event in joined.waiting])
    return [event for event in others.values() if event.id in held]


async def _read_others(
    conn: Connection,
    ready: Sequence[tuple[int, PartGroup]],
    known: Mapping[str, Part],
    channels: Channels,
    read: Read,
) -> dict[str, Part]:
    """Read the parts that came in before; what cannot be read now is left out."""
    keys = [
        (customer_id, part.event_id)
        for customer_id, group in ready
        for part in group.parts.values()
        if part.event_id not in known
    ]
    if not keys:
        return {}
    outcomes = await read(await read_part_events(conn, keys), channels)
    drafts = [outcome for outcome in outcomes if isinstance(outcome, MessageDraft)]
    return {draft.event.id: (draft, draft.part) for draft in drafts if draft.part is not None}


def _joined(
    group: PartGroup, readable: Mapping[str, Part], known: Mapping[str, Part], channels: Channels
) -> JoinedText | None:
    """Join a group, unless some of it cannot be read and the rest may still wait."""
    there = {nth: part for nth, part in group.parts.items() if part.event_id in readable}
    found = [readable[part.event_id] for part in there.values()]
    if not found or not PartGroup(group.total, group.began_at, there).is_ready:
        return None
    events = [draft.event for draft, _ in found]
    return JoinedText(
        draft=join_parts(found, channels[events[0].customer_id, events[0].channel_id]),
        events=events,
        claimed=[event for event in events if event.id in known],
    )


def _group_of(part: Part) -> GroupKey:
    return part[0].event.customer_id, part[1].group


def _channels(parts: Sequence[Part]) -> list[tuple[int, str]]:
    return [(draft.event.customer_id, draft.event.channel_id) for draft, _ in parts]


def _key_of(event: ClaimedEvent) -> EventKey:
    return event.customer_id, event.id


def _new_part(part: Part) -> NewPart:
    draft, place = part
    return NewPart(
        customer_id=draft.event.customer_id,
        event_id=draft.event.id,
        channel_id=draft.event.channel_id,
        group=place.group,
        number=place.number,
        total=place.total,
        received_at=draft.event.received_at,
    )
