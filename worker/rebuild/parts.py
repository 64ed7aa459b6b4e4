"""Joins parts of texts again as they were joined; which are in which message was decided then."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from domain.provider import Provider
from store.database import Connection
from store.parts import find_joined, list_joined
from store.rebuild import Scope, events_of
from worker.reading.draft import MessageDraft, PartPlace
from worker.reading.event import Channels, Outcome, read_event
from worker.reading.joining import join_parts

_Part = tuple[MessageDraft, PartPlace]


async def join_again(
    conn: Connection,
    outcomes: Sequence[Outcome],
    channels: Channels,
    providers: Mapping[str, Provider],
) -> list[Outcome]:
    """Give the first part of each message all that the message says.

    The others stay parts, of which nothing of their own is made, and so does a first one whose
    others were forgotten. What was joined with nothing is a message of its own.
    """
    parts = [(found, found.part) for found in outcomes if isinstance(found, MessageDraft)]
    divided = [(draft, place) for draft, place in parts if place is not None]
    if not divided:
        return list(outcomes)
    keys = [(draft.event.customer_id, draft.event.id) for draft, _ in divided]
    joined = await find_joined(conn, keys)
    made: dict[str, MessageDraft] = {
        draft.event.id: structs.replace(draft, part=None)
        for draft, _ in divided
        if draft.event.id not in joined
    }
    firsts = [(draft, place) for draft, place in divided if _is_first(draft, joined)]
    members = await list_joined(conn, [(d.event.customer_id, d.event.id) for d, _ in firsts])
    for first in firsts:
        whole = await _whole(conn, first, members[first[0].event.id], channels, providers)
        if whole is not None:
            made[first[0].event.id] = whole
    return [
        made.get(found.event.id, found) if isinstance(found, MessageDraft) else found
        for found in outcomes
    ]


async def _whole(
    conn: Connection,
    first: _Part,
    members: Sequence[str],
    channels: Channels,
    providers: Mapping[str, Provider],
) -> MessageDraft | None:
    """Read the others of a message, and join them; None where one is gone, or not understood."""
    event = first[0].event
    channel = channels[event.customer_id, event.channel_id]
    others = [member for member in members if member != event.id]
    scope = Scope(customer_id=event.customer_id)
    parts = [first]
    for other in await events_of(conn, scope, others):
        draft = read_event(other, channel, providers)
        if isinstance(draft, MessageDraft) and draft.part is not None:
            parts.append((draft, draft.part))
    return join_parts(parts, channel) if len(parts) == len(members) else None


def _is_first(draft: MessageDraft, joined: Mapping[str, str]) -> bool:
    return joined.get(draft.event.id) == draft.event.id
