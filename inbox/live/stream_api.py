"""`GET /api/stream`: the same changes as they happen, as Server-Sent Events."""

from starlette.routing import BaseRoute, Route

from inbox.http.shared import Shared
from inbox.live.feed import Feed
from inbox.live.stream import EventStream


def stream_routes(shared: Shared, feed: Feed) -> list[BaseRoute]:
    """Make the route of the stream, whose feed looks at keys by the same door."""
    feed.keys_of = shared.door.keys_of
    return [Route("/stream", EventStream(shared, feed), methods=["GET"], name="stream")]
