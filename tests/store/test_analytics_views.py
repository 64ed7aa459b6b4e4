"""What the views of analysts count: who waited and was answered, what was closed, who did what.

Times are minutes after an hour of our own.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

from conftest import OpenConnection
from psycopg import sql

from domain.identity import derived_uuid
from store.database import Connection

_T0 = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_CHANNEL = derived_uuid("analytics channel")
_AGENT = derived_uuid("analytics agent")

# kind: direction, status, is automatic, is sent from elsewhere
_KINDS = {
    "person": ("inbound", "received", False, True),
    "program": ("inbound", "received", True, True),
    "sent": ("outbound", "sent", False, False),
    "delivered": ("outbound", "delivered", False, False),
    "read": ("outbound", "read", False, False),
    "elsewhere": ("outbound", "sent", False, True),
    "failed": ("outbound", "failed", False, False),
    "canceled": ("outbound", "canceled", False, False),
    "queued": ("outbound", "queued", False, False),
    "unknown": ("outbound", "unknown", False, False),
}
_WENT_OUT = {"sent", "delivered", "read", "elsewhere"}


class Message(NamedTuple):
    minute: int
    kind: str


class Stretch(NamedTuple):
    since: int
    until: int | None
    is_first: bool


def _at(minutes: int) -> datetime:
    return _T0 + timedelta(minutes=minutes)


async def _prepare(conn: Connection) -> None:
    await conn.execute(
        """
        INSERT INTO channels
            (customer_id, id, token, kind, provider, name, own_address, signature_mode)
        VALUES (1, %s, 'a token of the tests', 'sms', 'twilio', 'desk', '+14155550199', 'off')
        """,
        (_CHANNEL,),
    )
    await conn.execute(b"INSERT INTO bodies (customer_id, hash, text) VALUES (1, 1, 'Hello')")
    await conn.execute(
        b"INSERT INTO addresses (customer_id, hash, kind, value, is_validated)"
        b" VALUES (1, 1, 'handle', 'somebody', false)"
    )
    await conn.execute(
        "INSERT INTO agents (customer_id, id, name, role) VALUES (1, %s, 'Kim', 'agent')",
        (_AGENT,),
    )


async def _add(
    conn: Connection, name: str, messages: Sequence[Message], *, status: str = "open"
) -> str:
    """Store a conversation; its messages in the order that they are given."""
    conversation_id, first = derived_uuid("analytics", name), derived_uuid("analytics", name, 1)
    count = len(messages)
    await conn.execute(
        """
        INSERT INTO conversations (
            customer_id, id, channel_id, key_hash, status, closed_at, message_count, inbound_count,
            last_seq, first_message_at, first_message_id, last_activity_at, last_message_id,
            last_message_direction, last_message_preview
        )
        VALUES (1, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s, %s, %s, 'inbound', '')
        """,
        (
            conversation_id, _CHANNEL, conversation_id, status, _T0 if status == "closed" else None,
            count, count, _T0, first, _T0, first,
        ),
    )  # fmt: skip
    async with conn.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO messages (
                customer_id, id, conversation_id, seq, direction, channel_id, kind, status,
                is_automatic, event_id, agent_id, failure_code, from_hash, body_hash, body_format,
                sent_at, received_at
            )
            VALUES (1, %s, %s, %s, %s, %s, 'sms', %s, %s, %s, %s, %s, 1, 1, 'text', %s, %s)
            """,
            [
                _row(name, conversation_id, seq, message)
                for seq, message in enumerate(messages, start=1)
            ],
        )
    return conversation_id


def _row(name: str, conversation_id: str, seq: int, message: Message) -> tuple[object, ...]:
    direction, status, is_automatic, has_event = _KINDS[message.kind]
    row_id = derived_uuid("analytics", name, seq)
    at = _at(message.minute)
    agent_id = None if has_event else _AGENT
    code = "30003" if status == "failed" else None
    event_id = row_id if has_event else None
    return (
        row_id, conversation_id, seq, direction, _CHANNEL, status, is_automatic, event_id, agent_id,
        code, at, at,
    )  # fmt: skip


