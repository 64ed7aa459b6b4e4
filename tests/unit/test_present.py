"""Rows become the JSON that the contract describes; tests/http holds it against the contract."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from inbox.conversations.present import (
    Conversation,
    Match,
    present_conversations,
    present_messages,
)
from inbox.http.paging import Listing, Page
from inbox.http.times import present_time
from store.conversation_rows import ListedConversation, ListedParticipant
from store.message_listing import ListedAttachment, ListedMessage, ListedRecipient

AT = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
CONVERSATION = ListedConversation(
    id="c1",
    channel_id="ch1",
    channel_kind="sms",
    channel_name="Support",
    own_address="+14155550199",
    subject=None,
    status="open",
    assignee_id=None,
    assignee_name=None,
    snoozed_until=None,
    tags=["vip"],
    message_count=2,
    inbound_count=1,
    last_seq=2,
    last_activity_at=AT,
    last_message_id="m2",
    last_message_seq=2,
    last_message_sent_at=AT - timedelta(days=1),
    last_message_direction="outbound",
    last_message_status="sent",
    last_message_preview="Bye",
    waiting_since=None,
    unread=None,
    unread_count=None,
    created_at=AT,
    closed_at=None,
    version=3,
)
MESSAGE = ListedMessage(
    id="m1",
    conversation_id="c1",
    channel_id="ch1",
    seq=1,
    direction="inbound",
    kind="sms",
    status="received",
    agent_id=None,
    agent_name=None,
    failure_code=None,
    failure=None,
    from_kind="phone",
    from_address="+14155550123",
    from_name=None,
    from_contact_id="p1",
    subject=None,
    body_bytes=2,
    body="\U0001f600 <b>",
    body_format="text",
    provider_message_id="SM1",
    sent_at=AT,
    received_at=AT,
    created_at=AT,
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (AT, "2024-11-01T14:00:00.000000Z"),
        (AT.replace(microsecond=120_000), "2024-11-01T14:00:00.120000Z"),
        (AT.astimezone(timezone(timedelta(hours=-7))), "2024-11-01T14:00:00.000000Z"),
        (datetime(33, 4, 3, 12, 0, tzinfo=UTC), "0033-04-03T12:00:00.000000Z"),
    ],
)
def test_times_are_utc_with_six_decimals(at: datetime, expected: str) -> None:
    assert present_time(at) == expected


def test_a_conversation_shows_who_else_takes_part() -> None:
    participants = [
        ListedParticipant(
            conversation_id="c1",
            kind="phone",
            address="+14155550123",
            role="other",
            contact_id="p1",
            contact_name=None,
        ),
        ListedParticipant(
            conversation_id="c2",
            kind="handle",
            address="ACME",
            role="other",
            contact_id=None,
            contact_name=None,
        ),
    ]
    rows = [replace(CONVERSATION, id="c2"), CONVERSATION, replace(CONVERSATION, id="c3")]
    second, first, third = _read(*present_conversations(rows, participants))
    assert first["participants"] == [
        {
            "kind": "phone",
            "address": "+14155550123",
            "role": "other",
            "contact": {"id": "p1", "name": None},
        }
    ]
    assert second["participants"][0]["contact"] is None
    assert third["participants"] == []
    assert first["channel"] == {"id": "ch1", "kind": "sms", "name": "Support"}
    assert first["last_message"] == {
        "id": "m2",
        "seq": 2,
        "direction": "outbound",
        "status": "sent",
        "preview": "Bye",
        "sent_at": "2024-10-31T14:00:00.000000Z",
    }


def test_a_closed_conversation_says_when() -> None:
    (closed,) = _read(
        *present_conversations([replace(CONVERSATION, status="closed", closed_at=AT)], [])
    )
    assert (closed["status"], closed["closed_at"]) == ("closed", "2024-11-01T14:00:00.000000Z")


def test_what_nobody_in_particular_sees_is_not_unread() -> None:
    (conversation,) = _read(*present_conversations([CONVERSATION], []))
    assert (
        conversation["unread"],
        conversation["unread_count"],
        conversation["unread_count_capped"],
    ) == (False, 0, False)
    assert (conversation["needs_reply"], conversation["waiting_since"], conversation["match"]) == (
        False,
        None,
        None,
    )
    assert (conversation["assignee"], conversation["tags"]) == (None, ["vip"])


@pytest.mark.parametrize(
    ("unread", "count", "expected"),
    [
        (True, 3, (True, 3, False)),
        (True, 99, (True, 99, False)),
        (True, 100, (True, 99, True)),
        (True, 0, (True, 1, False)),
        (False, 0, (False, 0, False)),
    ],
)
def test_unread_messages_are_counted_up_to_99(
    unread: bool, count: int, expected: tuple[bool, int, bool]
) -> None:
    row = replace(CONVERSATION, unread=unread, unread_count=count)
    (conversation,) = _read(*present_conversations([row], []))
    assert (
        conversation["unread"],
        conversation["unread_count"],
        conversation["unread_count_capped"],
    ) == expected


@pytest.mark.parametrize(("status", "needs_reply"), [("open", True), ("spam", False)])
def test_somebody_who_waits_needs_a_reply_while_it_is_worked_on(
    status: Any, needs_reply: bool
) -> None:
    row = replace(
        CONVERSATION, status=status, waiting_since=AT, assignee_id="a", assignee_name="Zoe"
    )
    (conversation,) = _read(*present_conversations([row], []))
    assert conversation["needs_reply"] is needs_reply
    assert conversation["waiting_since"] == "2024-11-01T14:00:00.000000Z"
    assert conversation["assignee"] == {"id": "a", "name": "Zoe"}


def test_a_match_is_shown_with_its_conversation() -> None:
    match = Match(message_id="m1", seq=1, snippet="Hello", highlights=[(0, 5)])
    rows = [CONVERSATION, replace(CONVERSATION, id="c2")]
    first, second = _read(*present_conversations(rows, [], {"c1": match}))
    assert first["match"] == {
        "message_id": "m1",
        "seq": 1,
        "snippet": "Hello",
        "highlights": [[0, 5]],
    }
    assert second["match"] is None


def test_a_message_says_who_wrote_it_and_why_it_failed() -> None:
    row = replace(
        MESSAGE, agent_id="a", agent_name="Zoe", failure="The number is wrong", failure_code="21211"
    )
    (message,) = _read(*present_messages([row], [], [], {}))
    assert message["agent"] == {"id": "a", "name": "Zoe"}
    assert message["failure"] == {"code": "21211", "reason": "The number is wrong"}


def test_a_message_shows_its_recipients_by_role_and_what_it_carries() -> None:
    recipients = [
        ListedRecipient(
            message_id="m1", role=role, kind="email", address=f"{role}@x.example", contact_id=None
        )
        for role in ("bcc", "cc", "to")
    ]
    attachments = [
        ListedAttachment(
            message_id="m1",
            position=position,
            url=f"https://x.example/{position}",
            content_type="image/png",
            filename=None,
            size_bytes=1,
        )
        for position in (1, 2)
    ]
    rows = [MESSAGE, replace(MESSAGE, id="m2")]
    first, second = _read(*present_messages(rows, recipients, attachments, {}))
    assert {role: first[role] for role in ("to", "cc", "bcc")} == {
        role: [{"kind": "email", "address": f"{role}@x.example", "contact_id": None}]
        for role in ("to", "cc", "bcc")
    }
    assert [attachment["position"] for attachment in first["attachments"]] == [1, 2]
    assert first["from"] == {
        "kind": "phone",
        "address": "+14155550123",
        "name": None,
        "contact_id": "p1",
    }
    assert first["body"] == MESSAGE.body
    assert (second["to"], second["cc"], second["bcc"], second["attachments"]) == ([], [], [], [])


def test_a_list_says_where_it_goes_on() -> None:
    page = Page(limit=50, has_more=True, next_cursor="abc")
    listing = Listing[Conversation](present_conversations([CONVERSATION], []), page)
    (written,) = _read(listing)
    assert written["page"] == {"limit": 50, "has_more": True, "next_cursor": "abc"}
    assert [item["id"] for item in written["items"]] == ["c1"]


def _read(*shapes: Any) -> list[Any]:
    return [json.loads(msgspec.json.encode(shape)) for shape in shapes]
