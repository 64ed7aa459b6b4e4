"""Query strings are read strictly, and every part at fault is named."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.address import Address
from domain.errors import UnknownParameter, ValidationFailed
from inbox.conversations.queries import (
    AllMessagesQuery,
    ConversationQuery,
    CountQuery,
    MessageQuery,
    conversation_filter,
)
from inbox.http.query import Query, read_query
from inbox.http.values import parse_id
from store.conversation_filter import ConversationFilter

ID = "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11"
TIME = datetime(2024, 11, 1, 14, tzinfo=UTC)


AGENT = "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d12"


def read(name: str, value: str) -> ConversationFilter:
    return filter_of([(name, value)], AGENT)


def filter_of(pairs: list[tuple[str, str]], agent_id: str | None = None) -> ConversationFilter:
    return conversation_filter(read_query(pairs, ConversationQuery), agent_id)


def test_nothing_asked_means_all_by_fifties() -> None:
    query = read_query([], ConversationQuery)
    assert filter_of([]) == ConversationFilter()
    assert (query.limit, query.cursor) == (50, None)
    messages = read_query([], MessageQuery)
    assert (messages.by_seq, messages.limit, messages.cursor) == (None, 50, None)
    read_query([], Query)


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("channel_id", ID, "channel_id", ID),
        ("channel_id", ID.upper(), "channel_id", ID),
        ("channel_kind", "sms", "channel_kind", "sms"),
        ("status", "open", "statuses", ("open",)),
        ("status", "spam,open,spam", "statuses", ("open", "spam")),
        ("assignee", "none", "assignee_id", "none"),
        ("assignee", "me", "assignee_id", AGENT),
        ("assignee", ID.upper(), "assignee_id", ID),
        ("unread", "true", "unread", True),
        ("needs_reply", "false", "needs_reply", False),
        ("tag", "VIP", "tags", ("vip",)),
        ("contact_id", ID, "contact_id", ID),
        ("active_after", "2024-11-01T14:00:00Z", "active_after", TIME),
        ("active_after", "2024-11-01t14:00:00z", "active_after", TIME),
        ("active_after", "2024-11-01T16:00:00+02:00", "active_after", TIME),
        ("active_after", "2024-11-01T14:00:00.000000999Z", "active_after", TIME),
        (
            "active_before",
            "2024-11-01T14:00:00.25Z",
            "active_before",
            TIME.replace(microsecond=250_000),
        ),
    ],
)
def test_values_are_read(name: str, value: str, field: str, expected: Any) -> None:
    assert getattr(read(name, value), field) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+14155550123", [Address("handle", "+14155550123"), Address("phone", "+14155550123")]),
        (" 14155550123", [Address("handle", "14155550123"), Address("phone", "+14155550123")]),
        ("+1 (415) 555-0123", [Address("phone", "+14155550123")]),
        ("Ann@Example.COM", [Address("email", "ann@example.com")]),
        ("ACME", [Address("handle", "ACME")]),
        ("242733", [Address("handle", "242733")]),
        ("4155550123", [Address("handle", "4155550123")]),
    ],
)
def test_an_address_may_mean_several(text: str, expected: list[Address]) -> None:
    readings = read("address", text).addresses
    assert set(expected) <= set(readings)
    assert list(readings) == sorted(readings)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("channel_id", "1", "not_a_uuid"),
        ("channel_id", ID.replace("-", ""), "not_a_uuid"),
        ("channel_id", f"{{{ID}}}", "not_a_uuid"),
        ("channel_id", "", "not_a_uuid"),
        ("channel_kind", "SMS", "unknown_word"),
        ("channel_kind", "", "unknown_word"),
        ("status", "", "unknown_word"),
        ("status", "open,", "unknown_word"),
        ("status", "open, closed", "unknown_word"),
        ("assignee", "nobody", "not_an_assignee"),
        ("unread", "yes", "unknown_word"),
        ("needs_reply", "", "unknown_word"),
        ("tag", "two words", "not_a_tag"),
        ("tag", "", "not_a_tag"),
        ("contact_id", "Ann", "not_a_uuid"),
        ("q", "", "not_a_search"),
        ("q", "?!", "not_a_search"),
        ("q", "x" * 201, "too_long"),
        ("address", "  ", "not_an_address"),
        ("address", "x" * 321, "not_an_address"),
        ("active_after", "2024-11-01", "not_a_time"),
        ("active_after", "2024-11-01T14:00:00", "not_a_time"),
        ("active_after", "2024-11-01T14:00:00 02:00", "not_a_time"),
        ("active_after", "2024-11-01 14:00:00Z", "not_a_time"),
        ("active_after", "2024-13-01T14:00:00Z", "not_a_time"),
        ("active_after", "2024-11-01T24:00:00Z", "not_a_time"),
        ("active_after", "2024-11-01T14:00:00+25:00", "not_a_time"),
        ("active_after", "0001-01-01T00:00:00+01:00", "not_a_time"),
        ("active_after", "9999-12-31T23:59:59-01:00", "not_a_time"),
        ("active_after", "1730469600", "not_a_time"),
        ("active_after", "２０２４-11-01T14:00:00Z", "not_a_time"),
        ("limit", "0", "out_of_range"),
        ("limit", "201", "out_of_range"),
        ("limit", "9" * 5_000, "out_of_range"),
        ("limit", "-1", "not_a_number"),
        ("limit", "1e2", "not_a_number"),
        ("limit", "٥", "not_a_number"),
        ("limit", "", "not_a_number"),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        filter_of([(name, value)], AGENT)
    assert [(error.name, error.code) for error in refused.value.errors] == [(name, code)]


@pytest.mark.parametrize("name", ["channel_id", "channel_kind", "status", "active_after", "limit"])
def test_a_refusal_does_not_repeat_the_value(name: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_query([(name, "zoe@example.com")], ConversationQuery)
    assert "zoe" not in refused.value.detail


def test_every_part_at_fault_is_named() -> None:
    pairs = [("limit", "0"), ("status", "done"), ("status", "open"), ("channel_id", "x")]
    with pytest.raises(ValidationFailed) as refused:
        read_query(pairs, ConversationQuery)
    assert sorted((error.name, error.code) for error in refused.value.errors) == [
        ("channel_id", "not_a_uuid"),
        ("limit", "out_of_range"),
        ("status", "repeated"),
    ]


def test_an_unknown_parameter_is_refused_by_name() -> None:
    with pytest.raises(UnknownParameter, match="'staus'") as refused:
        read_query([("staus", "open"), ("limit", "0")], ConversationQuery)
    assert [error.name for error in refused.value.errors] == ["staus"]
    with pytest.raises(UnknownParameter):
        read_query([("channel_id", ID)], MessageQuery)
    with pytest.raises(UnknownParameter, match="known: none"):
        read_query([("limit", "1")], Query)


def test_a_flood_of_unknown_parameters_is_answered_briefly() -> None:
    with pytest.raises(UnknownParameter) as refused:
        read_query([("x" * 1_000 + str(number), "") for number in range(100)], Query)
    assert len(refused.value.detail) < 400


def test_tags_may_be_repeated_and_all_count() -> None:
    pairs = [("tag", "vip"), ("tag", "billing"), ("tag", "vip")]
    assert filter_of(pairs).tags == ("billing", "vip")
    with pytest.raises(ValidationFailed, match="10 times"):
        read_query([("tag", str(number)) for number in range(11)], ConversationQuery)


@pytest.mark.parametrize(("name", "value"), [("assignee", "me"), ("unread", "true")])
def test_what_is_about_oneself_needs_the_key_of_an_agent(name: str, value: str) -> None:
    with pytest.raises(ValidationFailed, match="speaks for no agent") as refused:
        filter_of([(name, value)])
    assert [error.code for error in refused.value.errors] == ["no_agent"]


def test_a_search_is_read_beside_the_filters() -> None:
    query = read_query([("q", "refund"), ("status", "open")], ConversationQuery)
    assert query.q is not None
    assert [term.words for term in query.q.terms] == [("refund",)]
    assert query.status == ("open",)


def test_views_are_counted_in_the_order_given_and_all_if_none_is() -> None:
    assert read_query([("views", "unread,mine,unread")], CountQuery).views == ("unread", "mine")
    assert len(read_query([], CountQuery).views) == 9
    with pytest.raises(ValidationFailed, match="views must be one of"):
        read_query([("views", "theirs")], CountQuery)


def test_messages_are_asked_for_around_a_number() -> None:
    query = read_query([("around_seq", "17"), ("limit", "20")], MessageQuery)
    assert (query.by_seq, query.limit) == (("around", 17), 20)
    assert read_query([("before_seq", "0")], MessageQuery).by_seq == ("before", 0)
    for pairs in (
        [("before_seq", "1"), ("after_seq", "2")],
        [("order", "oldest"), ("after_seq", "2")],
        [("around_seq", "1"), ("cursor", "c")],
    ):
        with pytest.raises(ValidationFailed, match="cannot be given with"):
            read_query(pairs, MessageQuery)
    with pytest.raises(ValidationFailed, match="after_seq must be a number"):
        read_query([("after_seq", "-1")], MessageQuery)


def test_messages_are_looked_up_by_the_providers_id() -> None:
    query = read_query([("provider_message_id", "SM1")], AllMessagesQuery)
    assert query.provider_message_id == "SM1"
    assert read_query([], AllMessagesQuery).provider_message_id is None
    with pytest.raises(ValidationFailed, match="255"):
        read_query([("provider_message_id", "")], AllMessagesQuery)


def test_messages_are_asked_for_in_either_order() -> None:
    query = read_query([("order", "oldest"), ("limit", "200"), ("cursor", "c")], MessageQuery)
    assert (query.order, query.limit, query.cursor) == ("oldest", 200, "c")
    with pytest.raises(ValidationFailed, match="one of newest, oldest"):
        read_query([("order", "seq")], MessageQuery)


def test_ids_of_paths_are_read_in_either_case() -> None:
    assert parse_id(ID.upper()) == ID
    assert parse_id(ID + "\n") is None
    assert parse_id("42") is None
