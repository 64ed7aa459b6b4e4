"""Plays a bucket that speaks like Amazon S3, on loopback: put, get, delete, and what goes wrong.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.settings import Settings

BUCKET = "attachments"
KEY_ID = "AKIAEXAMPLEOFTESTS"
_SIGNED = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={KEY_ID}/[0-9]{{8}}/eu-central-1/s3/aws4_request, ?"
    r"SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, ?Signature=[0-9a-f]{64}"
)
_WORDS = {200: "OK", 204: "No Content", 403: "Forbidden", 404: "Not Found", 503: "Slow Down"}


@dataclass(slots=True)
class PlayedBucket:
    """What was put, by path.

    `fails_with` is answered to everybody; until it `goes_on` nobody is answered.
    """

    port: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])
    fails_with: int | None = None
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, prefix: str = "inlet") -> Settings:
        """Write the settings of who uses it."""
        return Settings(
            files=f"s3://{BUCKET}/{prefix}",
            files_s3_endpoint=self.endpoint,
            files_s3_region="eu-central-1",
            files_s3_key_id=KEY_ID,
            files_s3_key_secret="the secret of the tests",
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, path, _ = line.decode().split()
                headers = await _read_headers(reader)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append(method)
                await self.goes_on.wait()
                status, answer = self._answer(method, path, headers, body)
                writer.write(_response(status, answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        if self.fails_with:
            return self.fails_with, b""
        if not _SIGNED.fullmatch(headers.get("authorization", "")):
            return 403, b""
        if method == "PUT":
            self.blobs[path] = body
            return 200, b""
        if method == "DELETE":
            self.blobs.pop(path, None)
            return 204, b""
        found = self.blobs.get(path)
        return (404, b"") if found is None else (200, found)


@asynccontextmanager
async def played_bucket() -> AsyncGenerator[PlayedBucket]:
    bucket = PlayedBucket()
    bucket.goes_on.set()
    server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
    bucket.port = server.sockets[0].getsockname()[1]
    try:
        yield bucket
    finally:
        bucket.goes_on.set()
        server.close()


async def _read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    while (line := await reader.readline()).strip():
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _response(status: int, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {_WORDS[status]}\r\ncontent-length: {len(body)}\r\n"
        'etag: "1"\r\nlast-modified: Fri, 01 Nov 2024 14:00:00 GMT\r\n\r\n'
    )
    return head.encode() + body
