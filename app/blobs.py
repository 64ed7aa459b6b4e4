"""Opens the store that files are moved to, as the settings say. Knows no table."""

from pathlib import Path

from app.settings import Settings
from store.blob_folder import FolderBlobs
from store.blobs import BlobStore

_BUCKET = "s3://"


def open_blobs(settings: Settings) -> BlobStore | None:
    """Open the store of files; None where they stay in the database. Nothing is looked at yet."""
    place = settings.place_of_files
    if place == "database":
        return None
    if place.startswith(_BUCKET):
        return _open_bucket(settings, place.removeprefix(_BUCKET))
    return FolderBlobs(Path(place))


def _open_bucket(settings: Settings, place: str) -> BlobStore:
    # Its library is several megabytes, which nobody else has to load.
    from store.blob_bucket import BucketBlobs, BucketPlace

    bucket, _, prefix = place.partition("/")
    return BucketBlobs(
        BucketPlace(
            bucket=bucket,
            prefix=prefix,
            endpoint=settings.files_s3_endpoint,
            region=settings.files_s3_region,
            key_id=settings.files_s3_key_id,
            key_secret=settings.files_s3_key_secret,
        )
    )
