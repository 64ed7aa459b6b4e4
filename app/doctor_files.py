"""Looks at files: whether their store answers, and what of providers could not be fetched."""

from app.finding import Finding, ok, warn, wrong
from store.blobs import BlobError, BlobStore, read_blob
from store.customers import list_above_quota
from store.database import Connection
from store.files import FileKey
from store.media import count_media
from store.moved_files import count_waiting, sample_moved

_SAMPLED = 5
_NOBODYS: FileKey = (0, bytes(32))


async def examine_files(conn: Connection, blobs: BlobStore | None) -> Finding:
    """Examine the store of files; what is read there are some files of everybody."""
    moved = await sample_moved(conn, _SAMPLED)
    if blobs is None:
        if moved:
            mend = "set FILES to where they lie, for every web process and worker"
            return wrong("files", "some lie in a store, and FILES names none", mend)
        return ok("files", "in the database")
    errors = [error for key in moved or [_NOBODYS] if (error := await _try(blobs, key))]
    if moved and errors:
        detail = f"{len(errors)} of {len(moved)} that were tried are not given: {errors[0]}"
        return wrong("files", detail, "bring the store back, or restore it from its back-up")
    if errors and errors[0].trouble == "away":
        mend = "look at FILES, and whether this machine reaches what it names"
        return wrong("files", f"the store does not answer: {errors[0]}", mend)
    waiting = await count_waiting(conn)
    if waiting.failed:
        detail = f"{waiting.waiting} wait in the database, {waiting.failed} could not be moved"
        return warn("files", detail, "look for files_not_moved in the workers' logs")
    return ok("files", f"{len(moved)} of the store read, {waiting.waiting} wait to be moved there")


async def examine_quotas(conn: Connection) -> Finding:
    """Look for customers who have more files than they may."""
    names = await list_above_quota(conn)
    if names:
        detail = f"more files than they may: {', '.join(names)}"
        return warn("quotas", detail, "their agents bring no more: see `inlet customer set`")
    return ok("quotas", "nobody has more files than they may")


async def examine_media(conn: Connection) -> Finding:
    """Look for attachments that their providers did not give."""
    media = await count_media(conn)
    if media.failed:
        detail = f"{media.failed} were given up within a day, {media.waiting} wait to be fetched"
        mend = "look for media_not_fetched in the workers' logs, and at the channels' credentials"
        return warn("media", detail, mend)
    return ok("media", f"{media.waiting} wait to be fetched from their providers")


async def _try(blobs: BlobStore, key: FileKey) -> BlobError | None:
    try:
        await read_blob(blobs, key)
    except BlobError as error:
        return error
    return None