async def _change(conn: Connection, conversation_id: str, minute: int, **detail: str) -> None:
    action = "conversation.snoozed" if "until" in detail else "conversation.status_changed"
    await conn.execute(
        """
        INSERT INTO audit (customer_id, id, agent_id, action, conversation_id, detail, at)
        SELECT 1, %s, %s, %s, %s, jsonb_object(%s::text[], %s::text[]), %s
        """,
        (
            derived_uuid("analytics change", conversation_id, minute), _AGENT, action,
            conversation_id, [*detail], [*detail.values()], _at(minute),
        ),
    )  # fmt: skip


async def _read(conn: Connection, view: str, columns: str, order: str) -> list[tuple[object, ...]]:
    query = sql.SQL("SELECT {} FROM analytics.{} ORDER BY {}").format(
        *(
            sql.SQL(", ").join(sql.Identifier(name) for name in names.split())
            for names in (columns, view, order)
        )
    )
    return await (await conn.execute(query)).fetchall()


def _stretches(messages: Sequence[Message]) -> Iterator[Stretch]:
    """Go through the messages as they came: an answer at the same minute is an answer."""
    is_first, since = True, None
    for minute, kind in sorted(messages, key=lambda each: (each.minute, each.kind != "person")):
        if kind == "person" and since is None:
            since = minute
        elif kind in _WENT_OUT and since is not None:
            yield Stretch(since, minute, is_first)
            is_first, since = False, None
    if since is not None:
        yield Stretch(since, None, is_first)


