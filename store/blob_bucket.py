"""A blob store in a bucket of Amazon S3, or of whatever speaks like it.

The library is loaded here alone, and this module only where a bucket is used. Knows no table.
Sources: https://developmentseed.org/obstore/latest/api/store/aws/,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import certifi
from obstore.exceptions import BaseError
from obstore.store import S3Store

from domain.errors import OperatorError
from store.blobs import BlobError, BlobKey, blob_name

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace:
    """Which bucket, and how it is reached; empty: as Amazon's, or as the machine's role allows."""

    bucket: str
    prefix: str
    endpoint: str = ""
    region: str = ""
    key_id: str = ""
    key_secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a bucket is waited for, all tries together; a row is locked while it deletes."""

    put_seconds: float = 60.0
    get_seconds: float = 20.0
    delete_seconds: float = 5.0


_USUAL = Patience()


class BucketBlobs:
    """The blobs in a bucket, below a prefix. Nothing is asked of it before it is used."""

    def __init__(self, place: BucketPlace, patience: Patience = _USUAL) -> None:
        self._prefix = place.prefix.strip("/")
        self._patience = patience
        self._store = _open(place, patience)

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Keep bytes, in one request: all of them or none."""
        path = self._path(key)
        putting = self._store.put_async(path, content, use_multipart=False)
        await _within(self._patience.put_seconds, putting)

    async def get(self, key: BlobKey) -> bytes:
        """Read bytes."""
        return await _within(self._patience.get_seconds, self._get(self._path(key)))

    async def delete(self, key: BlobKey) -> None:
        """Remove bytes; a bucket says the same where there are none."""
        try:
            deleting = self._store.delete_async(self._path(key))
            await _within(self._patience.delete_seconds, deleting)
        except BlobError as error:
            if error.trouble != "missing":
                raise

    async def _get(self, path: str) -> bytes:
        found = await self._store.get_async(path)
        return bytes(await found.bytes_async())

    def _path(self, key: BlobKey) -> str:
        return "/".join(part for part in (self._prefix, *blob_name(key)) if part)


def _open(place: BucketPlace, patience: Patience) -> S3Store:
    given: dict[str, Any] = {"region": place.region or "us-east-1"}
    if place.endpoint:
        # Buckets of others are named by the path: their host names rarely have one for each.
        given |= {"endpoint": place.endpoint, "virtual_hosted_style_request": False}
    if place.key_id:
        given |= {"access_key_id": place.key_id, "secret_access_key": place.key_secret}
    try:
        return S3Store(
            place.bucket,
            client_options={
                "allow_http": place.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=patience.put_seconds),
                # Beside those of the machine, which may have none.
                "root_certificate": Path(certifi.where()).read_bytes(),
            },
            # Whoever asks tries again anyway; one blip is none of their concern.
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=10)},
            # Not every server can remove many at once, and here it is always one.
            disable_bulk_delete=True,
            **given,
        )
    except (BaseError, ValueError) as error:
        detail = "the bucket of FILES cannot be opened: look at the settings FILES_S3_..."
        raise OperatorError(detail) from error


async def _within(seconds: float, asking: Coroutine[Any, Any, T]) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await asking
    except FileNotFoundError as error:
        raise BlobError("missing", "NotFoundError") from error
    except (BaseError, TimeoutError, OSError, ValueError) as error:
        raise BlobError("away", type(error).__name__) from error
