"""Keeps several answers of a provider as one content, each byte for byte, and takes them apart.

For what takes several requests, as a mail and its files. Knows no provider and no request.
"""

from collections.abc import Sequence

import msgspec

from domain.errors import Unreadable
from domain.event import FetchedContent

SEVERAL = "application/vnd.inlet.parts+msgpack"  # an array of byte strings

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[bytes])


def joined_parts(parts: Sequence[bytes]) -> FetchedContent:
    """Make one content of several."""
    return FetchedContent(content_type=SEVERAL, body=_ENCODER.encode(list(parts)))


def split_parts(content: FetchedContent) -> list[bytes]:
    """Return the parts in their order.

    Raises: Unreadable.
    """
    try:
        return _DECODER.decode(content.body)
    except ValueError:
        raise Unreadable("what was fetched is not what is kept of several answers") from None
