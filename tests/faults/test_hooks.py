"""Hooks are told every event at least once and in order, whatever receivers and workers do."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from conftest import OpenConnection
from databases import as_owner
from flows import (
    ANN,
    BEN,
    CAT,
    count_of,
    until,
    values,
)
from hook_receiver import (
    SECRET_KEY,
    Receiver,
    bodies,
    hook_config,
    hook_receiver,
    let_it_be_due,
    make_hook,
    receive,
    tell,
)
from sending import answer, sending_channel
from worker_process import worker_process

from app.clock import utc_now
from app.ids import new_id
from app.postgres_tools import run_tool
from domain.outbound import OutboundStatus
from store.database import connect
from store.hook_deliveries import lease_deliveries, queue_ping
from store.origin import settle_origin
from store.outbox import Change, append_changes
from store.receipts import Advance, advance_messages
from worker.background.consumers import drain_consumer
from worker.background.repeating import BackgroundConfig
from worker.background.retention import forget_told
from worker.hooks.deliver import Delivering
from worker.hooks.event_queues import EventQueues
from worker.hooks.queueing import hook_consumer
from worker.hooks.sender import open_hook_client, run_hooks

_RECEIVED = "message.received.v1"
_STATUS = b"""
    SELECT concat_ws(' ', status, attempt_count, error_class) FROM hook_deliveries ORDER BY position
"""
_HOOK = b"SELECT concat_ws(' ', disabled_reason, failing_since IS NOT NULL) FROM hooks"


def by_conversation(receiver: Receiver) -> dict[str, list[int]]:
    """List the numbers of the messages that were taken, by conversation, each once."""
    found = defaultdict[str, list[int]](list)
    for event in receiver.taken:
        message = event["data"]["message"]
        if message["seq"] not in found[message["conversation_id"]]:
            found[message["conversation_id"]].append(message["seq"])
    return found


async def test_what_happens_is_posted_signed_and_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        await receive(conn, database_url, "before")
        await make_hook(conn, receiver.url, _RECEIVED, "conversation.created.v1")
        await receive(conn, database_url, "first", "second")
        await receive(conn, database_url, "third", sender=BEN)
        config = hook_config(database_url, receiver.place)
        for _ in range(2):
            await tell(conn, config)
        told = [event for event in receiver.taken if event["type"] == _RECEIVED]
        assert sorted(bodies(told)) == ["first", "second", "third"]
        assert bodies(told).index("first") < bodies(told).index("second")
        begun = [event for event in receiver.taken if event["type"] != _RECEIVED]
        assert [event["data"]["conversation"]["message_count"] for event in begun] == [1]
        assert receiver.forged == 0
        assert await values(conn, _STATUS) == ["delivered 1"] * 4
        log = b"SELECT concat_ws(' ', attempt, http_status, answer, error_class) FROM hook_attempts"
        assert await values(conn, log) == ["1 200 ok"] * 4


async def test_each_status_is_told_in_order_and_is_that_of_then(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Whatever the message is by the time at which it is told."""
    async with open_connection() as conn, hook_receiver() as receiver:
        await make_hook(conn, receiver.url, "message.status.v1", "message.updated.v1")
        await sending_channel(conn)
        await receive(conn, database_url, "a")
        conversation = str((await values(conn, b"SELECT id FROM conversations"))[0])
        queued = await answer(conn, conversation, "On its way")
        statuses: tuple[OutboundStatus, ...] = ("sent", "delivered")
        for status in statuses:
            advance = Advance(customer_id=1, message_id=queued.message_id, status=status)
            await advance_messages(conn, [advance])
        change = Change(
            type="message.updated", conversation_id=conversation, message_id=queued.message_id
        )
        await append_changes(conn, 1, [change])
        await tell(conn, hook_config(database_url, receiver.place))
        told = [(event["type"], event["data"].get("status")) for event in receiver.taken]
        assert told == [
            ("message.status.v1", "sent"),
            ("message.status.v1", "delivered"),
            ("message.updated.v1", None),
        ]
        assert {event["data"]["message"]["status"] for event in receiver.taken} == {"delivered"}


async def test_a_change_that_is_given_again_is_told_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, database_url, "first")
        config = hook_config(database_url, receiver.place)
        await tell(conn, config)
        await conn.execute("UPDATE outbox_cursors SET xid = '0'::xid8, seq = 0")
        await tell(conn, config)
        assert len(receiver.posted) == 1


