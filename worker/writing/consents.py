"""Keeps which senders of texts opted out of their channel, or in again.

Runs after the messages were written, inside the same transaction; knows no keyword.
"""

from collections.abc import Sequence

from store.consents import NewConsent, record_consents
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
            consent=draft.consent,
            at=draft.event.received_at,
        )
        for draft in drafts
        if draft.consent is not None
    ]
    if given:
        await record_consents(conn, given)
