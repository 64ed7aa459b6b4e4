"""`POST /api/attachments`: brings a file for messages that are written within a day.

The body is the file. Knows no message and no channel.
"""

import msgspec
from starlette.routing import BaseRoute

from domain.errors import invalid_field
from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import FileName
from inbox.writing.uploads import MOST_UPLOAD_BYTES, bring_file
from store.database import Connection
from store.uploads import UPLOADS_LAST


class UploadQuery(Query, frozen=True, kw_only=True):
    filename: FileName


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was brought; messages may have it until it expires."""

    id: str
    filename: str
    content_type: str | None
    size_bytes: int
    expires_at: str


def upload_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route that takes files."""
    bringing = Endpoint(
        "create_attachment",
        "messages:write",
        _create,
        query=UploadQuery,
        response=Upload,
        takes_idempotency_key=True,
        most_bytes=MOST_UPLOAD_BYTES,
    )
    return [resource(shared, "/attachments", {"POST": bringing})]


async def _create(conn: Connection, call: QueryCall[UploadQuery]) -> Answer:
    if not call.content:
        raise invalid_field("body", "required", "the bytes of a file")
    upload = await bring_file(
        conn,
        call.key.customer_id,
        call.shared.new_id,
        filename=call.query.filename,
        content_type=call.request.headers.get("content-type", ""),
        content=call.content,
    )
    shown = Upload(
        id=upload.id,
        filename=upload.filename,
        content_type=upload.content_type,
        size_bytes=len(upload.content),
        expires_at=present_time(call.shared.clock() + UPLOADS_LAST),
    )
    return Answer(value=shown, status=201)
