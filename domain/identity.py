"""Ids and hashes that follow from content, so that replay and rebuild give the same rows.

Knows no table. UUIDs are text everywhere: the same in the API, the logs and psql.
"""

from hashlib import blake2b

from xxhash import xxh3_64_intdigest

_SIGN = 1 << 63
# The two highest bits of the variant digit are 10, RFC 9562 section 4.1.
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


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
    joined = "\0".join(map(str, parts))
    digest = blake2b(joined.encode(), digest_size=16).hexdigest()
    variant = _VARIANTS[digest[16]]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"


def contact_id(customer_id: int, address: str) -> str:
    """Name the contact that is made for an address first seen from outside."""
    return derived_uuid("contact", customer_id, address)


def conversation_id(customer_id: int, channel_id: str, key_hash: str, generation: int = 1) -> str:
    """Name the conversation of a key; a later generation follows one that was closed for good."""
    return derived_uuid("conversation", customer_id, channel_id, key_hash, generation)
