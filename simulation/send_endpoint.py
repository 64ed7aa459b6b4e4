"""The send endpoints of all played providers, and their media, as one application.

Each provider checks who sends as strictly as the real one; what happens to a message that was
taken is somebody else's.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.channel import Channel
from simulation import PLAYED_SENDERS
from simulation.pictures import PICTURE_PATH, picture
from simulation.played import PlayedSender, PostedSend, TakenMessage


def send_endpoint(
    channels: Mapping[str, Channel],
    on_taken: Callable[[TakenMessage], None],
    clock: Callable[[], datetime],
) -> Starlette:
    """Make the application. `channels` are by id, their secrets open; more may join later."""
    taken: set[str] = set()

    def of_provider(name: str) -> list[Channel]:
        return [channel for channel in channels.values() if channel.provider == name]

    def endpoint(played: PlayedSender) -> Callable[[Request], Awaitable[Response]]:
        async def take(request: Request) -> Response:
            posted = PostedSend(
                place=request.path_params["place"],
                headers=request.headers,
                body=await request.body(),
                received_at=clock(),
                count=len(taken),
            )
            answer = played.take(posted, of_provider(played.NAME))
            message = answer.taken
            if message is not None and message.provider_message_id not in taken:
                taken.add(message.provider_message_id)
                on_taken(message)
            if answer.fields is None:
                return Response(status_code=answer.status, headers=answer.headers)
            body = msgspec.json.encode(answer.fields)
            return Response(body, answer.status, answer.headers, media_type="application/json")

        return take

    async def give_picture(request: Request) -> Response:
        return Response(picture(request.path_params["name"]), media_type="image/png")

    return Starlette(
        routes=[
            *(
                Route(played.SEND_PATH, endpoint(played), methods=["POST"])
                for played in PLAYED_SENDERS.values()
            ),
            Route(PICTURE_PATH, give_picture, methods=["GET"]),
        ]
    )
