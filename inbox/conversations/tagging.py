"""Puts tags on conversations and takes them off, by name and as often as one likes."""

from domain.actor import Actor
from domain.errors import Conflict, FieldError, NotFound, ValidationFailed
from domain.tag import LONGEST_TAG, read_tag
from store.audit import AuditEntry, record_audit
from store.conversation_changes import lock_handling
from store.database import Connection
from store.outbox import Change, append_changes
from store.tags import MOST_TAGS, bump_version, delete_tag, has_tag, insert_tag


async def add_tag(
    conn: Connection, actor: Actor, conversation_id: str, text: str, *, entry_id: str
) -> str:
    """Put a tag on a conversation and return the id that it has now.

    Raises: ValidationFailed, NotFound, Conflict where it has too many.
    """
    tag = _tag(text)
    held = await _lock(conn, actor, conversation_id)
    if await has_tag(conn, actor.customer_id, held, tag):
        return held
    if not await insert_tag(conn, actor.customer_id, held, tag):
        raise Conflict(f"a conversation has at most {MOST_TAGS} tags: take one off first")
    await _note(conn, actor, held, tag, "conversation.tagged", entry_id)
    return held


async def remove_tag(
    conn: Connection, actor: Actor, conversation_id: str, text: str, *, entry_id: str
) -> str:
    """Take a tag off a conversation and return the id that it has now.

    Raises: ValidationFailed, NotFound.
    """
    tag = _tag(text)
    held = await _lock(conn, actor, conversation_id)
    if await delete_tag(conn, actor.customer_id, held, tag):
        await _note(conn, actor, held, tag, "conversation.untagged", entry_id)
    return held


def _tag(text: str) -> str:
    tag = read_tag(text)
    if tag is None:
        detail = (
            f"a tag is 1 to {LONGEST_TAG} characters without white space, comma or slash, "
            "not beginning with a dot"
        )
        raise ValidationFailed(
            detail, (FieldError(location="path", name="tag", code="not_a_tag", detail=detail),)
        )
    return tag


async def _lock(conn: Connection, actor: Actor, conversation_id: str) -> str:
    held = await lock_handling(conn, actor.customer_id, conversation_id)
    if held is None:
        raise NotFound("there is no such conversation")
    return held.id


async def _note(
    conn: Connection, actor: Actor, conversation_id: str, tag: str, action: str, entry_id: str
) -> None:
    """Bump the version of a conversation whose tags changed, and tell of it."""
    version = await bump_version(conn, actor.customer_id, conversation_id)
    entry = AuditEntry(
        id=entry_id, action=action, conversation_id=conversation_id, detail={"tag": tag}
    )
    await record_audit(conn, actor, [entry])
    change = Change(type="conversation.updated", conversation_id=conversation_id, version=version)
    await append_changes(conn, actor.customer_id, [change])
