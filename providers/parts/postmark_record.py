"""What Postmark reports of a mail: that it was delivered, bounced, was opened or complained about.

Source: https://postmarkapp.com/developer/webhooks/bounce-webhook
Source: https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from typing import Final

import msgspec

from domain.message import DeliveryReceipt
from domain.message_parts import receipt_of
from domain.outbound import fit_code
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from providers.parts.postmark_words import STATUS

_PERMANENT: Final = frozenset({"hardbounce", "bademailaddress"})


class Record(msgspec.Struct, gc=False):
    """What tells a receipt from a mail, and what a receipt has."""

    RecordType: str | None = None
    MessageID: str | None = None
    Type: str | int | None = None
    Recipient: str | None = None
    Email: str | None = None
    Inactive: object = None
    DeliveredAt: str | None = None
    BouncedAt: str | None = None
    ReceivedAt: str | None = None
    ChangedAt: str | None = None


def word_of(record: Record) -> str | None:
    """Find the word that makes this a receipt; of a bounce it is its kind."""
    word = clean_text(record.RecordType or "").strip()
    if word.lower() in ("", "inbound"):
        return None
    return (clean_text(str(record.Type or "")).strip() or word) if word == "Bounce" else word


def told_once(record: Record) -> str:
    """Name what tells a receipt from others of its mail: whom it is about, and when it was."""
    return f"{record.Recipient or record.Email}\n{_time_of(record)}"


def receipt_in(record: Record, identity: str, word: str) -> DeliveryReceipt:
    """Read a receipt. After a bounce of an address that is `Inactive`, nothing is sent there."""
    kind = word.lower()
    is_bounce = STATUS.get(kind) == "bounced"
    return receipt_of(
        identity,
        word,
        STATUS,
        error_code=fit_code(word) if STATUS.get(kind) in ("bounced", "failed") else None,
        occurred_at=parse_timestamp(_time_of(record)),
        recipients=(record.Recipient or record.Email,),
        is_permanent=kind in _PERMANENT or (is_bounce and record.Inactive is True),
    )


def _time_of(record: Record) -> str | None:
    return record.DeliveredAt or record.BouncedAt or record.ReceivedAt or record.ChangedAt
