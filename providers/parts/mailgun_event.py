"""The events of Mailgun as JSON: their signature, and what became of which mail.

Source: https://documentation.mailgun.com/docs/mailgun/user-manual/events/events
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from domain.message import DeliveryReceipt, ReceiptStatus
from domain.message_id import parse_message_ids
from domain.message_parts import first_id, receipt_of
from domain.outbound import fit_code
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly

_STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "accepted": "queued", "delivered": "delivered", "opened": "opened", "clicked": "clicked",
    "complained": "complained", "rejected": "failed", "permanent_fail": "bounced",
})  # fmt: skip
# Mailgun gives a mail up for other reasons, too: too many tries, or that somebody has unsubscribed.
# Source: https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-types
_OF_THE_ADDRESS: Final = frozenset({"bounce", "delayed-bounce", "suppress-bounce"})
WORDS: Final = frozenset(_STATUS) | {"failed", "temporary_fail", "unsubscribed"}


class Signature(msgspec.Struct, gc=False):
    """What Mailgun signs with: the signature is over time and token."""

    timestamp: str | int = ""
    token: str = ""
    signature: str = ""


class _Headers(msgspec.Struct, gc=False):
    message_id: str | None = msgspec.field(name="message-id", default=None)


class _Message(msgspec.Struct, gc=False):
    headers: _Headers | None = None


class _Status(msgspec.Struct, gc=False):
    code: int | str | None = None
    bounce_type: object = msgspec.field(name="bounce-type", default=None)


class _Event(msgspec.Struct, gc=False):
    event: str = ""
    severity: str | None = None
    reason: object = None
    recipient: object = None
    timestamp: object = None
    message: _Message | None = None
    delivery_status: _Status | None = msgspec.field(name="delivery-status", default=None)


class _Posted(msgspec.Struct, gc=False):
    signature: Signature
    event: _Event = msgspec.field(name="event-data")


_POSTED = msgspec.json.Decoder(_Posted)


def signature_of(body: bytes) -> Signature:
    """Read what an event is signed with.

    Raises: Unreadable.
    """
    return decode_tolerantly(body, _POSTED).signature


def receipt_in(body: bytes) -> DeliveryReceipt:
    """Read what became of which mail.

    Raises: Unreadable.
    """
    event = decode_tolerantly(body, _POSTED).event
    headers = event.message.headers if event.message else None
    ids = parse_message_ids(clean_text((headers.message_id if headers else None) or ""))
    word = clean_text(event.event).strip()
    if word == "failed" and event.severity in ("permanent", "temporary"):
        word = f"{event.severity}_fail"
    code = fit_code(event.delivery_status.code) if event.delivery_status else None
    return receipt_of(
        first_id(ids, "message-id"),
        word or "unknown",
        _STATUS,
        error_code=code if _STATUS.get(word) in ("bounced", "failed") else None,
        occurred_at=parse_timestamp(event.timestamp),
        recipients=(event.recipient,),
        is_permanent=word == "permanent_fail" and _is_of_the_address(event),
    )


def _is_of_the_address(event: _Event) -> bool:
    status = event.delivery_status or _Status()
    reason = event.reason if isinstance(event.reason, str) else ""
    return reason in _OF_THE_ADDRESS and status.bounce_type != "soft"
