"""What the actions answer has the fields that the contract names, in its order."""

import msgspec
import pytest
from contract import document

from domain.agent import ROLES
from domain.api_key import SCOPES
from inbox.api import agents, audit, canned_replies, channels, conversation_actions, keys, notes
from inbox.api import tags as tags_api


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (agents.ListedAgent, "ListedAgent"),
        (agents.Me, "Me"),
        (agents.OwnKey, "OwnKey"),
        (audit.AuditItem, "AuditItem"),
        (canned_replies.CannedReply, "CannedReply"),
        (channels.ListedChannel, "ListedChannel"),
        (conversation_actions.HistoryEntry, "HistoryEntry"),
        (conversation_actions.ReadMark, "ReadMark"),
        (keys.Key, "Key"),
        (keys.NewKey, "NewKey"),
        (notes.Note, "Note"),
        (tags_api.Tag, "Tag"),
    ],
)
def test_an_answer_has_the_fields_of_its_schema(shape: type, schema: str) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    described = document()["components"]["schemas"][schema]
    assert names == list(described["properties"]) == described["required"]


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (agents.AgentRequest, "AgentBody"),
        (agents.AgentPatch, "AgentChangeBody"),
        (canned_replies.CannedReplyRequest, "CannedReplyBody"),
        (canned_replies.CannedReplyPatch, "CannedReplyChangeBody"),
        (conversation_actions.ConversationChange, "ConversationChangeBody"),
        (conversation_actions.ReadRequest, "ReadBody"),
        (conversation_actions.UnreadRequest, "UnreadBody"),
        (keys.KeyRequest, "KeyBody"),
        (notes.NoteRequest, "NoteBody"),
    ],
)
def test_a_request_has_the_fields_of_its_schema(shape: type, schema: str) -> None:
    fields = msgspec.structs.fields(shape)
    described = document()["components"]["schemas"][schema]
    assert [field.encode_name for field in fields] == list(described["properties"])
    assert [field.encode_name for field in fields if field.required] == described.get(
        "required", []
    )


def test_roles_and_scopes_are_those_of_the_code() -> None:
    schemas = document()["components"]["schemas"]
    assert tuple(schemas["Role"]["enum"]) == ROLES
    assert tuple(schemas["Scope"]["enum"]) == SCOPES
