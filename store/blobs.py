"""Where files lie that left the database: a store of blobs, each named by the hash of its bytes.

What is read is checked by its name. Knows no folder, no bucket and no table.
"""

import asyncio
from hashlib import sha256
from typing import Literal, Protocol

BlobKey = tuple[int, bytes]  # customer id, SHA-256 of the bytes
BlobTrouble = Literal["away", "missing", "damaged"]

_LONG_BYTES = 1_000_000  # hashing them takes a millisecond or more


class BlobError(Exception):
    """A store did not do what was asked; `trouble` says whether it is away or has lost something.

    `error_class` is what it was called where it happened.
    """

    def __init__(self, trouble: BlobTrouble, error_class: str) -> None:
        super().__init__(f"{trouble}: {error_class}")
        self.trouble: BlobTrouble = trouble
        self.error_class = error_class


class BlobStore(Protocol):
    """Keeps bytes under their hash. Everything may be asked for again, and raises BlobError."""

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Keep bytes; once this returns they are there for good."""
        ...

    async def get(self, key: BlobKey) -> bytes:
        """Read bytes, whatever they are by now."""
        ...

    async def delete(self, key: BlobKey) -> None:
        """Remove bytes, if they are there."""
        ...


def blob_name(key: BlobKey) -> tuple[str, str, str]:
    """Name a blob: the customer, the first two digits of the hash, the hash."""
    customer_id, digest = key
    return str(customer_id), digest.hex()[:2], digest.hex()


async def read_blob(blobs: BlobStore | None, key: BlobKey) -> bytes:
    """Read bytes that are those of their name.

    Raises: BlobError, also where there is no store.
    """
    if blobs is None:
        raise BlobError("away", "NoStore")
    content = await blobs.get(key)
    is_long = len(content) > _LONG_BYTES
    found = await asyncio.to_thread(sha256, content) if is_long else sha256(content)
    if found.digest() != key[1]:
        raise BlobError("damaged", "HashDiffers")
    return content
