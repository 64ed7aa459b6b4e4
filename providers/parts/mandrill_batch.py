"""The form that Mandrill posts: one field, a JSON array of events.

Source: https://mandrill.zendesk.com/hc/en-us/articles/360038740594-Webhook-Format
"""

import re
from collections.abc import Sequence
from typing import Final

from domain.errors import Unreadable
from domain.posted_mail import read_posted_mail
from domain.tolerant_json import split_array

FIELD: Final = "mandrill_events"
_MOST_EVENTS = 1_000  # as its page says
_NO_FILES = re.compile(r"(?!)")


def batch_in(body: bytes, content_type: str) -> bytes:
    """Return the array as it was posted.

    Raises: Unreadable.
    """
    form = read_posted_mail(body, content_type, (FIELD,), _NO_FILES)
    if FIELD not in form.fields:
        raise Unreadable(f"{FIELD} must be there")
    return form.fields[FIELD]


def events_of(batch: bytes) -> Sequence[bytes]:
    """Take the array apart into the bytes of each event.

    Raises: Unreadable.
    """
    events = split_array(batch, FIELD)
    if len(events) > _MOST_EVENTS:
        raise Unreadable(f"{FIELD} must not have more events than Mandrill posts at a time")
    return events
