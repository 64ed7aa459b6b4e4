"""What Brevo posts at a time: mails (`items`), a batch of events, or one event alone.

Source: https://developers.brevo.com/docs/inbound-parse-webhooks
Source: https://developers.brevo.com/docs/batch-webhooks
"""

import json
from collections.abc import Sequence

import msgspec

from domain.errors import Unreadable
from domain.tolerant_json import decode_tolerantly, split_array

_MOST_ELEMENTS = 1_000  # of a batch Brevo's page says 500, of mails nothing


class _Delivery(msgspec.Struct, gc=False):
    items: msgspec.Raw = msgspec.Raw()


_DELIVERY = msgspec.json.Decoder(_Delivery)
_OBJECT = msgspec.json.Decoder(dict[str, object])


def elements_of(body: bytes) -> Sequence[bytes]:
    """Take a delivery apart into the bytes of each mail or event.

    Raises: Unreadable.
    """
    array = _array_in(body)
    elements = [body] if array is None else split_array(array, "items")
    if len(elements) > _MOST_ELEMENTS:
        raise Unreadable("items must not be more than Brevo posts at a time")
    return elements


def _array_in(body: bytes) -> bytes | None:
    """Return the array of mails or events; None where there is but one event."""
    if body.lstrip()[:1] == b"[":
        return body
    try:
        return bytes(_DELIVERY.decode(body).items) or None
    except (ValueError, RecursionError):
        whole = decode_tolerantly(body, _OBJECT)
        return json.dumps(whole["items"]).encode() if "items" in whole else None
