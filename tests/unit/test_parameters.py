"""Query parameters are read strictly and alike, whichever list they belong to."""

from collections.abc import Callable, Sequence

import pytest

from domain.errors import UnknownParameter, ValidationFailed
from inbox.conversations.queries import parse_conversation_query, parse_message_query
from inbox.http.list_query import (
    parse_audit_query,
    parse_contact_query,
    parse_list_query,
    parse_ordered_query,
)
from inbox.live.query import parse_changes_query, parse_stream_query

Parse = Callable[[Sequence[tuple[str, str]]], object]

_LISTS: tuple[Parse, ...] = (
    parse_audit_query,
    parse_changes_query,
    parse_contact_query,
    parse_conversation_query,
    parse_list_query,
    parse_message_query,
    parse_ordered_query,
)


@pytest.mark.parametrize("parse", [*_LISTS, parse_stream_query])
def test_an_unknown_parameter_is_named(parse: Parse) -> None:
    with pytest.raises(UnknownParameter) as refused:
        parse([("aftr", "now")])
    assert [(one.name, one.code) for one in refused.value.errors] == [("aftr", "unknown_parameter")]


@pytest.mark.parametrize("parse", _LISTS)
@pytest.mark.parametrize(
    ("text", "code"),
    [("", "not_a_number"), ("1.0", "not_a_number"), ("٣", "not_a_number"), ("0", "out_of_range"),
     ("501", "out_of_range"), ("9" * 5000, "out_of_range")],
)  # fmt: skip
def test_a_limit_is_a_number_within_bounds(parse: Parse, text: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        parse([("limit", text)])
    assert [(one.name, one.code) for one in refused.value.errors] == [("limit", code)]


@pytest.mark.parametrize("parse", _LISTS)
def test_a_parameter_may_be_given_once(parse: Parse) -> None:
    with pytest.raises(ValidationFailed) as refused:
        parse([("limit", "5"), ("limit", "5")])
    assert [(one.name, one.code) for one in refused.value.errors] == [("limit", "repeated")]


def test_every_part_at_fault_is_named_at_once() -> None:
    with pytest.raises(ValidationFailed) as refused:
        parse_audit_query([("agent_id", "x"), ("after", "yesterday"), ("limit", "0")])
    found = {(one.name, one.code) for one in refused.value.errors}
    assert found == {
        ("agent_id", "not_a_uuid"), ("after", "not_a_time"), ("limit", "out_of_range")
    }  # fmt: skip


def test_the_contact_list_says_that_it_knows_addresses() -> None:
    with pytest.raises(UnknownParameter, match="known: address, limit, cursor"):
        parse_contact_query([("adress", "+14155550101")])


def test_a_tag_is_looked_for_as_it_is_kept() -> None:
    decomposed = parse_conversation_query([("tag", "Cafe\u0301")])
    assert decomposed.wanted.tags == ("café",)
