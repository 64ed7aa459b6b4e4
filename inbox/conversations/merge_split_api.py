"""Merging and splitting conversations over HTTP."""

from typing import Annotated

import msgspec
from starlette.routing import BaseRoute

from inbox.conversations.merge import merge_conversation
from inbox.conversations.split import split_off
from inbox.http.call import Answer, BodyCall, Endpoint, resource
from inbox.http.shared import Shared
from inbox.http.values import Id
from store.database import Connection


class MergeBody(msgspec.Struct, forbid_unknown_fields=True):
    into_id: Id


class MergedConversation(msgspec.Struct):
    """The conversation that has the messages now; `merged_id` leads to it from now on."""

    conversation_id: str
    version: int
    merged_id: str
    moved: int


class SplitBody(msgspec.Struct, forbid_unknown_fields=True):
    from_seq: Annotated[int, msgspec.Meta(ge=2, le=2**31 - 1)]


class SplitConversation(msgspec.Struct):
    """The new conversation, and the one that its messages came from."""

    conversation_id: str
    version: int
    from_id: str
    from_version: int
    moved: int


def structure_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes that merge and split."""
    merge = Endpoint(
        "merge_conversation",
        "conversations:write",
        _merge,
        noun="conversation",
        body=MergeBody,
        response=MergedConversation,
        takes_idempotency_key=True,
    )
    split = Endpoint(
        "split_conversation",
        "conversations:write",
        _split,
        noun="conversation",
        body=SplitBody,
        response=SplitConversation,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/conversations/{id}/merge", {"POST": merge}),
        resource(shared, "/conversations/{id}/split", {"POST": split}),
    ]


async def _merge(conn: Connection, call: BodyCall[MergeBody]) -> Answer:
    merged = await merge_conversation(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        from_id=call.id,
        into_id=call.body.into_id,
        version=call.if_match(),
    )
    return Answer(
        value=MergedConversation(
            conversation_id=merged.into_id,
            version=merged.version,
            merged_id=call.id,
            moved=merged.moved,
        )
    )


async def _split(conn: Connection, call: BodyCall[SplitBody]) -> Answer:
    split = await split_off(
        conn,
        call.actor,
        new_ids=(call.shared.new_id(), call.shared.new_id()),
        named=call.id,
        from_seq=call.body.from_seq,
        version=call.if_match(),
    )
    value = SplitConversation(
        conversation_id=split.id,
        version=split.version,
        from_id=split.from_id,
        from_version=split.from_version,
        moved=split.moved,
    )
    return Answer(value=value, status=201, headers={"Location": f"/api/conversations/{split.id}"})
