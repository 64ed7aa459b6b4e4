"""The text of a change cursor, the same in `/api/changes` and as the id of a streamed event.

It names a place in the outbox and no customer: whoever forges one only moves about in what the key
may see anyway.
"""

import struct
from base64 import b64decode, urlsafe_b64encode

from domain.errors import InvalidCursor
from store.changes import ChangeCursor

_VERSION = 1
# Version, xid, seq, and a byte that fills it up: 18, which base64 writes without padding.
_FORMAT = struct.Struct(">BQQx")
_MOST = (1 << 63) - 1


def write_cursor(cursor: ChangeCursor) -> str:
    """Write a place as text for the client to hand back."""
    return urlsafe_b64encode(_FORMAT.pack(_VERSION, cursor.xid, cursor.seq)).decode()


def read_cursor(text: str) -> ChangeCursor:
    """Read a place back.

    Raises: InvalidCursor.
    """
    try:
        version, xid, seq = _FORMAT.unpack(b64decode(text, altchars=b"-_", validate=True))
    except (ValueError, struct.error):
        raise InvalidCursor("the cursor was not made by this API") from None
    if version != _VERSION or max(xid, seq) > _MOST or write_cursor(ChangeCursor(xid, seq)) != text:
        raise InvalidCursor("the cursor was not made by this API")
    return ChangeCursor(xid, seq)
