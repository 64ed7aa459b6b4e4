"""Keeps HTML mail as it is shown, off the path of events.

A consumer of the outbox cleans new messages once; a chore cleans anew what older rules kept. What
is not kept yet is cleaned by whoever shows it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from domain.long_texts import IN_PLACE, LongTexts, TextNotWorkedOn
from domain.mail_html import CleanMail, clean_mail
from store.changes import OutboxRow
from store.clean_bodies import (
    BodyKey,
    find_outdated_body,
    forget_outdated_body,
    keep_clean_bodies,
    read_bodies_to_clean,
)
from store.database import Connection
from worker.background.consumers import Consumer, Write, write_nothing
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

_BATCH = 20
_RENEWED_CHARACTERS = 4_000_000  # at once: about two seconds, in which no other chore is done
_LEAST_CHARACTERS = 20_000  # what a mail counts for at least


def mail_consumer(long_texts: LongTexts = IN_PLACE) -> Consumer:
    """Make the consumer that keeps HTML mail clean."""
    handle = partial(clean_changes, long_texts=long_texts)
    return Consumer(name="mail", handle=handle, batch_size=_BATCH)


async def clean_changes(
    conn: Connection, rows: Sequence[OutboxRow], *, long_texts: LongTexts
) -> Write:
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
            cleaned[key] = await long_texts.work_on(len(body.text), clean_mail, body.text)
    if not cleaned:
        return write_nothing

    async def write(conn: Connection) -> None:
        await keep_clean_bodies(conn, cleaned)

    return write


async def renew_clean_mail(conn: Connection, _now: datetime, config: BackgroundConfig) -> Steps:
    """Clean anew what older rules kept, the newest first."""
    left = _RENEWED_CHARACTERS
    while left > 0:
        body = await find_outdated_body(conn)
        if body is None:
            break
        key, length = (body.customer_id, body.hash), len(body.text)
        try:
            mail = await config.long_texts.work_on(length, clean_mail, body.text)
            await keep_clean_bodies(conn, {key: mail})
        except TextNotWorkedOn:
            await forget_outdated_body(conn, key)
        yield 1
        left -= max(length, _LEAST_CHARACTERS)
