"""Roll-ups are what a recount says, whatever happens and in whatever order: messages that come late
or twice, replies, receipts, tags, merges, splits, what is taken back, rebuilt or forgotten.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from databases import as_owner
from flows import (
    ANN,
    BEN,
    NOW,
    a_channel,
    a_mail,
    an_sms,
    empty,
    event_of,
    record,
    values,
    work,
)
from hypothesis import given
from hypothesis import strategies as st
from rebuilding import lose, mend, merge, places, split
from rolling_up import (
    by_day_of_views,
    count_differing,
    rebuild_rollups,
    recounted,
    roll_up,
    roll_up_some,
    rolled,
)
from sending import SEALER, SECRET, SEND_URL, desk
from structure import make_agent

from app.ids import new_id
from domain.actor import Actor
from domain.calendar import Calendar, OpeningHours
from domain.channel import Channel
from domain.conversation import ConversationStatus
from domain.conversation_change import WantedHandling
from domain.errors import Refusal
from domain.message import DeliveryReceipt
from inbox.conversations.change import change_conversation
from inbox.conversations.tagging import add_tag, remove_tag
from inbox.settings.calendars import change_calendar
from inbox.writing.cancel_retry import cancel
from inbox.writing.notes import write_note
from inbox.writing.reply import Written, reply
from simulation import PLAYED_SENDERS
from store.channels import StoredChannel, find_channel, insert_channel
from store.database import Connection, connect
from store.events import record_events
from store.receipts import hold_receipts
from store.retention import forget_events
from store.sending import Ending, begin_attempt, lease_due, settle_sent, settle_unsent
from worker.background.rollups import rebuild_portion

_STATUSES: tuple[ConversationStatus, ...] = ("closed", "open", "closed", "spam", "pending")
_TAGS = ("refund", "vip")
_URL = "https://inlet.test/webhooks/generic/token"

_Kind = Literal[
    "receive", "again", "reply", "receipt", "status", "tag", "untag", "note", "merge", "split",
    "follow", "calendar", "lose", "rebuild", "forget",
]  # fmt: skip
_KINDS: tuple[_Kind, ...] = (
    "receive", "receive", "receive", "again", "reply", "reply", "reply", "receipt", "status",
    "status", "status", "tag", "untag", "note", "merge", "split", "follow", "follow", "follow",
    "calendar", "lose", "rebuild", "forget",
)  # fmt: skip
_OUTCOMES = ("queued", "sent", "failed", "canceled", "delivered", "read")
_Step = tuple[_Kind, int, int, int]


@st.composite
def _steps(draw: st.DrawFn) -> list[_Step]:
    number = st.integers(0, 99)
    return draw(
        st.lists(
            st.tuples(st.sampled_from(_KINDS), number, number, number), min_size=8, max_size=20
        )
    )


@given(steps=_steps())
def test_roll_ups_are_what_a_recount_says(
    database_url: str, run: Callable[..., Any], steps: Sequence[_Step]
) -> None:
    run(_live_through, database_url, steps)


async def _live_through(database_url: str, steps: Sequence[_Step]) -> None:
    async with (
        await connect(database_url, "tests") as conn,
        await connect(as_owner(database_url), "tests") as owner,
    ):
        await empty(conn)
        life = _Life(database_url, conn)
        await life.begin()
        for nth, step in enumerate(steps):
            with suppress(Refusal):
                await life.do(nth, *step)
        await roll_up(conn)
        while await rebuild_portion(conn):
            pass
        assert await rolled(conn) == await recounted(owner)
        assert await count_differing(conn) == (0, 0)
        if "calendar" not in {step[0] for step in steps}:
            assert await by_day_of_views(owner) <= await _by_day(conn)
        await roll_up(conn)
        assert await rebuild_rollups(conn) == 0


async def _by_day(conn: Connection) -> set[tuple[Any, ...]]:
    return {
        (key[1], key[2], key[3], key[4].astimezone(UTC).date(), key[5], amount)
        for key, (amount, _) in (await rolled(conn)).items()
        if key[0] == "day"
    }


class _Life:
    """What happens to a customer's conversations."""

    def __init__(self, database_url: str, conn: Connection) -> None:
        self._database_url = database_url
        self._conn = conn
        self._written: list[str] = []
        self._channels: list[Channel] = []
        self._agents: list[Actor] = []

    async def begin(self) -> None:
        self._channels = [await _sending(self._conn, name) for name in ("texts", "mails")]
        names = ("Ada", "Bea")
        known = dict(
            await (await self._conn.execute(b"SELECT name, id::text FROM agents")).fetchall()
        )
        self._agents = [
            Actor(customer_id=1, agent_id=known.get(name) or await make_agent(self._conn, name))
            for name in names
        ]
        for nth in range(3):
            await self._receive(f"first{nth}", nth, 7 * nth, nth)

    async def do(self, nth: int, kind: _Kind, one: int, two: int, three: int) -> None:
        """Do what may be done; what is refused changes nothing."""
        if kind == "receive":
            await self._receive(f"m{nth:02}", one, two, three)
        elif kind == "follow":
            await (roll_up if one % 2 else roll_up_some)(self._conn)
        elif kind == "calendar":
            await self._set_calendar(("Asia/Kathmandu", "America/New_York")[one % 2], two % 3)
        elif kind == "rebuild":
            await rebuild_rollups(self._conn)
        elif kind == "forget":
            async with self._conn.transaction():
                await forget_events(self._conn, 1, NOW + timedelta(days=1), None, 100)
        elif self._written:
            await self._act(kind, one, two, three)

    async def _receive(self, name: str, one: int, two: int, minute: int) -> None:
        texts, mails = self._channels
        at = NOW + timedelta(minutes=37 * (two - 50))
        if one % 3:
            message = an_sms(name, (ANN, BEN)[two % 2], texts.own_address, minute=None)
            await record(self._conn, texts, message, received_at=at)
        else:
            answers = self._written[two % len(self._written)] if self._written and two % 2 else None
            mail = a_mail(name, answers=answers, subject="", minute=-minute)
            await record(self._conn, mails, mail, received_at=at)
        self._written.append(name)
        await work(self._database_url)

    async def _set_calendar(self, zone: str, days: int) -> None:
        hours = [OpeningHours(weekday, 540, 1020) for weekday in range(1, 1 + 3 * days)]
        calendar = Calendar(time_zone=zone, hours=hours)
        async with self._conn.transaction():
            await change_calendar(self._conn, self._agents[0], calendar, new_id=new_id)

    async def _act(self, kind: _Kind, one: int, two: int, three: int) -> None:
        conn, actor = self._conn, self._agents[two % 2]
        mine = self._written[one % len(self._written)]
        if kind in ("again", "lose", "merge", "split"):
            await self._rearrange(kind, mine, self._written[three % len(self._written)])
        elif kind == "receipt":
            await self._report(one, three)
        elif conversation := (await places(conn)).get(mine):
            if kind == "reply":
                at = NOW + timedelta(minutes=37 * (three - 50))
                await self._reply(actor, conversation, at, _OUTCOMES[two // 2 % len(_OUTCOMES)])
                return
            async with conn.transaction():
                await _handle(conn, actor, conversation, kind, three)

    async def _reply(self, actor: Actor, conversation: str, at: datetime, outcome: str) -> None:
        conn, written = self._conn, Written(body="Hello back", undo_seconds=0)
        async with conn.transaction():
            queued = await reply(conn, actor, replace(desk(), now=at), conversation, written)
        if outcome == "canceled":
            async with conn.transaction():
                await cancel(conn, actor, desk(), queued.message_id)
        elif outcome != "queued":
            await self._send(queued.message_id, "failed" if outcome == "failed" else "sent")
            if outcome in ("delivered", "read"):
                await self._report_of(f"p-{queued.message_id}", outcome)

    async def _send(self, message_id: str, outcome: Literal["sent", "failed"]) -> None:
        conn = self._conn
        async with conn.transaction():
            for lease in await lease_due(conn, new_id(), 10, 60):
                await begin_attempt(conn, lease, 60)
                known_as = f"p-{lease.message_id}"
                await hold_receipts(conn, [(lease.channel_id, known_as)])
                if outcome == "sent" or lease.message_id != message_id:
                    ending = Ending(outcome="sent", http_status=200)
                    await settle_sent(conn, lease, ending, known_as, lambda _, code: code or "?")
                else:
                    await settle_unsent(conn, lease, Ending(outcome="failed", code="30003"))

    async def _report(self, one: int, three: int) -> None:
        """Tell what became of something that was sent."""
        known = await values(self._conn, _KNOWN)
        if known:
            word = ("delivered", "failed", "read")[three % 3]
            await self._report_of(str(known[one % len(known)]), word)

    async def _report_of(self, known_as: str, word: str) -> None:
        texts = self._channels[0]
        await record_events(self._conn, [event_of(texts, _receipt(texts, known_as, word))])
        await work(self._database_url)

    async def _rearrange(self, kind: _Kind, mine: str, other: str) -> None:
        if kind == "again":
            again = b"SELECT event_id FROM messages WHERE provider_message_id = %s"
            ids = await values(self._conn, again, mine)
            await self._conn.execute(
                b"INSERT INTO inbound_queue (customer_id, event_id)"
                b" SELECT 1, e.id FROM inbound_events AS e WHERE e.id = ANY(%s::uuid[])"
                b" ON CONFLICT DO NOTHING",
                (ids,),
            )
            await work(self._database_url)
        elif kind == "lose":
            kept = b"SELECT count(*) FROM inbound_events AS e JOIN messages AS m ON m.id = e.id"
            if (await values(self._conn, kept))[0] == len(self._written):
                await lose(self._conn, [mine])
                await mend(self._database_url)
        else:
            await (merge(self._conn, mine, other) if kind == "merge" else split(self._conn, mine))


async def _handle(
    conn: Connection, actor: Actor, conversation: str, kind: _Kind, number: int
) -> None:
    """Do what an agent does to a conversation without writing to anybody."""
    if kind == "status":
        wanted = WantedHandling(status=_STATUSES[number % len(_STATUSES)])
        now = datetime.now(UTC)
        await change_conversation(conn, actor, conversation, wanted, now=now, new_id=new_id)
    elif kind == "note":
        ids = {"note_id": new_id(), "entry_id": new_id()}
        await write_note(conn, actor, conversation, "Call them", **ids)
    else:
        change = add_tag if kind == "tag" else remove_tag
        await change(conn, actor, conversation, _TAGS[number % 2], entry_id=new_id())


async def _sending(conn: Connection, name: str) -> Channel:
    stored = await find_channel(conn, 1, name)
    if stored is None:
        kind = "email" if name == "mails" else "sms"
        channel = replace(a_channel(name, kind), send_url=SEND_URL, sends_per_second=1000.0)
        credential = SEALER.seal([SECRET], channel.credential_place)
        stored = StoredChannel(channel=channel, sealed_secrets=None, sealed_credential=credential)
        await insert_channel(conn, stored)
    return stored.channel


def _receipt(channel: Channel, known_as: str, word: str) -> bytes:
    receipt = DeliveryReceipt(
        provider_message_id=known_as,
        status="sent",
        provider_status=word,
        error_code="30005" if word == "failed" else None,
    )
    sender = PLAYED_SENDERS["generic"]
    return sender.compose_receipt(receipt, channel.own_address, channel, _URL, NOW).body


_KNOWN = b"""
    SELECT m.provider_message_id
    FROM messages AS m
    JOIN channels AS c ON c.customer_id = m.customer_id AND c.id = m.channel_id
    WHERE m.direction = 'outbound' AND m.provider_message_id IS NOT NULL AND c.kind = 'sms'
    ORDER BY m.id
"""
