"""Retry, drop and replay: which are meant, and that nothing else is touched."""

import pytest
from conftest import OpenConnection
from flows import NOW, values
from operator_samples import a_channel, queued
from recovering import FAST, ask, dead_letters, finish, give_order

from app.ids import new_id
from domain.actor import Actor
from domain.errors import Conflict, InletError, NotFound, ValidationFailed
from domain.recovery import EventSelection, Order, RecoveryKind
from inbox.operations.recovery import count_selected, recover
from store.dead_letters import list_dead_letters

_AUDIT = b"SELECT (action, object_id, detail)::text FROM audit ORDER BY id"


async def test_what_is_named_is_done_at_once_and_audited(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        first, second, third = await dead_letters(conn, "support", range(3), "unreadable")
        done = await give_order(
            conn, "retry", EventSelection(ids=(first,)), Order(reason=" mended\0 ")
        )
        assert (done.count, done.job) == (1, None)
        done = await give_order(conn, "drop", EventSelection(ids=(second, third)))
        assert (done.count, done.job) == (2, None)
        assert await queued(conn) == {first: 0}
        assert await values(conn, b"SELECT lane FROM inbound_queue") == [1]
        assert await list_dead_letters(conn, 1, limit=9) == []
        resolutions = b"SELECT resolution FROM dead_letters ORDER BY event_id"
        assert await values(conn, resolutions) == ["retried", "dropped", "dropped"]
        entries = [str(entry) for entry in await values(conn, _AUDIT)]
    assert len(entries) == 2
    assert entries[0].startswith(f"(dead_letters.retried,{first},")
    assert "mended" in entries[0]
    assert entries[1].startswith("(dead_letters.dropped,,")
    assert third in entries[1]


async def test_of_what_is_named_all_or_nothing_is_done(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        (dead,) = await dead_letters(conn, "support", range(1), "unreadable")
        for kind in ("retry", "drop"):
            with pytest.raises(Conflict):
                await give_order(conn, kind, EventSelection(ids=(dead, new_id())))
        with pytest.raises(NotFound):
            await give_order(conn, "replay", EventSelection(ids=(dead, new_id())))
        assert await queued(conn) == {}
        assert await values(conn, _AUDIT) == []
        assert len(await list_dead_letters(conn, 1, limit=9)) == 1


@pytest.mark.parametrize(
    ("kind", "selection", "order", "error"),
    [
        ("retry", EventSelection(ids=()), FAST, ValidationFailed),
        ("retry", EventSelection(ids=("x",) * 1001), FAST, ValidationFailed),
        ("retry", EventSelection(since=NOW, until=NOW), FAST, ValidationFailed),
        ("replay", EventSelection(error_class="unreadable"), FAST, ValidationFailed),
        ("drop", EventSelection(), Order(reason="x" * 501), ValidationFailed),
        ("drop", EventSelection(), Order(events_per_second=0), ValidationFailed),
    ],
)
async def test_what_makes_no_sense_is_refused(
    open_connection: OpenConnection,
    kind: RecoveryKind,
    selection: EventSelection,
    order: Order,
    error: type[InletError],
) -> None:
    async with open_connection() as conn:
        with pytest.raises(error):
            await give_order(conn, kind, selection, order)


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (EventSelection(), range(6)),
        (EventSelection(error_class="database"), range(3, 6)),
        (EventSelection(provider="generic"), range(6)),
        (EventSelection(provider="twilio"), range(0)),
        (EventSelection(channel_id=a_channel("one").id), range(3)),
        (EventSelection(until=NOW), range(0)),
        (EventSelection(since=NOW), range(6)),
    ],
)
async def test_a_filter_says_which_dead_letters_a_job_is_about(
    database_url: str,
    open_connection: OpenConnection,
    selection: EventSelection,
    numbers: range,
) -> None:
    async with open_connection() as conn:
        ids = await dead_letters(conn, "one", range(3), "unreadable")
        ids += await dead_letters(conn, "two", range(3, 6), "database")
        listed = await list_dead_letters(conn, 1, selection, limit=9)
        assert [entry.event_id for entry in listed] == [ids[number] for number in reversed(numbers)]
        assert (await count_selected(conn, 1, "retry", selection)).count == len(numbers)
        done = await give_order(conn, "retry", selection)
        assert done.count == len(numbers)
        if done.job is not None:
            await finish(database_url, conn, done.job)
        assert sorted(await queued(conn)) == [ids[number] for number in numbers]


async def test_what_stopped_its_reader_is_tried_again_alone(
    database_url: str, open_connection: OpenConnection
) -> None:
    lanes = b"SELECT lane FROM inbound_queue ORDER BY event_id"
    async with open_connection() as conn:
        killer, _ = [
            (await dead_letters(conn, name, numbers, error_class))[0]
            for name, numbers, error_class in (
                ("one", range(1), "reader_killed"),
                ("two", range(1, 2), "unreadable"),
            )
        ]
        await finish(database_url, conn, await ask(conn, "retry", EventSelection()))
        assert await values(conn, lanes) == [2, 1]
        await conn.execute(b"DELETE FROM inbound_queue")
        await give_order(conn, "replay", EventSelection(ids=(killer,)))
        assert await values(conn, lanes) == [2]


async def test_another_customer_is_not_touched(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        (dead,) = await dead_letters(conn, "support", range(1), "unreadable")
        await conn.execute(b"INSERT INTO customers (id, name) VALUES (2, 'other')")
        other = Actor(customer_id=2)
        for kind in ("retry", "drop", "replay"):
            assert (await count_selected(conn, 2, kind, EventSelection())).count == 0
            async with conn.transaction():
                done = await recover(conn, other, kind, EventSelection(), FAST, new_id=new_id)
            assert (done.count, done.job) == (0, None)
            with pytest.raises((Conflict, NotFound)):
                async with conn.transaction():
                    await recover(
                        conn, other, kind, EventSelection(ids=(dead,)), FAST, new_id=new_id
                    )
        assert await queued(conn) == {}
        assert len(await list_dead_letters(conn, 1, limit=9)) == 1
