"""What the tests of rebuilding share: a rebuild, and tables that have seen everything once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from databases import as_owner
from flows import (
    ANN,
    BEN,
    CAT,
    NOW,
    OWN_EMAIL,
    OWN_PHONE,
    a_mail,
    an_sms,
    make_channel,
    record,
    values,
    work,
)
from structure import close, reply

from app.clock import utc_now
from app.ids import new_id
from domain.actor import Actor
from domain.channel import Channel
from domain.closing import ClosedPolicy
from inbox.conversations.merge import merge_conversation
from inbox.conversations.split import split_off
from providers import REGISTRY
from store.database import Connection, connect
from store.rebuild import Scope
from worker.background.repeating import BackgroundConfig
from worker.comparing.rounds import compare_some
from worker.rebuild.rebuild import RebuildConfig, Rebuilt, rebuild

PROGRAM = Actor(customer_id=1)
DAY = NOW - timedelta(days=1)


def rebuild_config(database_url: str, *, most_seconds: float = 20.0) -> RebuildConfig:
    """Configure a rebuild, which is the owner's."""
    return RebuildConfig(
        connect=lambda: connect(as_owner(database_url), "tests"),
        providers=REGISTRY,
        new_id=new_id,
        most_seconds=most_seconds,
    )


async def compare(database_url: str, channel: Channel | None = None) -> Rebuilt:
    """Rebuild and change nothing."""
    scope = Scope(customer_id=1, channel_id=channel.id if channel else None)
    return await rebuild(rebuild_config(database_url), scope)


async def mend(database_url: str) -> Rebuilt:
    """Rebuild and apply."""
    config = rebuild_config(database_url)
    return await rebuild(config, Scope(customer_id=1), PROGRAM, "because of a test")


async def look(conn: Connection, *, mends: bool = False) -> int:
    """Do the chore that looks for differences once; return how many rows it found."""
    config = comparing_config(mends=mends)
    return sum([differing async for differing in compare_some(conn, NOW, config)])


def comparing_config(*, mends: bool) -> BackgroundConfig:
    """Configure comparing; its clock goes, so each part has its share of time."""
    return BackgroundConfig(
        connect=lambda: connect("", "tests"),
        clock=utc_now,
        new_id=new_id,
        on_commit=lambda: None,
        providers=REGISTRY,
        mends_derived=mends,
    )


def found(rebuilt: Rebuilt) -> dict[str, str]:
    """Say what differs in each table, such as `missing 1 changed 2 (body_hash)`."""
    shown: dict[str, str] = {}
    for table in rebuilt.tables:
        counts = {"missing": table.missing, "extra": table.extra, "changed": table.changed}
        words = [f"{kind} {count}" for kind, count in counts.items() if count]
        if table.columns:
            words.append(f"({', '.join(sorted(table.columns))})")
        shown[table.table] = " ".join(words)
    return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """Channels that were in use for a while, and where each message is, by provider message id."""

    sms: Channel
    anew: Channel
    email: Channel
    places: Mapping[str, str]


async def live(database_url: str, conn: Connection) -> Lived:
    """Let everything happen that may happen to conversations."""
    policy = ClosedPolicy(rule="new_after_close")
    sms = await make_channel(conn, "sms")
    anew = await make_channel(conn, "anew", own_address="+14155550198", closed_policy=policy)
    email = await make_channel(conn, "email", "email")
    await _texts(database_url, conn, sms)
    await _closed(database_url, conn, anew)
    await _mails(database_url, conn, email)
    await record(conn, sms, b"{nobody understands this")
    await work(database_url)
    return Lived(sms=sms, anew=anew, email=email, places=await places(conn))


async def places(conn: Connection) -> dict[str, str]:
    query = b"SELECT provider_message_id, conversation_id FROM messages WHERE direction = 'inbound'"
    return {row[0]: row[1] for row in await (await conn.execute(query)).fetchall()}


async def merge(conn: Connection, one: str, other: str) -> None:
    """Merge the conversations of two messages."""
    at = await places(conn)
    async with conn.transaction():
        await merge_conversation(
            conn, PROGRAM, entry_id=new_id(), from_id=at[one], into_id=at[other]
        )


