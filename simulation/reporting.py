"""Puts receipts among the messages: providers report on texts and mails that left before. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from domain.message import DeliveryReceipt, ReceiptStatus
from simulation import PLAYED_SENDERS
from simulation.traffic import ChannelMessage

_STATUSES: tuple[ReceiptStatus, ...] = ("sent", "delivered")


def with_receipts(
    messages: Iterator[ChannelMessage], *, share: float, seed: int
) -> Iterator[ChannelMessage]:
    """Yield the messages, and after this share of them a receipt of one that went the other way.

    Nothing was sent under its id: it is kept and waits, as one that comes before its message.
    """
    rng = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret
    for written in messages:
        yield written
        played = PLAYED_SENDERS.get(written.channel.provider)
        known: list[ReceiptStatus] = [
            each for each in _STATUSES if played is not None and each in played.RECEIPT_WORDS
        ]
        if played is None or not known or rng.random() >= share:
            continue
        status = rng.choice(known)
        message = written.message
        receipt = DeliveryReceipt(
            provider_message_id=f"{message.provider_message_id}-out",
            status=status,
            provider_status=played.RECEIPT_WORDS[status],
            occurred_at=message.sent_at,
            recipients=(message.sender,),
        )
        yield replace(written, part=None, receipt=receipt)
