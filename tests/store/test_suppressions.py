"""What stands of what happened to an address, in whatever order and however often it is told."""

import json
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import NOW, a_mail, dump, empty, event_of, make_channel, record, values, work
from rebuilding import compare, found, mend

from app.ids import new_id
from domain.actor import Actor
from domain.channel import Channel
from store.database import Connection
from store.events import record_events
from store.replay import replay_events
from store.suppressions import find_suppression, lift, list_standing

ANN, BEN = "ann@example.org", "ben@example.org"
_ACTOR = Actor(customer_id=1)
_CHANGES = b"SELECT type || ' ' || object_id::text FROM outbox WHERE type ~ '^supp' ORDER BY seq"
_CONTACT = b"SELECT contact_id::text FROM addresses WHERE value = %s"


def bounce(minute: int, who: str = ANN, status: str = "bounced") -> bytes:
    """Write what a provider reports of a mail; each minute is another report."""
    told = {
        "type": "receipt",
        "provider_message_id": f"m-{minute}",
        "status": status,
        "is_permanent": True,
        "recipient": who,
        "timestamp": at(minute).isoformat(),
    }
    return json.dumps(told).encode()


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute - 60)


async def lift_at(conn: Connection, minute: int) -> None:
    """Lift whatever there is, as if the database's clock said so."""
    await conn.execute(
        b"INSERT INTO suppression_lifts (customer_id, id, address_hash, lifted_at)"
        b" SELECT 1, %s, hash, %s FROM addresses WHERE value = %s",
        (new_id(), at(minute), ANN),
    )


async def standing(conn: Connection) -> list[tuple[str, str, datetime]]:
    return [(each.address, each.reason, each.since) for each in await list_standing(conn, 1)]


async def mailbox(conn: Connection) -> Channel:
    return await make_channel(conn, "email", "email")


async def test_what_is_told_again_and_replayed_and_derived_anew_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await mailbox(conn)
        await record(conn, channel, a_mail("m1", ANN))
        await work(database_url)
        await record(conn, channel, bounce(1), bounce(1), bounce(2))
        await work(database_url)
        assert await standing(conn) == [(ANN, "hard_bounce", at(1))]
        (contact,) = await values(conn, _CONTACT, ANN)
        assert await values(conn, _CHANGES) == [f"suppression.added {contact}"]
        before = await dump(conn)
        await replay_events(conn, 1)
        await work(database_url)
        after = await dump(conn)
        assert after["suppressions"] == before["suppressions"] != []
        assert await values(conn, _CHANGES) == [f"suppression.added {contact}"]

        await conn.execute("DELETE FROM suppressions")  # as if they had come before there were any
        await replay_events(conn, 1)
        await work(database_url)
        assert (await dump(conn))["message_receipts"] == before["message_receipts"]
        assert await standing(conn) == [(ANN, "hard_bounce", at(1))]
    assert found(await compare(database_url)) == {}


async def test_a_rebuild_brings_back_what_receipts_tell(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await mailbox(conn)
        await record(conn, channel, a_mail("m1", ANN), bounce(1), bounce(2, BEN, "complained"))
        await work(database_url)
        before = await standing(conn)
        await conn.execute("DELETE FROM suppressions")
        await conn.execute("DELETE FROM message_receipts")
        await mend(database_url)
        assert await standing(conn) == before
        assert before == [(ANN, "hard_bounce", at(1)), (BEN, "complaint", at(2))]


async def test_a_bounce_of_before_a_lift_counts_no_more_and_one_of_after_does(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await mailbox(conn)
        await record(conn, channel, bounce(1))
        await work(database_url)
        await lift_at(conn, 10)
        assert await standing(conn) == []
        await replay_events(conn, 1)
        await record(conn, channel, bounce(5), bounce(10))  # told late
        await work(database_url)
        assert await standing(conn) == []
        await record(conn, channel, bounce(11))
        await work(database_url)
        assert await standing(conn) == [(ANN, "hard_bounce", at(11))]


async def test_the_order_does_not_matter(
    database_url: str, open_connection: OpenConnection
) -> None:
    steps = (bounce(1), bounce(20, status="complained"), bounce(30), None)
    seen: list[object] = []
    async with open_connection() as conn:
        channel = await mailbox(conn)
        for ordered in permutations(steps):
            await empty(conn)
            await record(conn, channel, a_mail("m1", ANN))
            await work(database_url)
            for step in ordered:
                if step is None:
                    await lift_at(conn, 10)
                else:
                    await record(conn, channel, step)
                    await work(database_url)
            seen.append(await standing(conn))
    assert seen == [[(ANN, "complaint", at(20))]] * 24


async def test_a_time_that_is_still_to_come_can_be_lifted(
    database_url: str, open_connection: OpenConnection
) -> None:
    """A provider's clock may say anything; ours may be ahead of the database's."""
    ahead = NOW + timedelta(days=40_000)
    async with open_connection() as conn:
        channel = await mailbox(conn)
        await record(conn, channel, bounce(10_000))
        await record_events(conn, [event_of(channel, bounce(20_000), received_at=ahead)])
        await work(database_url)
        sinces = [row[2] for row in await standing(conn)]
        assert sinces == [NOW]
        (suppression,) = await list_standing(conn, 1)
        lifted = await find_suppression(conn, 1, suppression.id)
        assert lifted is not None
        assert await lift(conn, _ACTOR, new_id(), lifted) > NOW + timedelta(days=10)
        assert await standing(conn) == []


async def test_an_address_that_is_only_bounced_has_no_contact_until_it_writes(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await mailbox(conn)
        await record(conn, channel, bounce(1))
        await work(database_url)
        assert await values(conn, _CONTACT, ANN) == [None]
        assert await values(conn, _CHANGES) == []
        await record(conn, channel, a_mail("m1", ANN))
        await work(database_url)
        assert None not in await values(conn, _CONTACT, ANN)
        assert await standing(conn) == [(ANN, "hard_bounce", at(1))]


async def test_a_text_suppresses_nobody(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, bounce(1), bounce(2, "+14155550101", "complained"))
        await work(database_url)
        assert await standing(conn) == []
        assert await values(conn, b"SELECT status FROM inbound_event_status") == ["processed"] * 2


@pytest.mark.parametrize("status", ["bounced", "complained"])
async def test_customers_do_not_meet(
    database_url: str, open_connection: OpenConnection, status: str
) -> None:
    async with open_connection() as conn:
        channel = await mailbox(conn)
        await conn.execute(b"INSERT INTO customers (id, name) VALUES (2, 'other')")
        await record(conn, channel, bounce(1, status=status))
        await work(database_url)
        assert len(await list_standing(conn, 1)) == 1
        assert await list_standing(conn, 2) == []
        (suppression,) = await list_standing(conn, 1)
        assert await find_suppression(conn, 2, suppression.id) is None
