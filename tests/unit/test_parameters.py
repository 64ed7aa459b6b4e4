"""Query parameters are read strictly and alike, whichever list they belong to."""

import pytest

from domain.errors import UnknownParameter, ValidationFailed
from inbox.contacts.api import ContactQuery
from inbox.conversations.queries import ConversationQuery, MessageQuery
from inbox.http.paging import ListQuery, OrderedQuery
from inbox.http.query import Query, read_query
from inbox.live.changes_api import ChangesQuery
from inbox.live.stream import StreamQuery
from inbox.operations.audit_api import AuditQuery
from inbox.operations.dead_letters_api import DeadLetterQuery
from inbox.operations.events_api import EventQuery
from inbox.operations.jobs_api import JobQuery
from inbox.operations.quarantine_api import QuarantineQuery

_LISTS: tuple[type[Query], ...] = (
    AuditQuery,
    ChangesQuery,
    ContactQuery,
    ConversationQuery,
    DeadLetterQuery,
    EventQuery,
    JobQuery,
    ListQuery,
    MessageQuery,
    OrderedQuery,
    QuarantineQuery,
)


@pytest.mark.parametrize("shape", [*_LISTS, StreamQuery])
def test_an_unknown_parameter_is_named(shape: type[Query]) -> None:
    with pytest.raises(UnknownParameter) as refused:
        read_query([("aftr", "now")], shape)
    assert [(error.name, error.code) for error in refused.value.errors] == [
        ("aftr", "unknown_parameter")
    ]


@pytest.mark.parametrize("shape", _LISTS)
@pytest.mark.parametrize(
    ("text", "code"),
    [("", "not_a_number"), ("1.0", "not_a_number"), ("٣", "not_a_number"), ("0", "out_of_range"),
     ("501", "out_of_range"), ("9" * 5000, "out_of_range")],
)  # fmt: skip
def test_a_limit_is_a_number_within_bounds(shape: type[Query], text: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_query([("limit", text)], shape)
    assert [(error.name, error.code) for error in refused.value.errors] == [("limit", code)]


@pytest.mark.parametrize("shape", _LISTS)
def test_a_parameter_may_be_given_once(shape: type[Query]) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_query([("limit", "5"), ("limit", "5")], shape)
    assert [(error.name, error.code) for error in refused.value.errors] == [("limit", "repeated")]


def test_every_part_at_fault_is_named_at_once() -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_query([("agent_id", "x"), ("after", "yesterday"), ("limit", "0")], AuditQuery)
    found = {(error.name, error.code) for error in refused.value.errors}
    assert found == {
        ("agent_id", "not_a_uuid"), ("after", "not_a_time"), ("limit", "out_of_range")
    }  # fmt: skip


def test_the_contact_list_says_that_it_knows_addresses() -> None:
    with pytest.raises(UnknownParameter, match="known: address, limit, cursor"):
        read_query([("adress", "+14155550101")], ContactQuery)


def test_a_tag_is_looked_for_as_it_is_kept() -> None:
    decomposed = read_query([("tag", "Cafe\u0301")], ConversationQuery)
    assert decomposed.tag == ("café",)
