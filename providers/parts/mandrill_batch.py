"""The form that Mandrill posts: one field, a JSON array of events.

Source: https://mandrill.zendesk.com/hc/en-us/articles/360038740594-Webhook-Format
"""

import json
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from domain.errors import Unreadable
from domain.posted_mail import read_posted_mail

FIELD: Final = "mandrill_events"
_MOST_EVENTS = 1_000  # as its page says
_NO_FILES = re.compile(r"(?!)")
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def batch_in(body: bytes, content_type: str) -> bytes:
    """Return the array as it was posted.

    Raises: Unreadable.
    """
    form = read_posted_mail(body, content_type, (FIELD,), _NO_FILES)
    if FIELD not in form.fields:
        raise Unreadable(f"{FIELD} must be there")
    return form.fields[FIELD]


def events_of(batch: bytes) -> Sequence[bytes]:
    """Take the array apart; each event is bytes of its own, so that an odd one harms no other.

    Raises: Unreadable.
    """
    try:
        events = [bytes(event) for event in _ARRAY.decode(batch)]
    except (ValueError, RecursionError):
        events = _slowly(batch)
    if len(events) > _MOST_EVENTS:
        raise Unreadable(f"{FIELD} must not have more events than Mandrill posts at a time")
    return events


def _slowly(batch: bytes) -> Sequence[bytes]:
    """One bad byte is no reason to lose a thousand events."""
    try:
        events: object = json.loads(batch.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        events = None
    if not isinstance(events, list):
        raise Unreadable(f"{FIELD} must be a JSON array")
    return [json.dumps(event).encode() for event in events]  # pyright: ignore[reportUnknownVariableType]
