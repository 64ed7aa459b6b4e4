"""The opaque cursor: a position in one list, for one customer, under one set of filters.

It is checked, not secret: whoever forges one only moves about in what the key may see anyway.
Knows no list.
"""

import struct
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from domain.errors import InvalidCursor
from store.position import Position

_VERSION = 1
_NUMBER_VERSION = 2
# Version, microseconds since 1970, id, fingerprint: 33 bytes, which base64 writes without padding.
_FORMAT = struct.Struct(">Bq16s8s")
_NUMBER_FORMAT = struct.Struct(">Bq9x8s7x")  # as long, so that it needs no padding either
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def fingerprint(*parts: object) -> bytes:
    """Hash what a cursor belongs to: the list, the customer and every filter but the limit."""
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=8).digest()


def encode_cursor(position: Position, belongs_to: bytes) -> str:
    """Write a position as text for the client to hand back."""
    microseconds = (position.at - _EPOCH) // _MICROSECOND
    packed = _FORMAT.pack(_VERSION, microseconds, UUID(position.id).bytes, belongs_to)
    return urlsafe_b64encode(packed).decode()


def decode_cursor(text: str, belongs_to: bytes) -> Position:
    """Read a cursor back.

    Raises: InvalidCursor where it is garbled, of another version, or of another list.
    """
    microseconds, id_bytes = _unpack(text, _FORMAT, _VERSION, belongs_to)
    try:
        return Position(_EPOCH + microseconds * _MICROSECOND, str(UUID(bytes=id_bytes)))
    except OverflowError as error:
        raise InvalidCursor("cursor was not made by this API") from error


def encode_number(number: int, belongs_to: bytes) -> str:
    """Write a place in a list that is ordered by a number."""
    return urlsafe_b64encode(_NUMBER_FORMAT.pack(_NUMBER_VERSION, number, belongs_to)).decode()


def decode_number(text: str, belongs_to: bytes) -> int:
    """Read a numbered cursor back.

    Raises: InvalidCursor where it is garbled, of another version, or of another list.
    """
    [number] = _unpack(text, _NUMBER_FORMAT, _NUMBER_VERSION, belongs_to)
    return number


def _unpack(text: str, shape: struct.Struct, version: int, belongs_to: bytes) -> tuple[Any, ...]:
    """Take apart what stands between the version and the fingerprint, both checked."""
    try:
        packed = b64decode(text, altchars=b"-_", validate=True)
        found_version, *place, belonged_to = shape.unpack(packed)
    except (ValueError, struct.error) as error:
        raise InvalidCursor("cursor was not made by this API") from error
    if found_version != version or urlsafe_b64encode(packed).decode() != text:
        raise InvalidCursor("cursor was not made by this API")
    if belonged_to != belongs_to:
        raise InvalidCursor("cursor was made for other filters")
    return tuple(place)
