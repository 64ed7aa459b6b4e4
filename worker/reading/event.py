"""Reads one event: what its provider says, normalised, or why that could not be had. Pure.

Knows neither a process nor a table; whatever breaks while one event is read is that event's.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import ClaimedEvent
from domain.message import DeliveryReceipt, FetchNeeded, MessagePart
from domain.provider import Provider, ReadingContext
from domain.receipt import NewReceipt
from domain.suppression import suppressed_by
from worker.reading.draft import MessageDraft
from worker.reading.joining import part_draft
from worker.reading.normalise import normalise

# What becomes of an event that was not read: tried again, tried again alone, or given up.
Fate = Literal["again", "isolate", "given_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why an event was not read. The words never repeat what the event holds."""

    error_class: str
    detail: str
    fate: Fate


class CannotRead(Exception):
    """No event could be read, for a reason that no event is to blame for."""


Outcome = MessageDraft | NewReceipt | FetchNeeded | Unread
Channels = Mapping[tuple[int, str], Channel]
Read = Callable[[Sequence[ClaimedEvent], Channels], Awaitable[Sequence[Outcome]]]


def read_here(providers: Mapping[str, Provider]) -> Read:
    """Read in this process: nothing protects it from an event that kills or hangs."""

    async def read(claimed: Sequence[ClaimedEvent], channels: Channels) -> Sequence[Outcome]:
        return [
            read_event(event, channels[event.customer_id, event.channel_id], providers)
            for event in claimed
        ]

    return read


def read_event(event: ClaimedEvent, channel: Channel, providers: Mapping[str, Provider]) -> Outcome:
    """Read one event; an exception becomes an outcome, for it must never fail its neighbours."""
    try:
        return _read(event, channel, providers)
    except Unreadable as error:
        return Unread(error_class=error.code, detail=error.detail, fate="given_up")
    except Exception as error:
        return unread_because_of(error)


def unread_because_of(error: Exception) -> Unread:
    """Describe an event that something broke on, by the class of what broke."""
    detail = "the event could not be read or normalised"
    return Unread(error_class=type(error).__name__, detail=detail, fate="again")


def _read(event: ClaimedEvent, channel: Channel, providers: Mapping[str, Provider]) -> Outcome:
    if event.kind == "unreadable":
        raise Unreadable("the delivery does not have the provider's documented shape")
    context = ReadingContext(
        kind=channel.kind,
        own_address=channel.own_address,
        own_addresses=channel.own_addresses,
    )
    reading = providers[event.provider].read(event, context)
    if isinstance(reading, DeliveryReceipt):
        occurred_at = reading.occurred_at or event.received_at
        suppressed = suppressed_by(reading, channel)
        return NewReceipt(
            event=event, receipt=reading, occurred_at=occurred_at, suppressed=suppressed
        )
    if isinstance(reading, FetchNeeded):
        return _asked_once(event, reading)
    if isinstance(reading, MessagePart):
        return part_draft(event, reading, channel)
    return normalise(event, reading, channel)


def _asked_once(event: ClaimedEvent, needed: FetchNeeded) -> FetchNeeded:
    """Let nobody ask for ever."""
    if event.fetched is not None:
        raise Unreadable("what its provider kept does not have the documented shape")
    return needed
