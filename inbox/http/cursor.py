"""The opaque cursor: a place in one list, for one customer, under one set of filters.

It is checked, not secret: whoever forges one only moves about in what the key may see anyway.
Knows no list.
"""

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from domain.errors import InvalidCursor

_MOST = (1 << 63) - 1
_Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]


class Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ends; each kind of list has a kind of its own."""


class TimePlace(Place, frozen=True):
    at: Annotated[datetime, Meta(tz=True)]
    id: _Id


class IdPlace(Place, frozen=True):
    id: _Id


class NamePlace(Place, frozen=True):
    name: Annotated[str, Meta(min_length=1, pattern=r"\A[^\x00]*\Z")]


class NumberPlace(Place, frozen=True):
    number: Annotated[int, Meta(ge=-_MOST - 1, le=_MOST)]


P = TypeVar("P", bound=Place)


def fingerprint(*parts: object) -> bytes:
    """Hash what a cursor belongs to: the list, the customer and every filter but the limit."""
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=8).digest()


def encode_cursor(place: Place, belongs_to: bytes = b"") -> str:
    """Write a place as text for the client to hand back."""
    packed = msgspec.msgpack.encode((belongs_to, place))
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(text: str, kind: type[P], belongs_to: bytes = b"") -> P:
    """Read a cursor back.

    Raises: InvalidCursor where it is garbled, of another kind, or of another list.
    """
    try:
        packed = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        belonged_to, place = msgspec.msgpack.decode(packed, type=tuple[bytes, kind])
        is_ours = encode_cursor(place, belonged_to) == text
    except (ValueError, msgspec.MsgspecError):
        is_ours = False
        belonged_to, place = b"", None
    if not is_ours or place is None:
        raise InvalidCursor("cursor was not made by this API")
    if belonged_to != belongs_to:
        raise InvalidCursor("cursor was made for other filters")
    return place
