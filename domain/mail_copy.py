"""When two mails are copies of one: a provider delivers a mail twice, or a list does. Pure.

To bear the same Message-ID is not enough, for some programs give all their mails the same. Copies
say the same, by the same sender, at about the same time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.identity import derived_uuid
from domain.message import Attachment

_APART = timedelta(hours=1)


def mail_content_hash(
    sender: str, subject: str | None, body: str, attachments: Iterable[Attachment] = ()
) -> str:
    """Key what a mail says, whatever white space its lines were given on the way."""
    lines = "\n".join(line.rstrip() for line in body.splitlines()).strip()
    files = (f"{file.filename or ''}:{file.size_bytes or 0}" for file in attachments)
    return derived_uuid("mail", sender, " ".join((subject or "").split()), lines, *files)


def are_sent_together(one: datetime, other: datetime) -> bool:
    """Say whether two mails that say the same were sent so close that they are one."""
    return abs(one - other) <= _APART
