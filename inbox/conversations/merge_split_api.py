"""Merging and splitting conversations over HTTP."""

from typing import Annotated

import msgspec
from starlette.routing import BaseRoute

from inbox.conversations.merge import merge_conversation
from inbox.conversations.split import split_off
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.ids import id_in_body, id_in_path
from inbox.http.shared import Shared
from store.database import Connection


class MergeRequest(msgspec.Struct, forbid_unknown_fields=True):
    into_id: str


class MergedConversation(msgspec.Struct):
    """The conversation that has the messages now; `merged_id` leads to it from now on."""

    conversation_id: str
    version: int
    merged_id: str
    moved: int


class SplitRequest(msgspec.Struct, forbid_unknown_fields=True):
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
    merge = Endpoint(name="merge_conversation", scope="conversations:write", handler=_merge)
    split = Endpoint(name="split_conversation", scope="conversations:write", handler=_split)
    return [
        resource(shared, "/conversations/{id}/merge", {"POST": merge}),
        resource(shared, "/conversations/{id}/split", {"POST": split}),
    ]


async def _merge(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    asked = call.body(MergeRequest)
    merged = await merge_conversation(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        from_id=named,
        into_id=id_in_body(asked.into_id, "into_id"),
        version=call.if_match(),
    )
    return Answer(
        value=MergedConversation(
            conversation_id=merged.into_id,
            version=merged.version,
            merged_id=named,
            moved=merged.moved,
        )
    )


async def _split(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    asked = call.body(SplitRequest)
    split = await split_off(
        conn,
        call.actor,
        new_ids=(call.shared.new_id(), call.shared.new_id()),
        named=named,
        from_seq=asked.from_seq,
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
