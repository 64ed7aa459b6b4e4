"""What a nursery is taught: addresses as they are written, so that no reader begins slowly.

Finding the canonical form of a phone number costs as much as the rest of reading.
"""

from collections.abc import Iterable, Sequence

import msgspec

from domain.address import canonicalise
from domain.channel import ChannelKind
from worker.reading.draft import MessageDraft
from worker.reading.event import Channels, Outcome

Spelling = tuple[str, ChannelKind, str]

_DECODER = msgspec.msgpack.Decoder(list[Spelling])


def spellings_in(outcomes: Iterable[Outcome], channels: Channels) -> list[Spelling]:
    """Collect the senders of what was read, as most providers write them."""
    found: dict[Spelling, None] = {}
    for one in outcomes:
        if isinstance(one, MessageDraft):
            channel = channels[one.event.customer_id, one.event.channel_id]
            found[one.sender.value, channel.kind, channel.region] = None
    return list(found)


def write_lesson(spellings: Sequence[Spelling]) -> bytes:
    return msgspec.msgpack.encode(spellings)


def learn(lesson: bytes) -> None:
    """Remember the canonical forms, for whoever is forked from here."""
    for text, kind, region in _DECODER.decode(lesson):
        canonicalise(text, kind, region)
