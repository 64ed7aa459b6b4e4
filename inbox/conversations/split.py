"""Makes the later messages of a conversation one of their own, because an agent says so.

The new conversation has the key that its first message would have had alone: of texts the next
generation, so that new ones come to it; of mails its own, so that answers to it follow.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, islice

from domain.actor import Actor
from domain.conversation import email_key_hash, sms_key_hash
from domain.errors import NotFound, VersionMismatch, invalid_field
from domain.identity import conversation_id
from store.audit import AuditEntry, record_audit
from store.current_conversations import (
    PlaceKey,
    find_current,
    retire_conversations,
    retire_redirects,
)
from store.database import Connection
from store.merge_split import (
    HeldConversation,
    hold_wherever,
    renew_conversations,
    touch_conversation,
)
from store.outbox import Change, append_changes
from store.splits import Split, SplitMessage, find_split_message, find_taken_ids, split_conversation

_GENERATIONS_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOff:
    """What a split left: the old conversation and the new one, each with its version."""

    id: str
    version: int
    from_id: str
    from_version: int
    moved: int


async def split_off(
    conn: Connection,
    actor: Actor,
    *,
    new_ids: tuple[str, str],
    named: str,
    from_seq: int,
    version: int | None = None,
) -> SplitOff:
    """Move the message with a seq, and all later ones, to a new conversation.

    `new_ids` are for the record and the audit; `version` is what the conversation must still have.

    Raises: NotFound, ValidationFailed, VersionMismatch.
    """
    customer_id = actor.customer_id
    held = (await hold_wherever(conn, customer_id, [named])).get(named)
    if held is None:
        raise NotFound("there is no such conversation")
    if version is not None and held.version != version:
        raise VersionMismatch("the conversation has another version by now")
    first = await find_split_message(conn, customer_id, held.id, from_seq)
    if first is None or from_seq < 2:
        expected = "the seq of a message of the conversation other than the first"
        raise invalid_field("from_seq", "out_of_range", expected)
    key = PlaceKey(customer_id, held.channel_id, _key_hash(held, first))
    into_id, generation = await _free_id(conn, key)
    split = Split(
        customer_id=customer_id,
        id=new_ids[0],
        from_id=held.id,
        from_seq=from_seq,
        into_id=into_id,
        key_hash=key.key_hash,
        generation=generation,
        is_current=await _take_over(conn, key, held),
        message_id=first.id,
        subject=first.subject,
        sent_at=first.sent_at,
        agent_id=actor.agent_id,
    )
    moved = await split_conversation(conn, split)
    await renew_conversations(conn, customer_id, [held.id, into_id])
    return await _tell(conn, actor, new_ids[1], split, moved)


async def _tell(
    conn: Connection, actor: Actor, entry_id: str, split: Split, moved: int
) -> SplitOff:
    from_version = await touch_conversation(conn, actor.customer_id, split.from_id)
    entry = AuditEntry(
        id=entry_id,
        action="conversation.split",
        conversation_id=split.from_id,
        object_id=split.into_id,
        detail={"from_seq": split.from_seq, "moved": moved},
    )
    await record_audit(conn, actor, [entry])
    changes = [
        Change(
            type="conversation.split",
            conversation_id=split.from_id,
            object_id=split.into_id,
            version=from_version,
        ),
        Change(type="conversation.created", conversation_id=split.into_id, version=1),
        Change(type="conversation.updated", conversation_id=split.from_id, version=from_version),
    ]
    await append_changes(conn, actor.customer_id, changes)
    return SplitOff(
        id=split.into_id,
        version=1,
        from_id=split.from_id,
        from_version=from_version,
        moved=moved,
    )


def _key_hash(held: HeldConversation, first: SplitMessage) -> str:
    if held.channel_kind == "sms":
        return sms_key_hash(first.others, first.further_own)
    return email_key_hash(first.dedup_key or f"message:{first.id}")


async def _free_id(conn: Connection, key: PlaceKey) -> tuple[str, int]:
    """Find the first generation of a key that there never was."""
    generations = count(1)
    while True:
        named = dict(_ids(key, islice(generations, _GENERATIONS_AT_ONCE)))
        taken = await find_taken_ids(conn, key.customer_id, named)
        free = [
            (generation, conversation)
            for conversation, generation in named.items()
            if conversation not in taken
        ]
        if free:
            generation, found = min(free)
            return found, generation


def _ids(key: PlaceKey, generations: Iterable[int]) -> Iterable[tuple[str, int]]:
    for generation in generations:
        named = conversation_id(key.customer_id, key.channel_id, key.key_hash, generation)
        yield named, generation


async def _take_over(conn: Connection, key: PlaceKey, held: HeldConversation) -> bool:
    """Let new messages of the key come to the new conversation, if they came to the old one."""
    current = (await find_current(conn, [key])).get(key)
    if current is None:
        return True
    if current.id != held.id:
        return False
    if current.merged_id is not None:
        await retire_redirects(conn, [(key.customer_id, current.merged_id)])
    else:
        await retire_conversations(conn, [(key.customer_id, held.id)])
    return True