async def test_it_fails_at_random_and_everything_arrives_in_order(
    database_url: str, open_connection: OpenConnection
) -> None:
    random = Random(7)  # noqa: S311  # the same each time
    async with open_connection() as conn, hook_receiver() as receiver:
        receiver.answer = lambda _event: random.choice([200, 200, 500, 0, 302])
        await make_hook(conn, receiver.url, _RECEIVED)
        for sender in (ANN, BEN, CAT):
            await receive(conn, database_url, *(f"{sender}-{n}" for n in range(8)), sender=sender)
        config = hook_config(database_url, receiver.place)
        for _ in range(200):
            await tell(conn, config)
            if not await values(conn, b"SELECT 1 FROM hook_deliveries WHERE status = 'pending'"):
                break
            await let_it_be_due(conn)
        assert sorted(by_conversation(receiver).values()) == [list(range(1, 9))] * 3
        assert len({event["id"] for event in receiver.taken}) == 24
        assert receiver.forged == 0
        assert await values(conn, _HOOK) == ["f"]


async def test_a_conversation_waits_for_its_event_and_no_other_does(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        receiver.answer = lambda event: 500 if bodies([event]) == ["a1"] else 200
        await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, database_url, "a1", "a2")
        await receive(conn, database_url, "b1", "b2", sender=BEN)
        await tell(conn, hook_config(database_url, receiver.place))
        assert bodies(receiver.taken) == ["b1", "b2"]
        assert (await values(conn, _STATUS))[:2] == ["pending 1 refused", "pending 0"]
        later = utc_now() + timedelta(days=3, hours=1)
        await conn.execute("UPDATE hooks SET failing_since = NULL")
        await let_it_be_due(conn)
        await tell(conn, hook_config(database_url, receiver.place, clock=lambda: later))
        assert bodies(receiver.taken) == ["b1", "b2", "a2"]
        assert (await values(conn, _STATUS))[0] == "failed 2 refused"


async def test_one_that_hangs_delays_no_other(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as slow, hook_receiver() as quick:
        slow.answer = lambda _event: None
        await make_hook(conn, slow.url, _RECEIVED)
        await make_hook(conn, quick.url, _RECEIVED)
        people = [f"+1415556{number:04}" for number in range(20)]
        for person in people:
            await receive(conn, database_url, person, sender=person)
        await drain_consumer(conn, hook_consumer())
        stop = asyncio.Event()
        running = asyncio.create_task(
            run_hooks(hook_config(database_url, slow.place, quick.place), stop)
        )
        began = asyncio.get_running_loop().time()

        async def has_all() -> bool:
            return len(quick.taken) == 20 and len(slow.posted) == 8

        await until(has_all)
        assert asyncio.get_running_loop().time() - began < 10
        assert slow.taken == []
        stop.set()
        await running
        assert await values(conn, b"SELECT count(*) FROM hook_attempts") == [20]


async def test_many_that_hang_leave_room_for_those_that_work(
    database_url: str, open_connection: OpenConnection
) -> None:
    """More than may be failing at once, and each has failed before."""
    async with open_connection() as conn, hook_receiver() as slow, hook_receiver() as quick:
        slow.answer = lambda _event: None
        for _ in range(40):
            ill = await make_hook(conn, slow.url, _RECEIVED)
            await queue_ping(conn, 1, ill.id, new_id(), utc_now())
        await conn.execute("UPDATE hooks SET failing_since = now()")
        config = hook_config(database_url, slow.place, quick.place, answer_seconds=50.0)
        running = asyncio.create_task(run_hooks(config, asyncio.Event()))

        async def are_hanging() -> bool:
            return len(slow.posted) >= 32

        async def is_told() -> bool:
            return len(quick.taken) == 1

        await until(are_hanging)
        well = await make_hook(conn, quick.url, _RECEIVED)
        await queue_ping(conn, 1, well.id, new_id(), utc_now())
        await until(is_told)
        assert len(slow.posted) == 32
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_is_gone_is_told_to_nobody(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        await make_hook(conn, receiver.url, "note.created.v1")
        await append_changes(conn, 1, [Change(type="note.created", object_id=new_id())])
        await tell(conn, hook_config(database_url, receiver.place))
        assert receiver.posted == []
        assert await values(conn, _STATUS) == ["failed 1 gone"]


async def test_who_lost_the_lease_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        hook = await make_hook(conn, receiver.url, _RECEIVED)
        await queue_ping(conn, 1, hook.id, new_id(), utc_now())
        config = hook_config(database_url, receiver.place)
        [slow] = await lease_deliveries(conn, (1, hook.id), 8, 60)
        await let_it_be_due(conn)
        [quick] = await lease_deliveries(conn, (1, hook.id), 8, 60)
        async with open_hook_client(config) as client:
            delivering = Delivering(
                conn=conn,
                turn=asyncio.Lock(),
                client=client,
                queues=EventQueues(config),
                config=config,
            )
            await delivering.deliver(slow)
            assert await values(conn, _STATUS) == ["pending 2"]
            await delivering.deliver(quick)
        assert await values(conn, _STATUS) == ["delivered 2"]
        assert receiver.posted[0]["id"] == receiver.posted[1]["id"]


async def test_a_restored_dump_tells_no_hook_and_a_standby_goes_on(
    fresh_database_url: str,
) -> None:
    async with await connect(fresh_database_url, "tests") as conn, hook_receiver() as receiver:
        await settle_origin(conn)
        await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, fresh_database_url, "a")
        await conn.execute("UPDATE outbox_origin SET timeline = timeline + 1")
        await settle_origin(conn)
        assert await values(conn, _HOOK) == ["f"]
        await conn.execute("UPDATE outbox_origin SET table_oid = table_oid + 1")
        await settle_origin(conn)
        assert await values(conn, _HOOK) == ["restored f"]
        await tell(conn, hook_config(fresh_database_url, receiver.place))
        assert receiver.posted == []


async def test_a_worker_on_a_restored_dump_posts_nothing(
    fresh_database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "inlet.sql")
    async with await connect(fresh_database_url, "tests") as conn, hook_receiver() as receiver:
        await settle_origin(conn)
        await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, fresh_database_url, "a", "b")
        await drain_consumer(conn, hook_consumer())
        dump = ("pg_dump", "-O", "-f", file, as_owner(fresh_database_url))
        restore = ("psql", "-Xq1", "-f", file, "-d", empty_database_url)
        for command in (dump, restore):
            ended = await asyncio.to_thread(run_tool, None, *command)
            assert ended.returncode == 0, ended.stderr
        async with (
            await connect(empty_database_url, "tests") as restored,
            worker_process(
                empty_database_url,
                tmp_path / "log",
                SECRET_KEY=SECRET_KEY,
                HOOK_PRIVATE_HOSTS=receiver.place,
            ),
        ):

            async def is_settled() -> bool:
                return await values(restored, _HOOK) == ["restored f"]

            await until(is_settled)
            assert await values(restored, _STATUS) == ["pending 0"] * 2
        assert receiver.posted == []
        await tell(conn, hook_config(fresh_database_url, receiver.place))
        assert bodies(receiver.taken) == ["a", "b"]


