"""What became of a batch at Sinch: of each of its recipients, or of all of them in one report.

{"type": "recipient_delivery_report_sms", "batch_id": "01FC66621", "recipient": "15551231234",
 "code": 0, "status": "Delivered", "at": "2022-08-30T08:16:08.930Z", "operator_status_at": ...}
{"type": "delivery_report_sms", "batch_id": "01FC66621", "total_message_count": 2, "statuses": [
 {"code": 0, "status": "Delivered", "count": 2, "recipients": ["15551231234", "15551256344"]}]}
A summary has no `recipients`.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from domain.errors import Unreadable
from domain.event import InboundEvent, receipt_event, unreadable_event
from domain.message import DeliveryReceipt
from domain.message_parts import first_id, receipt_of
from domain.outbound import fit_code
from domain.phone import with_plus
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly
from providers.parts.sinch_words import STATUS

ABOUT_ONE = frozenset({"recipient_delivery_report_sms", "recipient_delivery_report_mms"})
ABOUT_ALL = frozenset({"delivery_report_sms", "delivery_report_mms"})

_MOST_RECIPIENTS = 1_000  # of a batch: https://developers.sinch.com/docs/sms/api-reference/


class _Report(msgspec.Struct, gc=False):
    type: str | None = None
    batch_id: str | int | None = None
    recipient: str | int | None = None
    code: object = None
    status: str | None = None
    at: object = None
    operator_status_at: object = None


class _Reports(msgspec.Struct):
    type: str | None = None
    batch_id: str | int | None = None
    statuses: list[object] | None = None


class _Status(msgspec.Struct):
    status: str
    code: object = None
    recipients: list[str | int] | None = None


_REPORT = msgspec.json.Decoder(_Report)
_REPORTS = msgspec.json.Decoder(_Reports)


def split_report(body: bytes) -> Sequence[InboundEvent]:
    """Take the one receipt out of a report about a recipient.

    Raises: Unreadable.
    """
    return (_event(decode_tolerantly(body, _REPORT), body),)


def split_reports(body: bytes) -> Sequence[InboundEvent]:
    """Take a report about all apart: a receipt for each recipient, or status where none is named.

    Raises: Unreadable.
    """
    whole = decode_tolerantly(body, _REPORTS)
    first_id((whole.batch_id,), "batch_id")
    events = list(islice(_events_of(whole), _MOST_RECIPIENTS + 1))
    if not events:
        raise Unreadable("statuses must say what became of the batch")
    if len(events) > _MOST_RECIPIENTS:
        raise Unreadable("statuses must not name more recipients than a batch can have")
    return events


def read_report(body: bytes) -> DeliveryReceipt:
    """Read what became of the batch, and for whom.

    Raises: Unreadable.
    """
    report = decode_tolerantly(body, _REPORT)
    word, recipient = _word(report), _recipient(report)
    has_failed = STATUS.get(word.lower()) == "failed"
    return receipt_of(
        first_id((report.batch_id,), "batch_id"),
        word,
        STATUS,
        error_code=fit_code(report.code) if has_failed else None,
        occurred_at=parse_timestamp(report.operator_status_at) or parse_timestamp(report.at),
        recipients=(recipient,),
    )


def _events_of(whole: _Reports) -> Iterator[InboundEvent]:
    """Take each status by itself, so that an odd one harms no other."""
    for element in whole.statuses or ():
        try:
            yield from _of_status(whole, msgspec.convert(element, _Status))
        except (msgspec.ValidationError, Unreadable):
            yield unreadable_event(msgspec.json.encode(element))


def _of_status(whole: _Reports, status: _Status) -> Sequence[InboundEvent]:
    reports = [
        _Report(
            type=whole.type,
            batch_id=whole.batch_id,
            recipient=recipient,
            code=status.code,
            status=status.status,
        )
        for recipient in status.recipients or (None,)
    ]
    return [_event(report, msgspec.json.encode(report)) for report in reports]


def _event(report: _Report, body: bytes) -> InboundEvent:
    """Make the event: a batch has one id, and each of its recipients a receipt of their own."""
    identity = first_id((report.batch_id,), "batch_id")
    return receipt_event(identity, _word(report), body, recipient=_recipient(report))


def _word(report: _Report) -> str:
    word = clean_text(report.status or "").strip()
    if not word:
        raise Unreadable("status must say what became of the message")
    return word


def _recipient(report: _Report) -> str | None:
    written = clean_text(str(report.recipient or "")).strip()
    return with_plus(written) or None
