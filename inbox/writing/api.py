"""Writing over HTTP: replies, new texts and e-mails, taking one back, trying one again.

Each answers with the message as it is now; sending happens later.
"""

import msgspec
from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.conversations.present import Message
from inbox.conversations.reading import show_messages
from inbox.http.call import Answer, B, BodyCall, Call, Endpoint, PlainCall, resource
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.values import Id
from inbox.writing.cancel_retry import cancel, retry
from inbox.writing.reply import Desk, Written, reply, start_mail, start_text
from store.database import Connection


class ReplyBody(msgspec.Struct, forbid_unknown_fields=True):
    body: str
    subject: str | None = None
    attachment_ids: list[Id] = []
    undo_seconds: int = 0


class SmsBody(msgspec.Struct, forbid_unknown_fields=True):
    channel_id: Id
    to: str
    body: str
    attachment_ids: list[Id] = []
    own_address: str | None = None
    undo_seconds: int = 0


class EmailBody(msgspec.Struct, forbid_unknown_fields=True):
    channel_id: Id
    to: list[str]
    subject: str
    body: str
    cc: list[str] = []
    own_address: str | None = None
    attachment_ids: list[Id] = []
    undo_seconds: int = 0


def reply_endpoint() -> Endpoint[Query, ReplyBody]:
    """Make the POST of a conversation's messages; its GET is the reading side's."""
    return Endpoint(
        "reply",
        "messages:write",
        _reply,
        noun="conversation",
        body=ReplyBody,
        response=Message,
        takes_idempotency_key=True,
    )


def message_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes that write messages, but for the reply."""
    text = Endpoint(
        "send_sms",
        "messages:write",
        _send_sms,
        body=SmsBody,
        response=Message,
        takes_idempotency_key=True,
    )
    mail = Endpoint(
        "send_email",
        "messages:write",
        _send_email,
        body=EmailBody,
        response=Message,
        takes_idempotency_key=True,
    )
    canceling = Endpoint(
        "cancel_message",
        "messages:write",
        _cancel,
        noun="message of ours",
        response=Message,
        takes_idempotency_key=True,
    )
    retrying = Endpoint(
        "retry_message",
        "messages:write",
        _retry,
        noun="message of ours",
        response=Message,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/messages/sms", {"POST": text}),
        resource(shared, "/messages/email", {"POST": mail}),
        resource(shared, "/messages/{id}/cancel", {"POST": canceling}),
        resource(shared, "/messages/{id}/retry", {"POST": retrying}),
    ]


async def _reply(conn: Connection, call: BodyCall[ReplyBody]) -> Answer:
    body = call.body
    written = Written(
        body=body.body,
        subject=body.subject,
        undo_seconds=body.undo_seconds,
        attachment_ids=body.attachment_ids,
    )
    queued = await reply(conn, call.actor, _desk(call), call.id, written)
    return await _show(conn, call, queued.message_id, status=202)


async def _send_sms(conn: Connection, call: BodyCall[SmsBody]) -> Answer:
    body = call.body
    written = Written(
        body=body.body,
        undo_seconds=body.undo_seconds,
        own_address=body.own_address,
        attachment_ids=body.attachment_ids,
    )
    queued = await start_text(conn, call.actor, _desk(call), body.channel_id, body.to, written)
    return await _show(conn, call, queued.message_id, status=202)


async def _send_email(conn: Connection, call: BodyCall[EmailBody]) -> Answer:
    body = call.body
    written = Written(
        body=body.body,
        subject=body.subject,
        undo_seconds=body.undo_seconds,
        own_address=body.own_address,
        attachment_ids=body.attachment_ids,
    )
    queued = await start_mail(
        conn, call.actor, _desk(call), body.channel_id, body.to, body.cc, written
    )
    return await _show(conn, call, queued.message_id, status=202)


async def _cancel(conn: Connection, call: PlainCall) -> Answer:
    await cancel(conn, call.actor, _desk(call), call.id)
    return await _show(conn, call, call.id)


async def _retry(conn: Connection, call: PlainCall) -> Answer:
    await retry(conn, call.actor, _desk(call), call.id)
    return await _show(conn, call, call.id, status=202)


def _desk(call: Call[Query, B]) -> Desk:
    return Desk(now=call.shared.clock(), new_id=call.shared.new_id)


async def _show(
    conn: Connection, call: Call[Query, B], message_id: str, *, status: int = 200
) -> Answer:
    found = await show_messages(conn, call.actor.customer_id, [message_id])
    if not found:
        raise NotFound("there is no such message of ours")
    return Answer(value=found[0], status=status)
