"""Keeps the texts that agents send often. Knows no HTTP and nothing of sending."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from domain.actor import Actor
from domain.conversation_change import check_version
from domain.errors import Conflict, FieldError, NotFound, invalid_field, wrong_field
from domain.text import clean_text
from store.audit import AuditEntry, record_audit
from store.canned_replies import (
    StoredCannedReply,
    delete_canned_reply,
    insert_canned_reply,
    lock_canned_reply,
    set_canned_reply,
)
from store.database import Connection
from store.outbox import Change, append_changes

LONGEST_TEXT = 20_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedReplyChange:
    """What is to be changed; None leaves it. `version` is what it must still have."""

    name: str | None = None
    text: str | None = None
    version: int | None = None


async def add_canned_reply(
    conn: Connection, actor: Actor, name: str, text: str, *, new_id: Callable[[], str]
) -> StoredCannedReply:
    """Keep a text under a name.

    Raises: ValidationFailed, Conflict where the name is taken.
    """
    checked_name, checked_text = _name(name), _text(text)
    reply = await insert_canned_reply(
        conn, actor.customer_id, reply_id=new_id(), name=checked_name, text=checked_text
    )
    if reply is None:
        raise _taken()
    await _note(conn, actor, reply.id, reply.version, "canned_reply.created", new_id())
    return reply


async def change_canned_reply(
    conn: Connection,
    actor: Actor,
    reply_id: str,
    change: CannedReplyChange,
    *,
    new_id: Callable[[], str],
) -> StoredCannedReply:
    """Change a name, a text or both.

    Raises: NotFound, VersionMismatch, ValidationFailed, Conflict where the name is taken.
    """
    wanted_name = None if change.name is None else _name(change.name)
    wanted_text = None if change.text is None else _text(change.text)
    held = await lock_canned_reply(conn, actor.customer_id, reply_id)
    if held is None:
        raise _missing()
    check_version(change.version, held.version)
    name, text = wanted_name or held.name, wanted_text or held.text
    if (name, text) == (held.name, held.text):
        return held
    reply = await set_canned_reply(conn, actor.customer_id, reply_id=reply_id, name=name, text=text)
    if reply is None:
        raise _taken()
    await _note(conn, actor, reply.id, reply.version, "canned_reply.changed", new_id())
    return reply


async def remove_canned_reply(
    conn: Connection, actor: Actor, reply_id: str, *, new_id: Callable[[], str]
) -> None:
    """Forget a canned reply.

    Raises: NotFound.
    """
    if not await delete_canned_reply(conn, actor.customer_id, reply_id):
        raise _missing()
    await _note(conn, actor, reply_id, None, "canned_reply.removed", new_id())


async def _note(
    conn: Connection,
    actor: Actor,
    reply_id: str,
    version: int | None,
    action: str,
    entry_id: str,
) -> None:
    await record_audit(conn, actor, [AuditEntry(id=entry_id, action=action, object_id=reply_id)])
    change = Change(type="canned_replies.updated", object_id=reply_id, version=version)
    await append_changes(conn, actor.customer_id, [change])


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise invalid_field("name", "invalid", "1 to 64 of a-z, 0-9 and -, not beginning with -")
    return name


def _text(text: str) -> str:
    cleaned = clean_text(text)
    if not cleaned.strip() or len(cleaned) > LONGEST_TEXT:
        raise wrong_field("text", "invalid", f"text must have 1 to {LONGEST_TEXT} characters")
    return cleaned


def _taken() -> Conflict:
    detail = "another canned reply has this name"
    return Conflict(
        detail, (FieldError(location="body", name="name", code="taken", detail=detail),)
    )


def _missing() -> NotFound:
    return NotFound("there is no such canned reply")
