"""The stores of blobs: a folder and a bucket keep bytes under their hash, and lose none."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from played_bucket import BUCKET, PlayedBucket, played_bucket

from app.blobs import open_blobs
from app.settings import Settings
from store.blob_bucket import BucketBlobs, BucketPlace, Patience
from store.blob_folder import FolderBlobs
from store.blobs import BlobError, BlobKey, BlobStore, blob_name, read_blob

_CONTENT = bytes(range(256)) * 5000  # more than is hashed in place
_KEY: BlobKey = (7, sha256(_CONTENT).digest())
_HASH = _KEY[1].hex()
_PLACES = pytest.mark.parametrize("place", ["folder", "bucket"])


@asynccontextmanager
async def _opened(place: str, folder: Path) -> AsyncGenerator[BlobStore]:
    if place == "folder":
        yield _named(open_blobs(Settings(files=str(folder / "deep" / "files"))))
        return
    async with played_bucket() as bucket:
        yield _named(open_blobs(bucket.settings()))


def _named(blobs: BlobStore | None) -> BlobStore:
    assert blobs is not None
    return blobs


async def _trouble(blobs: BlobStore | None, key: BlobKey = _KEY) -> str:
    with pytest.raises(BlobError) as caught:
        await read_blob(blobs, key)
    return caught.value.trouble


@_PLACES
async def test_what_is_put_is_read_byte_for_byte(place: str, tmp_path: Path) -> None:
    async with _opened(place, tmp_path) as blobs:
        for content in (_CONTENT, b"", b"\x00\r\n\xff"):
            key = (7, sha256(content).digest())
            await blobs.put(key, content)
            await blobs.put(key, content)
            assert await read_blob(blobs, key) == content


@_PLACES
async def test_customers_have_their_own(place: str, tmp_path: Path) -> None:
    async with _opened(place, tmp_path) as blobs:
        await blobs.put(_KEY, _CONTENT)
        assert await _trouble(blobs, (8, _KEY[1])) == "missing"
        await blobs.put((8, _KEY[1]), _CONTENT)
        await blobs.delete(_KEY)
        assert await _trouble(blobs) == "missing"
        assert await read_blob(blobs, (8, _KEY[1])) == _CONTENT


@_PLACES
async def test_what_is_not_there_is_removed_without_a_word(place: str, tmp_path: Path) -> None:
    async with _opened(place, tmp_path) as blobs:
        await blobs.delete(_KEY)
        await blobs.put(_KEY, _CONTENT)
        await blobs.delete(_KEY)
        await blobs.delete(_KEY)


@_PLACES
async def test_other_bytes_than_were_put_are_given_to_nobody(place: str, tmp_path: Path) -> None:
    async with _opened(place, tmp_path) as blobs:
        for content in (b"other", _CONTENT[:-1] + b"x"):
            if isinstance(blobs, BucketBlobs):
                await blobs.put(_KEY, content)
            else:
                await blobs.put(_KEY, _CONTENT)
                _path(tmp_path / "deep" / "files").write_bytes(content)
            assert await _trouble(blobs) == "damaged"
        await blobs.put(_KEY, _CONTENT)  # which mends it
        assert await read_blob(blobs, _KEY) == _CONTENT


async def test_without_a_store_nothing_is_read() -> None:
    assert open_blobs(Settings(files="database")) is None
    assert await _trouble(None) == "away"


def _files_below(folder: Path) -> list[Path]:
    return [found for found in folder.rglob("*") if found.is_file()]


def _path(root: Path) -> Path:
    return root.joinpath(*blob_name(_KEY))


async def test_a_folder_has_a_file_for_each(tmp_path: Path) -> None:
    await FolderBlobs(tmp_path).put(_KEY, _CONTENT)
    path = tmp_path / "7" / _HASH[:2] / _HASH
    assert _files_below(tmp_path) == [path]
    assert path.read_bytes() == _CONTENT
    assert [found.stat().st_mode & 0o777 for found in (path, path.parent)] == [0o600, 0o700]


async def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    left = _path(tmp_path).with_name(f"{_HASH}.0123abcd")
    left.parent.mkdir(parents=True)
    left.write_bytes(_CONTENT[:100])
    await blobs.put(_KEY, _CONTENT)
    assert os.listdir(left.parent) == [_HASH]


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
async def test_no_planted_link_leads_out_of_the_folder(tmp_path: Path, depth: int) -> None:
    root, outside = tmp_path / "files", tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(_CONTENT)
    planted = root.joinpath(*blob_name(_KEY)[:depth])
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.symlink_to(outside if depth < 3 else outside / "precious")
    blobs = FolderBlobs(root)

    if depth == 3:
        assert await _trouble(blobs) == "away"
        await blobs.put(_KEY, _CONTENT)  # in place of the link
        assert not planted.is_symlink()
    else:
        with pytest.raises(BlobError, match="away"):
            await blobs.put(_KEY, _CONTENT)
        assert await _trouble(blobs) == "away"
    assert [found.name for found in outside.rglob("*")] == ["precious"]


async def test_a_folder_that_cannot_be_written_is_away(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no folder")
    with pytest.raises(BlobError, match="away"):
        await FolderBlobs(tmp_path / "files").put(_KEY, _CONTENT)


async def test_a_bucket_is_asked_with_a_signature_below_the_prefix() -> None:
    async with played_bucket() as bucket:
        await _named(open_blobs(bucket.settings("a/b"))).put(_KEY, _CONTENT)
        await _named(open_blobs(bucket.settings(""))).put(_KEY, b"")
        assert list(bucket.blobs) == [
            f"/{BUCKET}/a/b/7/{_HASH[:2]}/{_HASH}",
            f"/{BUCKET}/7/{_HASH[:2]}/{_HASH}",
        ]
        assert bucket.asked == ["PUT", "PUT"]


@pytest.mark.parametrize("status", [403, 503])
async def test_a_bucket_that_refuses_is_away(status: int) -> None:
    async with played_bucket() as bucket:
        blobs = _named(open_blobs(bucket.settings()))
        bucket.fails_with = status
        assert await _trouble(blobs) == "away"
        for asking in (blobs.put(_KEY, _CONTENT), blobs.delete(_KEY)):
            with pytest.raises(BlobError, match="away"):
                await asking


async def test_a_bucket_that_hangs_is_away_in_time() -> None:
    async with played_bucket() as bucket:
        blobs = _impatient(bucket)
        bucket.goes_on.clear()
        assert await _trouble(blobs) == "away"
        for asking in (blobs.put(_KEY, _CONTENT), blobs.delete(_KEY)):
            with pytest.raises(BlobError, match="away: TimeoutError"):
                await asking
        bucket.goes_on.set()
        await blobs.put(_KEY, _CONTENT)
        assert await read_blob(blobs, _KEY) == _CONTENT


def _impatient(bucket: PlayedBucket) -> BucketBlobs:
    place = BucketPlace(
        bucket=BUCKET,
        prefix="",
        endpoint=bucket.endpoint,
        region="eu-central-1",
        key_id=bucket.settings().files_s3_key_id,
        key_secret="x",
    )
    return BucketBlobs(place, Patience(put_seconds=0.3, get_seconds=0.3, delete_seconds=0.3))


async def test_nothing_listens() -> None:
    async with played_bucket() as bucket:
        settings = bucket.settings()
    assert await _trouble(open_blobs(settings)) == "away"
