"""Writing over HTTP: replies, new texts and e-mails, taking one back, trying one again.

Each answers with the message as it is now; sending happens later.
"""

import msgspec
from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.conversations.present import Message
from inbox.conversations.reading import show_messages
from inbox.http.call import Answer, Call, Endpoint, Handler, resource
from inbox.http.ids import id_in_body, id_in_path
from inbox.http.shared import Shared
from inbox.writing.cancel_retry import cancel, retry
from inbox.writing.reply import Desk, Queued, Written, reply, start_mail, start_text
from store.database import Connection


class ReplyRequest(msgspec.Struct, forbid_unknown_fields=True):
    body: str
    subject: str | None = None
    undo_seconds: int = 0


class TextRequest(msgspec.Struct, forbid_unknown_fields=True):
    channel_id: str
    to: str
    body: str
    undo_seconds: int = 0


class MailRequest(msgspec.Struct, forbid_unknown_fields=True):
    channel_id: str
    to: list[str]
    subject: str
    body: str
    cc: list[str] = []
    undo_seconds: int = 0


def reply_endpoint() -> Endpoint:
    """Make the POST of a conversation's messages; its GET is the reading side's."""
    return Endpoint(name="reply", scope="messages:write", handler=_reply)


def message_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes that write messages, but for the reply."""
    return [
        _post(shared, "/messages/sms", "send_sms", _send_sms),
        _post(shared, "/messages/email", "send_email", _send_email),
        _post(shared, "/messages/{id}/cancel", "cancel_message", _cancel),
        _post(shared, "/messages/{id}/retry", "retry_message", _retry),
    ]


def _post(shared: Shared, path: str, name: str, handler: Handler) -> BaseRoute:
    endpoint = Endpoint(name=name, scope="messages:write", handler=handler)
    return resource(shared, path, {"POST": endpoint})


async def _reply(conn: Connection, call: Call) -> Answer:
    conversation = id_in_path(call, "conversation")
    asked = call.body(ReplyRequest)
    written = Written(body=asked.body, subject=asked.subject, undo_seconds=asked.undo_seconds)
    queued = await reply(conn, call.actor, _desk(call), conversation, written)
    return await _accepted(conn, call, queued)


async def _send_sms(conn: Connection, call: Call) -> Answer:
    asked = call.body(TextRequest)
    channel_id = id_in_body(asked.channel_id, "channel_id")
    written = Written(body=asked.body, undo_seconds=asked.undo_seconds)
    queued = await start_text(conn, call.actor, _desk(call), channel_id, asked.to, written)
    return await _accepted(conn, call, queued)


async def _send_email(conn: Connection, call: Call) -> Answer:
    asked = call.body(MailRequest)
    channel_id = id_in_body(asked.channel_id, "channel_id")
    written = Written(body=asked.body, subject=asked.subject, undo_seconds=asked.undo_seconds)
    desk = _desk(call)
    queued = await start_mail(conn, call.actor, desk, channel_id, asked.to, asked.cc, written)
    return await _accepted(conn, call, queued)


async def _cancel(conn: Connection, call: Call) -> Answer:
    message_id = id_in_path(call, "message of ours")
    await cancel(conn, call.actor, _desk(call), message_id)
    return Answer(value=await _show(conn, call, message_id))


async def _retry(conn: Connection, call: Call) -> Answer:
    message_id = id_in_path(call, "message of ours")
    await retry(conn, call.actor, _desk(call), message_id)
    return Answer(value=await _show(conn, call, message_id), status=202)


def _desk(call: Call) -> Desk:
    return Desk(now=call.shared.clock(), new_id=call.shared.new_id)


async def _accepted(conn: Connection, call: Call, queued: Queued) -> Answer:
    return Answer(value=await _show(conn, call, queued.message_id), status=202)


async def _show(conn: Connection, call: Call, message_id: str) -> Message:
    found = await show_messages(conn, call.actor.customer_id, [message_id])
    if not found:
        raise NotFound("there is no such message of ours")
    return found[0]