async def test_who_waited_is_found_in_every_order_of_messages(
    open_owner_connection: OpenConnection,
) -> None:
    """Every way in which four messages can come, two of them at the same time, stored backwards."""
    kinds = ("person", "program", "sent", "failed")
    expected = dict[str, list[Stretch]]()
    async with open_owner_connection() as conn:
        await _prepare(conn)
        for sequence in product(kinds, repeat=4):
            messages = [Message(*each) for each in zip((0, 1, 1, 2), sequence, strict=True)][::-1]
            conversation_id = await _add(conn, " ".join(sequence), messages)
            expected[conversation_id] = list(_stretches(messages))
        rows = await _read(
            conn, "response_times", "conversation_id waiting_since answered_at is_first",
            "conversation_id waiting_since",
        )  # fmt: skip
    found: dict[str, list[Stretch]] = {conversation_id: [] for conversation_id in expected}
    for conversation_id, since, until, is_first in rows:
        assert isinstance(since, datetime)
        assert until is None or isinstance(until, datetime)
        minutes = None if until is None else (until - _T0) // timedelta(minutes=1)
        stretch = Stretch((since - _T0) // timedelta(minutes=1), minutes, bool(is_first))
        found[str(conversation_id)].append(stretch)
    assert found == expected


async def test_what_went_out_is_an_answer_and_nothing_else(
    open_owner_connection: OpenConnection,
) -> None:
    async with open_owner_connection() as conn:
        await _prepare(conn)
        answers = [kind for kind, (direction, *_) in _KINDS.items() if direction == "outbound"]
        ids = {
            await _add(conn, kind, [Message(0, "person"), Message(3, kind)]): kind
            for kind in answers
        }
        rows = await _read(
            conn, "response_times", "conversation_id response_seconds agent_id channel_name",
            "conversation_id",
        )  # fmt: skip
    assert {ids[str(row[0])]: row[1:] for row in rows} == {
        kind: (
            180.0 if kind in _WENT_OUT else None,
            _AGENT if kind in _WENT_OUT - {"elsewhere"} else None,
            "desk",
        )
        for kind in answers
    }


async def test_a_conversation_is_open_until_it_is_closed_and_again_when_it_is_opened(
    open_owner_connection: OpenConnection,
) -> None:
    closed, opened = {"from": "open", "to": "closed"}, {"from": "closed", "to": "open"}
    async with open_owner_connection() as conn:
        await _prepare(conn)
        written = await _add(
            conn, "written to", [Message(0, "person"), Message(20, "person")], status="closed"
        )
        await _change(conn, written, 10, **closed)
        await _change(conn, written, 30, **closed)
        reopened = await _add(conn, "opened", [Message(1, "person"), Message(20, "person")])
        await _change(conn, reopened, 10, **closed)
        await _change(conn, reopened, 15, **opened)
        snoozed = await _add(conn, "snoozed", [Message(2, "sent")], status="closed")
        await _change(conn, snoozed, 10, **closed)
        await _change(conn, snoozed, 12, **{"from": "closed", "until": "later"})
        await _change(conn, snoozed, 40, **closed)
        programs = await _add(
            conn, "programs", [Message(3, "person"), Message(20, "program")], status="closed"
        )
        await _change(conn, programs, 10, **closed)
        await _add(conn, "spam", [Message(4, "person")], status="spam")
        waiting = await _add(conn, "open", [Message(5, "program")])
        rows = await _read(
            conn, "resolution_times",
            "conversation_id opened_at closed_at resolution_seconds is_first agent_id",
            "opened_at",
        )  # fmt: skip
    assert rows == [
        (written, _at(0), _at(10), 600.0, True, _AGENT),
        (reopened, _at(1), _at(10), 540.0, True, _AGENT),
        (snoozed, _at(2), _at(10), 480.0, True, _AGENT),
        (programs, _at(3), _at(10), 420.0, True, _AGENT),
        (waiting, _at(5), None, None, True, None),
        (snoozed, _at(12), _at(40), 1680.0, False, _AGENT),
        (reopened, _at(15), None, None, False, None),
        (written, _at(20), _at(30), 600.0, False, _AGENT),
    ]


async def test_a_day_is_counted_by_channel_by_what_became_of_it_and_by_agent(
    open_owner_connection: OpenConnection,
) -> None:
    day, next_day = _T0.date(), _T0.date() + timedelta(days=1)
    async with open_owner_connection() as conn:
        await _prepare(conn)
        first = await _add(conn, "all", [Message(0, kind) for kind in _KINDS])
        await _add(conn, "canceled", [Message(1, "canceled")])
        await _add(conn, "later", [Message(12 * 60, "person"), Message(12 * 60 + 1, "failed")])
        await _change(conn, first, 2, **{"from": "open", "to": "closed"})
        await _change(conn, first, 3, **{"from": "closed", "to": "pending"})
        volume = await _read(
            conn, "channel_volume",
            "day channel_name provider inbound_count automatic_count outbound_count"
            " conversation_count new_conversation_count",
            "day",
        )  # fmt: skip
        delivery = await _read(
            conn, "delivery", "day status error_code message_count", "day status"
        )
        activity = await _read(
            conn, "agent_activity",
            "day agent_name written_count sent_count failed_count conversation_count closed_count"
            " reopened_count note_count",
            "day",
        )  # fmt: skip
    assert volume == [
        (day, "desk", "twilio", 2, 1, 4, 1, 2),
        (next_day, "desk", "twilio", 1, 0, 0, 1, 1),
    ]
    assert delivery == [
        (day, "canceled", None, 2),
        (day, "delivered", None, 1),
        (day, "failed", "30003", 1),
        (day, "queued", None, 1),
        (day, "read", None, 1),
        (day, "sent", None, 1),
        (day, "unknown", None, 1),
        (next_day, "failed", "30003", 1),
    ]
    assert activity == [
        (day, "Kim", 8, 3, 1, 1, 1, 1, 0),
        (next_day, "Kim", 1, 0, 1, 0, 0, 0, 0),
    ]
