"""Links by which a provider fetches a file of a message that it sends: signed, and not for long.

A link names a file of one message and until when it is good, with a MAC by a key that is derived
from the secret key. Who has none can make none; who has one gets that file and no other. Pure.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct
from uuid import UUID

from domain.sealing import Sealer

# Providers fetch what they send at once; a day leaves room for those who queue it.
MEDIA_LINKS_LAST = timedelta(days=1)

_PURPOSE = b"inlet links to media, HMAC-SHA256"
_CLAIM = Struct(">Q16sHQ")  # customer, message, position, good until
_MAC_BYTES = 20
_LENGTH = (_CLAIM.size + _MAC_BYTES) * 4 // 3  # a multiple of three bytes: nothing is padded


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlace:
    """A file of a message, by its position."""

    customer_id: int
    message_id: str
    position: int


def _media_token(sealer: Sealer, place: MediaPlace, now: datetime) -> str:
    """Write what stands in the link to a file."""
    good_until = int((now + MEDIA_LINKS_LAST).timestamp())
    identity = UUID(place.message_id).bytes
    claim = _CLAIM.pack(place.customer_id, identity, place.position, good_until)
    return urlsafe_b64encode(claim + _mac(claim, sealer.derived(_PURPOSE)[0])).decode()


def media_url(public_url: str, sealer: Sealer, place: MediaPlace, now: datetime) -> str:
    """Write the link to a file, below where people and providers reach the web process."""
    return f"{public_url}/media/{_media_token(sealer, place, now)}"


def read_media_token(sealer: Sealer, token: str, now: datetime) -> MediaPlace | None:
    """Read which file a link leads to; None where it was not made here, or is good no more."""
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        whole = urlsafe_b64decode(token)
    except (Error, ValueError):
        return None
    claim, mac = whole[: _CLAIM.size], whole[_CLAIM.size :]
    if len(mac) != _MAC_BYTES or not _is_ours(claim, mac, sealer):
        return None
    customer_id, identity, position, good_until = _CLAIM.unpack(claim)
    if now > datetime.fromtimestamp(good_until, UTC):
        return None
    return MediaPlace(
        customer_id=customer_id, message_id=str(UUID(bytes=identity)), position=position
    )


def _is_ours(claim: bytes, mac: bytes, sealer: Sealer) -> bool:
    """Try all keys, and those of this moment as well: a worker may have a newer one."""

    def is_made_with(keys: tuple[bytes, ...]) -> bool:
        return any([hmac.compare_digest(mac, _mac(claim, key)) for key in keys])

    if is_made_with(sealer.derived(_PURPOSE)):
        return True
    return sealer.has_other_keys() and is_made_with(sealer.derived(_PURPOSE))


def _mac(claim: bytes, key: bytes) -> bytes:
    return hmac.digest(key, claim, "sha256")[:_MAC_BYTES]
