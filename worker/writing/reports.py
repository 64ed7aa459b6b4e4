"""Finds the mails that report on one that we sent: they become its receipts.

What a mail system says of a mail that nobody here wrote stays a message, from nobody in particular.
"""

from collections.abc import Sequence
from typing import TypeVar

from domain.address import Address
from domain.conversation import message_id_hash
from domain.message import DeliveryReceipt, MailReport
from domain.receipt import NewReceipt
from domain.suppression import mail_addresses, suppression_reason
from store.database import Connection
from store.reported_messages import ReportedMessage, find_reported_messages
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
        message = known.get(key) if key else None
        if message and isinstance(reading, MessageDraft) and reading.report:
            attached.append(_receipt(reading, reading.report, message))
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


def _receipt(draft: MessageDraft, report: MailReport, message: ReportedMessage) -> NewReceipt:
    return NewReceipt(
        event=draft.event,
        receipt=DeliveryReceipt(
            provider_message_id=message.provider_message_id,
            status=report.status,
            provider_status=report.word,
            error_code=report.error_code,
            occurred_at=draft.sent_at,
            recipients=report.recipients,
            is_permanent=report.is_permanent,
        ),
        occurred_at=draft.sent_at,
        suppressed=_suppressed(report, message),
    )


def _suppressed(report: MailReport, message: ReportedMessage) -> tuple[Address, ...]:
    """List whom nothing more is to be sent to, of those alone to whom the mail went.

    Anybody can write a report, but about a mail of ours only who knows its Message-ID. One that
    names nobody, as many complaints, is about the only recipient.
    """
    if suppression_reason(report) is None:
        return ()
    if not report.recipients:
        return message.recipients if len(message.recipients) == 1 else ()
    named = mail_addresses(report.recipients)
    return tuple(address for address in message.recipients if address in named)
