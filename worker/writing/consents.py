"""Keeps who opted out of the texts of a channel, or in again: they say so, or a provider does.

Runs after messages and receipts were written, inside the same transaction; knows no keyword.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.listing_provider import LISTED_BY
from domain.receipt import NewReceipt
from store.consents import (
    NewConsent,
    list_messages_of_receipts,
    record_consents,
    suppress_refused,
)
from store.database import Connection
from worker.reading.draft import MessageDraft


async def write_consents(conn: Connection, drafts: Sequence[MessageDraft]) -> None:
    """Keep what senders say of being texted; most batches say nothing."""
    given = [
        NewConsent(
            customer_id=draft.event.customer_id,
            event_id=draft.event.id,
            channel_id=draft.event.channel_id,
            address=draft.sender,
            told=draft.consent,
            at=_said_at(draft),
        )
        for draft in drafts
        if draft.consent is not None
    ]
    if given:
        await record_consents(conn, given)


def _said_at(draft: MessageDraft) -> datetime:
    """Say when a word counts from: when it came in.

    One that was listed later may be older than what came by webhook meanwhile, and must not undo
    that: it counts from when its provider says that it was sent.
    """
    event = draft.event
    return draft.sent_at if LISTED_BY in event.headers else event.received_at


async def write_refusals(conn: Connection, receipts: Sequence[NewReceipt]) -> None:
    """Keep whose texts a provider refused, since they had opted out."""
    refused = [
        (receipt.event.customer_id, receipt.event.id)
        for receipt in receipts
        if receipt.receipt.is_opt_out
    ]
    if refused:
        await suppress_refused(conn, await list_messages_of_receipts(conn, refused))