async def test_nothing_is_lost_where_the_worker_is_killed(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """Again and again, while it tells a hook that is slow; the last one finishes."""
    async with await connect(fresh_database_url, "tests") as conn, hook_receiver() as receiver:
        await make_hook(conn, receiver.url, _RECEIVED)
        people = [f"+1415556{number:04}" for number in range(10)]
        for person in people:
            names = [f"{person}-{number}" for number in range(6)]
            await receive(conn, fresh_database_url, *names, sender=person)
        worker = partial(
            worker_process,
            fresh_database_url,
            tmp_path / "log",
            SECRET_KEY=SECRET_KEY,
            HOOK_PRIVATE_HOSTS=receiver.place,
        )
        for _ in range(3):
            before = len(receiver.posted)

            async def has_begun(before: int = before) -> bool:
                return len(receiver.posted) > min(before + 5, 59)

            async with worker() as process:
                await until(has_begun)
                process.kill()
            await let_it_be_due(conn)  # and not when the leases of the one that was killed end
        async with worker():

            async def is_done() -> bool:
                done = b"SELECT count(*) FROM hook_deliveries WHERE status = 'delivered'"
                return await values(conn, done) == [60]

            await until(is_done)
        assert sorted(by_conversation(receiver).values()) == [list(range(1, 7))] * 10
        assert receiver.forged == 0


async def test_the_log_is_forgotten_after_a_month(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        hook = await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, database_url, "a")
        await tell(conn, hook_config(database_url, receiver.place))
        await queue_ping(conn, 1, hook.id, new_id(), utc_now())
        await conn.execute("UPDATE hooks SET disabled_at = now(), disabled_reason = 'by_hand'")
        config = BackgroundConfig(
            connect=lambda: connect(database_url, "tests"),
            clock=utc_now,
            new_id=new_id,
            on_commit=lambda: None,
        )
        for days, left in ((29, [2, 1]), (31, [1, 0]), (62, [0, 0])):
            now = utc_now() + timedelta(days=days)
            _ = [gone async for gone in forget_told(conn, now, config)]
            counts = [await count_of(conn, table) for table in ("hook_deliveries", "hook_attempts")]
            assert counts == left