async def split(conn: Connection, first: str) -> None:
    """Split a conversation at a message."""
    query = b"SELECT conversation_id, seq FROM messages WHERE provider_message_id = %s"
    row = await (await conn.execute(query, (first,))).fetchone()
    assert row is not None
    async with conn.transaction():
        await split_off(conn, PROGRAM, new_ids=(new_id(), new_id()), named=row[0], from_seq=row[1])


async def message_id(conn: Connection, name: str) -> str:
    query = b"SELECT id FROM messages WHERE provider_message_id = %s"
    return str((await values(conn, query, name))[0])


async def lose(conn: Connection, names: list[str]) -> None:
    """Lose messages with all that hangs on them, as if they had never been written."""
    lost = [await message_id(conn, name) for name in names]
    for statement in (
        b"UPDATE email_message_ids SET message_id = NULL WHERE message_id = ANY(%s::uuid[])",
        b"DELETE FROM message_recipients WHERE message_id = ANY(%s::uuid[])",
        b"DELETE FROM attachments WHERE message_id = ANY(%s::uuid[])",
        b"DELETE FROM messages WHERE id = ANY(%s::uuid[])",
    ):
        await conn.execute(statement, (lost,))


async def _texts(database_url: str, conn: Connection, sms: Channel) -> None:
    """Texts in a wrong order, to groups, with attachments; one answer; a merge and a split."""
    await record(
        conn, sms,
        an_sms("t3", minute=3), an_sms("t1", minute=1, body="<b>Hi</b>"), an_sms("t2", minute=2),
        an_sms("g1", BEN, OWN_PHONE, CAT, kind="mms", attachments=("https://x.test/1", "https://x.test/2")),
        an_sms("c1", CAT, minute=4), an_sms("short", "24365", minute=5),
    )  # fmt: skip
    await work(database_url)
    at = await places(conn)
    await reply(conn, at["t1"], NOW + timedelta(minutes=1))
    await record(conn, sms, an_sms("t4", minute=None), received_at=NOW + timedelta(minutes=2))
    await work(database_url)
    await merge(conn, "c1", "t1")
    await record(conn, sms, an_sms("c2", CAT, minute=8), an_sms("t5", minute=9))
    await work(database_url)
    await split(conn, "t4")
    await record(conn, sms, an_sms("c3", CAT, minute=None), an_sms("t6", minute=None))
    await work(database_url)


async def _closed(database_url: str, conn: Connection, anew: Channel) -> None:
    """Three generations of a key, and a message that comes late for the first."""
    own = anew.own_address
    for nth in range(3):
        await record(conn, anew, an_sms(f"n{nth}", ANN, own, minute=10 * nth))
        await work(database_url)
        at = (await places(conn))[f"n{nth}"]
        await close(conn, at, DAY + timedelta(minutes=10 * nth + 5))
    await record(conn, anew, an_sms("late", ANN, own, minute=2))
    await work(database_url)
    await merge(conn, "n1", "n0")


async def _mails(database_url: str, conn: Connection, email: Channel) -> None:
    """A thread from its end, a stranger, a thread that waits for ever, a merge and a split."""
    everybody = ("ben@example.org", "cat@example.org")
    thread = [
        a_mail("m0", cc=everybody, minute=0),
        a_mail("m1", everybody[0], answers="m0", references=("m0",), cc=everybody, minute=1),
        a_mail("m2", everybody[1], answers="m1", references=("m0", "m1"), cc=everybody, minute=2),
        a_mail("m3", answers="m2", references=("m0", "m1", "m2"), cc=everybody, minute=3),
    ]  # fmt: skip
    for mail in (thread[3], thread[1], thread[2], thread[0]):
        await record(conn, email, mail)
        await work(database_url)
    await record(
        conn, email,
        a_mail("stranger", "eve@example.net", answers="m0", minute=5),
        a_mail("waits", "dan@example.net", answers="never", minute=6),
        a_mail("again", "Dan <dan@example.net>", answers="waits", minute=7, message_id=None),
        a_mail("x1", "eve@example.net", minute=8, to=(OWN_EMAIL, "fay@example.net")),
    )  # fmt: skip
    await work(database_url)
    await merge(conn, "x1", "stranger")
    await split(conn, "m2")
    await record(conn, email, a_mail("m4", answers="m3", cc=everybody, minute=11))
    await work(database_url)
