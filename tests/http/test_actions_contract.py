"""What the actions answer has the fields that the contract names, in its order."""

import msgspec
import pytest
from contract import document

from domain.agent import ROLES
from domain.api_key import SCOPES
from inbox.conversations import change_api as conversation_actions
from inbox.operations import audit_api as audit
from inbox.settings import agents_api as agents
from inbox.settings import channels_api as channels
from inbox.settings import keys_api as keys
from inbox.settings import tags_api
from inbox.writing import canned_replies_api as canned_replies
from inbox.writing import notes_api as notes


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
