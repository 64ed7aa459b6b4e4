"""Whatever is received, answered, closed, merged and split, in any order: every message is in one
conversation, each counts its own exactly, and no number is given twice.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Literal

from flows import (
    ANN,
    BEN,
    CAT,
    NOW,
    OWN_EMAIL,
    a_mail,
    an_sms,
    conversations,
    count_of,
    empty,
    make_channel,
    record,
    values,
    work,
)
from hypothesis import given
from hypothesis import strategies as st
from structure import close, reply

from app.ids import new_id
from domain.actor import Actor
from domain.channel import Channel
from domain.closing import CONTINUE, ClosedPolicy
from domain.errors import Refusal
from domain.message import InboundMessage
from inbox.conversations.merge import merge_conversation
from inbox.conversations.split import split_off
from store.channels import find_channel
from store.database import Connection, connect

_DAY = NOW - timedelta(days=1)
_PROGRAM = Actor(customer_id=1)
_MAILERS = ("ann@example.org", "ben@example.org")
_POLICIES = {
    "texts": CONTINUE,
    "texts-anew": ClosedPolicy(rule="new_after_close"),
    "texts-idle": ClosedPolicy(rule="new_after_idle", idle_hours=1),
    "mails": CONTINUE,
    "mails-anew": ClosedPolicy(rule="new_after_close"),
}

_Kind = Literal["receive", "reply", "close", "merge", "split"]
_Step = tuple[_Kind, int, int, int]


@st.composite
def _steps(draw: st.DrawFn) -> list[_Step]:
    kinds: tuple[_Kind, ...] = ("receive", "receive", "receive", "reply", "close", "merge", "split")
    number = st.integers(0, 99)
    return draw(st.lists(st.tuples(st.sampled_from(kinds), number, number, number), max_size=25))


@given(steps=_steps(), name=st.sampled_from(sorted(_POLICIES)))
def test_nothing_is_lost_or_counted_twice(
    database_url: str, run: Callable[..., Any], steps: Sequence[_Step], name: str
) -> None:
    run(_live_through, database_url, steps, name)


async def _live_through(database_url: str, steps: Sequence[_Step], name: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await empty(conn)
        channel = await _channel(conn, name)
        written: list[str] = []
        for nth, (kind, one, two, three) in enumerate(steps):
            if kind == "receive":
                message = _message(channel, f"m{nth:02}", written, one, two, minute=three)
                await record(conn, channel, message)
                await work(database_url)
                written.append(f"m{nth:02}")
            elif ids := await values(conn, b"SELECT id FROM conversations ORDER BY id"):
                mine, other = str(ids[one % len(ids)]), str(ids[two % len(ids)])
                written += await _do(conn, kind, mine, other, nth, three)
            # Its checks are what this is about.
            seen = await conversations(conn)
            assert sorted(m for conversation in seen for m in conversation.messages) == sorted(
                written
            )
        assert await count_of(conn, "inbound_failures") == 0
        assert await values(conn, _TWICE_CURRENT) == []
        assert await values(conn, _LED_ASTRAY) == []


async def _channel(conn: Connection, name: str) -> Channel:
    stored = await find_channel(conn, 1, name)
    if stored:
        return stored.channel
    if name.startswith("mails"):
        return await make_channel(
            conn, name, "email", own_address=OWN_EMAIL, closed_policy=_POLICIES[name]
        )
    return await make_channel(conn, name, closed_policy=_POLICIES[name])


def _message(
    channel: Channel, name: str, written: Sequence[str], one: int, two: int, minute: int
) -> InboundMessage:
    if channel.kind == "sms":
        return an_sms(name, (ANN, BEN, CAT)[one % 3], channel.own_address, minute=minute)
    answered = written[two % len(written)] if written and two % 3 else None
    return a_mail(
        name, _MAILERS[one % 2], answers=answered, subject="", cc=(_MAILERS[1 - one % 2],),
        minute=minute,
    )  # fmt: skip


async def _do(
    conn: Connection, kind: _Kind, mine: str, other: str, nth: int, number: int
) -> list[str]:
    """Do what an agent may do; what is refused changes nothing."""
    at = _DAY + timedelta(minutes=number)
    if kind == "reply":
        # We write after all that we have seen.
        await reply(conn, mine, NOW + timedelta(seconds=nth), f"r{nth:02}")
        return [f"r{nth:02}"]
    try:
        if kind == "close":
            await close(conn, mine, at)
        elif kind == "merge":
            async with conn.transaction():
                await merge_conversation(
                    conn, _PROGRAM, entry_id=new_id(), from_id=mine, into_id=other
                )
        else:
            async with conn.transaction():
                await split_off(
                    conn,
                    _PROGRAM,
                    new_ids=(new_id(), new_id()),
                    named=mine,
                    from_seq=number % 6,
                )
    except Refusal:
        pass
    return []


# A key whose new messages would go to two places.
_TWICE_CURRENT = b"""
    SELECT key_hash::text
    FROM (
        SELECT channel_id, key_hash FROM conversations WHERE is_current
        UNION ALL
        SELECT channel_id, key_hash FROM conversation_merges WHERE is_current
    ) AS k
    GROUP BY channel_id, key_hash
    HAVING count(*) > 1
"""
# Merged ids that lead to no conversation, or are conversations again.
_LED_ASTRAY = b"""
    SELECT g.from_id::text
    FROM conversation_merges AS g
    LEFT JOIN conversations AS c ON c.customer_id = g.customer_id AND c.id = g.into_id
    LEFT JOIN conversations AS f ON f.customer_id = g.customer_id AND f.id = g.from_id
    WHERE c.id IS NULL OR f.id IS NOT NULL
"""
