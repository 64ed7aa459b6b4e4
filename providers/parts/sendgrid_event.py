"""What SendGrid's Event Webhook posts: arrays of events, each about one recipient of a mail.

An event has the arguments that its mail was sent with; one of ours names our message. A bounce that
comes later than the mail has neither those nor an id of the mail.
Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

They are posted every 30 seconds, or as soon as they are 768 kilobytes.
Source:
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from domain.errors import Unreadable
from domain.event import InboundEvent, receipt_event, unreadable_event
from domain.message import DeliveryReceipt
from domain.message_parts import first_id, receipt_of
from domain.outbound import fit_code
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly, split_array
from providers.parts.sendgrid_words import OF_THE_ADDRESS, STATUS, code_of

ARGUMENT: Final = "inlet_message_id"

_BATCH = re.compile(rb"\s*\[")
_MOST_EVENTS = 10_000  # 768 kilobytes hold some 5,000 of the shortest


class _Event(msgspec.Struct, gc=False):
    event: object = None
    email: object = None
    timestamp: object = None
    argument: object = msgspec.field(name=ARGUMENT, default=None)
    sg_event_id: object = None
    sg_message_id: object = None
    reason: object = None
    type: object = None
    status: object = None
    bounce_classification: object = None


_EVENT = msgspec.json.Decoder(_Event)


def is_batch(body: bytes) -> bool:
    """Say whether a delivery has events. No signature covers the content type; no form is so."""
    return _BATCH.match(body) is not None


def events_in(batch: bytes) -> Sequence[InboundEvent]:
    """Take the batch apart, into one event of each element; an odd one is kept as unreadable.

    Raises: Unreadable where there is no batch.
    """
    elements = split_array(batch, "body")
    if len(elements) > _MOST_EVENTS:
        raise Unreadable("body must not have more events than SendGrid posts at a time")
    return [_event_of(element) for element in elements]


def receipt_in(element: bytes) -> DeliveryReceipt:
    """Read one event.

    Raises: Unreadable.
    """
    event = decode_tolerantly(element, _EVENT)
    word = _word(event)
    code = _code(event, word)
    moment = parse_timestamp(event.timestamp)
    return receipt_of(
        _sent_id(event),
        word,
        STATUS,
        error_code=code,
        occurred_at=moment,
        recipients=(event.email,),
        is_permanent=_is_permanent(event, word, code),
    )


def _event_of(element: bytes) -> InboundEvent:
    """Key an event by its own id: the same is posted more than once."""
    try:
        event = decode_tolerantly(element, _EVENT)
        once = _text(event.sg_event_id) or sha256(element).hexdigest()[:32]
        return receipt_event(_sent_id(event), f"{_word(event)}:{once}", element)
    except Unreadable:
        return unreadable_event(element)


def _word(event: _Event) -> str:
    word = _text(event.event)
    if word is None:
        raise Unreadable("event must say of which type it is")
    return word


def _sent_id(event: _Event) -> str:
    """Name the mail by our own id; of a mail that others sent, by the X-Message-Id that they got.

    That is what sg_message_id begins with, except of some mails that were dropped. What is of no
    mail that can be told (a later bounce, a change of the account) is of itself.
    """
    message_id, _, _ = (_text(event.sg_message_id) or "").partition(".")
    own = _text(event.argument)
    return first_id((own, message_id, _text(event.sg_event_id)), "sg_message_id or sg_event_id")


def _code(event: _Event, word: str) -> str | None:
    if word == "dropped":
        return code_of(_text(event.reason) or "")
    if word != "bounce":
        return None
    told = code_of(_text(event.bounce_classification) or "")
    return told or ("blocked" if event.type == "blocked" else fit_code(event.status))


def _is_permanent(event: _Event, word: str, code: str | None) -> bool:
    """Tell a bounce from a block, which passes, and from what was dropped for another reason."""
    return event.type == "bounce" if word == "bounce" else code in OF_THE_ADDRESS


def _text(value: object) -> str | None:
    return clean_text(value).strip() or None if isinstance(value, str) else None
