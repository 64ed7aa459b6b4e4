"""Whatever is received, answered, closed, merged and split, in any order: a rebuild finds no
difference; and where messages are lost, it brings back every one of them.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

from flows import (
    ANN,
    BEN,
    CAT,
    NOW,
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
from rebuilding import compare, found, look, lose, mend, merge, places, split
from structure import close, reply

from domain.channel import Channel
from domain.closing import CONTINUE, ClosedPolicy
from domain.errors import Refusal
from domain.message import InboundMessage
from store.channels import find_channel
from store.database import Connection, connect

_POLICIES = {
    "texts": CONTINUE,
    "texts-anew": ClosedPolicy(rule="new_after_close"),
    "mails": CONTINUE,
    "mails-anew": ClosedPolicy(rule="new_after_close"),
}
_MAILERS = ("ann@example.org", "ben@example.org")

_Kind = Literal["receive", "reply", "close", "merge", "split"]
_Step = tuple[_Kind, int, int, int]


@st.composite
def _steps(draw: st.DrawFn) -> list[_Step]:
    kinds: tuple[_Kind, ...] = ("receive", "receive", "receive", "reply", "close", "merge", "split")
    number = st.integers(0, 99)
    return draw(st.lists(st.tuples(st.sampled_from(kinds), number, number, number), max_size=25))


@given(steps=_steps(), name=st.sampled_from(sorted(_POLICIES)), lost_share=st.integers(2, 4))
def test_a_rebuild_gives_what_was(
    database_url: str, run: Callable[..., Any], steps: Sequence[_Step], name: str, lost_share: int
) -> None:
    run(_live_through, database_url, steps, name, lost_share)


async def _live_through(
    database_url: str, steps: Sequence[_Step], name: str, lost_share: int
) -> None:
    async with await connect(database_url, "tests") as conn:
        await empty(conn)
        channel = await _channel(conn, name)
        written: list[str] = []
        for nth, (kind, one, two, three) in enumerate(steps):
            if kind == "receive":
                written.append(f"m{nth:02}")
                await record(conn, channel, _message(channel, written, one, two, three))
                await work(database_url)
            elif written:
                await _do(conn, kind, written[one % len(written)], written[two % len(written)], nth)
        assert found(await compare(database_url)) == {}
        assert await look(conn) == 0
        await lose(conn, written[::lost_share])
        await mend(database_url)
        assert found(await compare(database_url)) == {}
        assert await look(conn) == 0
        assert sorted(await places(conn)) == written
        await conversations(conn)  # its checks: counts, times, previews, no number twice or missing
        assert await count_of(conn, "inbound_failures") == 0
        assert await values(conn, _LED_ASTRAY) == []


async def _channel(conn: Connection, name: str) -> Channel:
    stored = await find_channel(conn, 1, name)
    if stored:
        return stored.channel
    kind = "email" if name.startswith("mails") else "sms"
    return await make_channel(conn, name, kind, closed_policy=_POLICIES[name])


def _message(
    channel: Channel, written: Sequence[str], one: int, two: int, minute: int
) -> InboundMessage:
    name = written[-1]
    if channel.kind == "sms":
        return an_sms(name, (ANN, BEN, CAT)[one % 3], channel.own_address, minute=minute)
    answers = written[two % len(written)] if two % 3 else None
    return a_mail(
        name, _MAILERS[one % 2], answers=None if answers == name else answers, subject="",
        cc=(_MAILERS[1 - one % 2],), minute=minute,
    )  # fmt: skip


async def _do(conn: Connection, kind: _Kind, mine: str, other: str, nth: int) -> None:
    """Do what an agent may do; what is refused changes nothing."""
    at = (await places(conn))[mine]
    if kind == "reply":
        await reply(conn, at, NOW + timedelta(seconds=nth), f"r{nth:02}")
        return
    if kind == "close":
        await close(conn, at, NOW - timedelta(days=1) + timedelta(minutes=nth * 4))
        return
    with suppress(Refusal):
        await (merge(conn, mine, other) if kind == "merge" else split(conn, mine))


# Merged ids that lead to no conversation, or are conversations again.
_LED_ASTRAY = b"""
    SELECT g.from_id::text
    FROM conversation_merges AS g
    LEFT JOIN conversations AS c ON c.customer_id = g.customer_id AND c.id = g.into_id
    LEFT JOIN conversations AS f ON f.customer_id = g.customer_id AND f.id = g.from_id
    WHERE c.id IS NULL OR f.id IS NOT NULL
"""
