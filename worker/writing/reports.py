"""Finds the mails that report on one that we sent: they become its receipts.

What a mail system says of a mail that nobody here wrote stays a message, from nobody in particular.
"""

from collections.abc import Sequence
from typing import TypeVar

from domain.conversation import message_id_hash
from domain.message import DeliveryReceipt, MailReport
from domain.receipt import NewReceipt
from store.database import Connection
from store.reported_messages import find_reported_messages
from store.threads import MessageIdKey
from worker.reading.draft import MessageDraft

T = TypeVar("T")


async def attach_reports(conn: Connection, readings: Sequence[T]) -> list[T | NewReceipt]:
    """Make receipts of those drafts that report on a mail of ours, and leave the others alone."""
    named = [_reported(reading) for reading in readings]
    keys = {key for key in named if key is not None}
    known = await find_reported_messages(conn, keys) if keys else {}
    attached: list[T | NewReceipt] = []
    for reading, key in zip(readings, named, strict=True):
        provider_message_id = known.get(key) if key else None
        if provider_message_id and isinstance(reading, MessageDraft) and reading.report:
            attached.append(_receipt(reading, reading.report, provider_message_id))
        else:
            attached.append(reading)
    return attached


def _reported(reading: object) -> MessageIdKey | None:
    if not isinstance(reading, MessageDraft) or reading.report is None:
        return None
    event, message_id = reading.event, reading.report.original_message_id
    if message_id is None:
        return None
    return MessageIdKey(event.customer_id, event.channel_id, message_id_hash(message_id))


def _receipt(draft: MessageDraft, report: MailReport, provider_message_id: str) -> NewReceipt:
    return NewReceipt(
        event=draft.event,
        receipt=DeliveryReceipt(
            provider_message_id=provider_message_id,
            status=report.status,
            provider_status=report.word,
            error_code=report.error_code,
            occurred_at=draft.sent_at,
        ),
        occurred_at=draft.sent_at,
    )
