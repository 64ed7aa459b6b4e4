"""The chore that forgets files: those that nobody uses, and those that were kept for long enough.

It walks through all files in the order of their keys and remembers nothing.
"""

from datetime import datetime, timedelta

import structlog

from store.blobs import BlobError, BlobStore
from store.database import Connection
from store.files import FileKey
from store.forgotten_files import Unused, claim_forgotten, forget_some, settle_removed
from store.retention import list_policies
from worker.background.file_moving import HELD_SECONDS
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

_LOG = structlog.get_logger(__name__)

_AT_ONCE = 500
_YOUNG = timedelta(days=1)
_ALL_CUSTOMERS = 2**63 - 1


async def collect_files(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Forget what no message has, then what customers keep no longer; then clear the store."""
    unused = Unused(came_before=now - _YOUNG)
    async for gone in _forget(conn, unused, (0, b""), _ALL_CUSTOMERS):
        yield gone
    for customer_id, own in await list_policies(conn):
        if own.file_days:
            since = now - timedelta(days=own.file_days)
            kept_enough = Unused(came_before=since, since=since)
            async for gone in _forget(conn, kept_enough, (customer_id, b""), customer_id):
                yield gone
    async for gone in _remove_forgotten(conn, config.blobs):
        yield gone


async def _forget(conn: Connection, unused: Unused, begin: FileKey, last_customer: int) -> Steps:
    after: FileKey | None = begin
    while after is not None:
        async with conn.transaction():
            looked = await forget_some(conn, unused, after, last_customer, _AT_ONCE)
        yield looked.forgotten
        after = looked.after


async def _remove_forgotten(conn: Connection, blobs: BlobStore | None) -> Steps:
    """Remove what is forgotten from the store; what it does not remove now is held for a while.

    No transaction is open while the store is asked.
    """
    after: FileKey = (0, b"")
    while claimed := await claim_forgotten(conn, after, HELD_SECONDS):
        after, held_until = claimed
        try:
            if blobs is not None:
                await blobs.delete(after)
        except BlobError as error:
            _LOG.warning("file_not_removed", error_class=error.error_class)
            return
        async with conn.transaction():
            await settle_removed(conn, after, held_until)
        yield 1
