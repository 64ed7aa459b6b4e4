"""Lets providers that post a long text in parts do so: each part is a delivery. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from domain.text_segments import split_text
from simulation import PLAYED_DIVIDERS
from simulation.played import PartPlace
from simulation.traffic import ChannelMessage

_REFERENCES = 256  # of one byte: they are soon used again


def divided(messages: Iterator[ChannelMessage]) -> Iterator[ChannelMessage]:
    """Yield messages, and long texts in parts where their provider divides them."""
    references = count()
    for written in messages:
        message = written.message
        is_divided = message.kind == "sms" and written.channel.provider in PLAYED_DIVIDERS
        pieces = split_text(message.body) if is_divided else []
        if len(pieces) < 2:
            yield written
            continue
        reference = next(references) % _REFERENCES
        for number, piece in enumerate(pieces, 1):
            identity = f"{message.provider_message_id}-{number}"
            yield replace(
                written,
                message=replace(message, provider_message_id=identity, body=piece),
                part=PartPlace(reference=reference, number=number, total=len(pieces)),
            )
