"""Ids and hashes that follow from content, so that replay and rebuild give the same rows.

Knows no table. UUIDs are text everywhere: the same in the API, the logs and psql.
"""

from hashlib import blake2b
from uuid import UUID

from xxhash import xxh3_64_intdigest

_SIGN = 1 << 63


def hash64(text: str, probe: int = 0) -> int:
    """Hash text to a signed 64-bit key.

    xxh3 is fast and not secret: two texts can collide, by chance or by malice. Whoever stores
    under this key compares the stored text and, if it differs, tries the next probe.
    """
    keyed = f"{text}\0{probe}" if probe else text
    digest = xxh3_64_intdigest(keyed.encode())
    return digest - (1 << 64) if digest & _SIGN else digest


def derived_uuid(*parts: str | int) -> str:
    """Derive a UUID (version 8) from parts: 122 bits of BLAKE2b, which do not collide."""
    joined = "\0".join(str(part) for part in parts)
    digest = blake2b(joined.encode(), digest_size=16).digest()
    number = int.from_bytes(digest)
    number = number & ~(0xF << 76) | (8 << 76)
    number = number & ~(0b11 << 62) | (0b10 << 62)
    return str(UUID(int=number))


def contact_id(customer_id: int, address: str) -> str:
    """Name the contact that is made for an address first seen from outside."""
    return derived_uuid("contact", customer_id, address)


def conversation_id(customer_id: int, channel_id: str, key_hash: str, generation: int = 1) -> str:
    """Name the conversation of a key; a later generation follows one that was closed for good."""
    return derived_uuid("conversation", customer_id, channel_id, key_hash, generation)
