"""Keeps HTML mail as it is shown: a consumer of the outbox, off the path of events.

New messages are cleaned once, in a thread; what is not kept yet is cleaned by whoever shows it.
"""

import asyncio
from collections.abc import Sequence

from domain.mail_html import CleanMail, clean_mail
from store.changes import OutboxRow
from store.clean_bodies import BodyKey, keep_clean_bodies, read_bodies_to_clean
from store.database import Connection
from worker.background.consumers import Consumer, Write, write_nothing

_BATCH = 20


def mail_consumer() -> Consumer:
    """Make the consumer that keeps HTML mail clean."""
    return Consumer(name="mail", handle=clean_changes, batch_size=_BATCH)


async def clean_changes(conn: Connection, rows: Sequence[OutboxRow]) -> Write:
    """Clean the mail of some changes that is not kept clean yet."""
    messages = dict.fromkeys(
        (row.customer_id, row.message_id)
        for row in rows
        if row.type == "message.received" and row.message_id
    )
    bodies = await read_bodies_to_clean(conn, messages) if messages else []
    cleaned: dict[BodyKey, CleanMail] = {}
    for body in bodies:
        key = (body.customer_id, body.hash)
        if key not in cleaned:
            cleaned[key] = await asyncio.to_thread(clean_mail, body.text)
    if not cleaned:
        return write_nothing

    async def write(conn: Connection) -> None:
        await keep_clean_bodies(conn, cleaned)

    return write
