"""Rows become the JSON that the contract describes; tests/http holds it against the contract."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from inbox.present import (
    Conversation,
    Listing,
    Page,
    present_conversations,
    present_messages,
    present_time,
    write_json,
)
from store.inbox import (
    ListedAttachment,
    ListedConversation,
    ListedMessage,
    ListedParticipant,
    ListedRecipient,
)

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
    message_count=2,
    inbound_count=1,
    last_seq=2,
    last_activity_at=AT,
    last_message_id="m2",
    last_message_direction="outbound",
    last_message_preview="Bye",
    created_at=AT,
    closed_at=None,
    version=3,
)
MESSAGE = ListedMessage(
    id="m1",
    conversation_id="c1",
    seq=1,
    direction="inbound",
    kind="sms",
    status="received",
    from_kind="phone",
    from_address="+14155550123",
    from_name=None,
    from_contact_id="p1",
    subject=None,
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
        "direction": "outbound",
        "preview": "Bye",
        "sent_at": first["last_activity_at"],
    }


def test_a_closed_conversation_says_when() -> None:
    (closed,) = _read(
        *present_conversations([replace(CONVERSATION, status="closed", closed_at=AT)], [])
    )
    assert (closed["status"], closed["closed_at"]) == ("closed", "2024-11-01T14:00:00.000000Z")


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
    first, second = _read(*present_messages(rows, recipients, attachments))
    assert {role: first[role] for role in ("to", "cc", "bcc")} == {
        role: [{"kind": "email", "address": f"{role}@x.example", "contact_id": None}]
        for role in ("to", "cc", "bcc")
    }
    assert [one["position"] for one in first["attachments"]] == [1, 2]
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
    return [json.loads(write_json(shape)) for shape in shapes]
