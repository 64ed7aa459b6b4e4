"""The provider's send endpoint, played: takes what Inlet sends as `generic` or as Twilio would.

Checks who sends as strictly as the provider; what happens to a message then is somebody else's.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.channel import Channel
from domain.mailbox import parse_message_ids
from domain.signature import verify_standard_webhook

_TWILIO_ID_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMessage:
    """A message that the endpoint took; `references` end with its own Message-ID."""

    channel: Channel
    provider_message_id: str
    to: tuple[str, ...]
    subject: str | None = None
    references: tuple[str, ...] = ()


class _Posted(msgspec.Struct):
    id: str
    sender: str = msgspec.field(name="from")
    to: list[str]
    type: str
    body: str
    timestamp: str
    cc: list[str] = []
    subject: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: str | None = None


def send_url(base_url: str, channel: Channel) -> str:
    """Write the URL that a channel posts to, to reach this endpoint."""
    if channel.provider == "twilio":
        return f"{base_url}/2010-04-01/Accounts/{channel.account}/Messages.json"
    return f"{base_url}/sends/{channel.id}"


def send_endpoint(
    channels: Mapping[str, Channel],
    on_taken: Callable[[TakenMessage], None],
    clock: Callable[[], datetime],
) -> Starlette:
    """Make the application. `channels` are by id, their secrets open."""
    taken: dict[str, str] = {}

    async def take_generic(request: Request) -> Response:
        channel = channels.get(request.path_params["channel_id"])
        if channel is None:
            return _answer(404, {"error_code": "unknown_channel"})
        body = await request.body()
        if channel.secrets:
            verdict = verify_standard_webhook(request.headers, body, channel.secrets, clock())
            if not verdict.is_authentic:
                return _answer(401, {"error_code": verdict.reason})
        try:
            posted = msgspec.json.decode(body, type=_Posted)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _answer(400, {"error_code": "malformed"})
        is_repeated = posted.id in taken
        identity = taken.setdefault(posted.id, f"sim-{posted.id}")
        if not is_repeated:
            on_taken(_generic(channel, posted, identity))
        return _answer(200, {"provider_message_id": identity})

    async def take_twilio(request: Request) -> Response:
        account = request.path_params["account"]
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        sender = form.get("From", [""])[0]
        mine = [one for one in channels.values() if one.account == account]
        if not any(_is_let_in(request, one) for one in mine):
            return _twilio_error(401, 20003, "Authenticate")
        channel = next((one for one in mine if one.own_address == sender), None)
        if channel is None or not form.get("To") or not form.get("Body"):
            return _twilio_error(400, 21211 if channel else 21606, "Bad request")
        identity = "SM" + format(len(taken), f"0{_TWILIO_ID_LENGTH - 12}x") + _stamp(clock())
        taken[identity] = identity
        on_taken(TakenMessage(channel=channel, provider_message_id=identity, to=tuple(form["To"])))
        return _answer(201, {"sid": identity, "status": "queued", "error_code": None})

    return Starlette(
        routes=[
            Route("/sends/{channel_id}", take_generic, methods=["POST"]),
            Route("/2010-04-01/Accounts/{account}/Messages.json", take_twilio, methods=["POST"]),
        ]
    )


def _generic(channel: Channel, posted: _Posted, identity: str) -> TakenMessage:
    fields = [field for field in (posted.references, posted.message_id) if field]
    references = [one for field in fields for one in parse_message_ids(field)]
    return TakenMessage(
        channel=channel,
        provider_message_id=identity,
        to=tuple(posted.to),
        subject=posted.subject,
        references=tuple(dict.fromkeys(references)),
    )


def _is_let_in(request: Request, channel: Channel) -> bool:
    given = request.headers.get("authorization", "").encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(
            given, b"Basic " + b64encode(f"{channel.account}:{secret.strip()}".encode())
        )
        for secret in channel.secrets
    )


def _stamp(now: datetime) -> str:
    """Write the time as twelve hexadecimal digits, so that two runs give no id twice."""
    return format(int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF, "012x")


def _twilio_error(status: int, code: int, message: str) -> Response:
    return _answer(status, {"code": code, "message": message, "more_info": "", "status": status})


def _answer(status: int, fields: Mapping[str, Any]) -> Response:
    return Response(msgspec.json.encode(fields), status, media_type="application/json")
