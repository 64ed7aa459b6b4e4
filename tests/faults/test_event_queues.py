"""Events go into queues at least once and in order, whatever queues and workers do."""

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Generator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import OpenConnection
from flows import ANN, BEN, a_channel, an_sms, count_of, make_channel, record, until, values, work
from hook_receiver import SECRET_KEY, hook_config, let_it_be_due, tell
from queue_servers import (
    SqsServer,
    make_queue_hook,
    nats_server,
    sqs_server,
    told_to,
)
from worker_process import worker_process

from app.clock import utc_now
from app.ids import new_id
from store.database import Connection, connect
from store.hook_deliveries import lease_deliveries, queue_again, queue_ping
from store.hooks import disable_hook
from worker.hooks.deliver import Delivering
from worker.hooks.event_queues import EventQueues
from worker.hooks.sender import HookSender, open_hook_client

_RECEIVED = "message.received.v1"
_STATUS = b"""
    SELECT concat_ws(' ', status, attempt_count, error_class) FROM hook_deliveries ORDER BY position
"""
_DELIVERED = b"SELECT count(*) FROM hook_deliveries WHERE status = 'delivered'"
_MORE_THAN_THREE = b"SELECT count(*) > 3 FROM hook_deliveries WHERE status = 'delivered'"
_NOWHERE = "127.0.0.1:1"
_USER_KEY = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
_USER_SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"


@pytest.fixture(scope="module")
def sqs(tmp_path_factory: pytest.TempPathFactory) -> Generator[SqsServer]:
    with sqs_server(tmp_path_factory.mktemp("sqs") / "log") as server:
        yield server


async def _receive(conn: Connection, database_url: str, *texts: tuple[str, str]) -> None:
    """Let texts come in, from whom each says, and be messages."""
    if not await count_of(conn, "channels"):
        await make_channel(conn, "sms")
    for sender in dict.fromkeys(sender for sender, _ in texts):
        names = [name for whose, name in texts if whose == sender]
        await record(conn, a_channel("sms"), *(an_sms(name, sender, body=name) for name in names))
    await work(database_url)


def _by_conversation(events: Iterable[dict[str, Any]]) -> list[list[int]]:
    """List the numbers of messages in the order in which they were told, by conversation."""
    found = defaultdict[str, list[int]](list)
    for event in events:
        message = event["data"]["message"]
        found[message["conversation_id"]].append(message["seq"])
    return sorted(found.values())


async def _deliver_twice(conn: Connection, hook_id: str, database_url: str) -> None:
    """Put an event into a queue and forget that, as a worker does that is killed between."""
    config = hook_config(database_url)
    queues = EventQueues(config)
    async with open_hook_client(config) as client:
        delivering = Delivering(
            conn=conn, turn=asyncio.Lock(), client=client, queues=queues, config=config
        )
        [slow] = await lease_deliveries(conn, (1, hook_id), 1, 60)
        await let_it_be_due(conn)
        [quick] = await lease_deliveries(conn, (1, hook_id), 1, 60)
        await delivering.deliver(slow)
        await delivering.deliver(quick)
    await queues.close()


async def test_a_fifo_queue_that_was_away_has_everything_once_and_in_order(
    sqs: SqsServer, database_url: str, open_connection: OpenConnection
) -> None:
    url = sqs.make_queue(FifoQueue="true")
    async with open_connection() as conn:
        away = f"sqs+http://{_NOWHERE}/1/inlet.fifo?region=eu-central-1"
        hook = await make_queue_hook(conn, away, _RECEIVED)
        texts = [(whose, f"{whose} {number}") for number in range(4) for whose in (ANN, BEN)]
        await _receive(conn, database_url, *texts)
        config = hook_config(database_url)
        await tell(conn, config)
        statuses = sorted(map(str, await values(conn, _STATUS)))
        assert statuses == ["pending 0"] * 6 + ["pending 1 unreachable"] * 2
        await conn.execute("UPDATE hooks SET url = %s", (url,))
        await let_it_be_due(conn)
        await _deliver_twice(conn, hook.id, database_url)
        await let_it_be_due(conn)
        await tell(conn, config)
        assert await values(conn, _DELIVERED) == [8]
        [first, *_] = await values(conn, b"SELECT id::text FROM hook_deliveries")
        assert await queue_again(conn, 1, str(first), utc_now())
        await tell(conn, config)
        taken = sqs.take_all(url)
        events = [msgspec.json.decode(message["Body"]) for message in taken]
        assert _by_conversation(events) == [[1, 2, 3, 4]] * 2
        for event, attributes in zip(events, (each["Attributes"] for each in taken), strict=True):
            assert attributes["MessageDeduplicationId"] == event["id"]
            conversation_id = event["data"]["message"]["conversation_id"]
            assert attributes["MessageGroupId"] == conversation_id


async def test_a_usual_queue_may_have_an_event_twice_under_one_id(
    sqs: SqsServer, database_url: str, open_connection: OpenConnection
) -> None:
    url = sqs.make_queue()
    async with open_connection() as conn:
        hook = await make_queue_hook(conn, url, _RECEIVED)
        odd = "ä \u2028 \ufffe \uffff"
        await queue_ping(conn, 1, hook.id, new_id(), utc_now())
        await _deliver_twice(conn, hook.id, database_url)
        await _receive(conn, database_url, (ANN, odd))
        await tell(conn, hook_config(database_url))
        first, again, odd_one = [msgspec.json.decode(each["Body"]) for each in sqs.take_all(url)]
        assert first["type"] == "ping.v1"
        assert first["id"] == again["id"]
        assert odd_one["data"]["message"]["body"] == odd
        log = b"SELECT answer FROM hook_attempts WHERE http_status = 200 AND error_class IS NULL"
        assert all("MessageId" in str(answer) for answer in await values(conn, log))


async def test_what_sqs_refuses_waits_and_what_is_too_large_does_not(
    sqs: SqsServer, database_url: str, open_connection: OpenConnection
) -> None:
    small = sqs.make_queue(MaximumMessageSize="1024")
    async with open_connection() as conn:
        await _receive(conn, database_url, (BEN, "before"))
        await make_queue_hook(conn, small, _RECEIVED)
        await make_queue_hook(
            conn, f"sqs+http://{_NOWHERE}/1/a?region=x", _RECEIVED, credential="none"
        )
        gone = small.replace("/inlet-", "/gone-")
        await make_queue_hook(conn, gone, _RECEIVED)
        await _receive(conn, database_url, (ANN, "a" * 1024))
        await tell(conn, hook_config(database_url))
        kinds = (
            b"SELECT DISTINCT concat_ws(' ', status, error_class) FROM hook_deliveries ORDER BY 1"
        )
        assert await values(conn, kinds) == [
            "failed too_large", "pending no_credential", "pending refused",
        ]  # fmt: skip
        assert sqs.take_all(small) == []


async def test_a_stream_of_nats_that_was_away_has_everything_once_and_in_order(
    tmp_path: Path, database_url: str, open_connection: OpenConnection
) -> None:
    server = nats_server(tmp_path)
    async with open_connection() as conn:
        hook = await make_queue_hook(conn, server.url, _RECEIVED, credential="")
        texts = [(whose, f"{whose} {number}") for number in range(4) for whose in (ANN, BEN)]
        await _receive(conn, database_url, *texts)
        config = hook_config(database_url)
        await tell(conn, config)
        assert set(await values(conn, _STATUS)) == {"pending 0", "pending 1 unreachable"}
        with server.running():
            await let_it_be_due(conn)
            await tell(conn, config)
            assert set(await values(conn, _STATUS)) == {"pending 0", "pending 2 no_stream"}
            async with server.streams() as streams:
                await streams.add_stream(name="EVENTS", subjects=["inlet.>"])
            await let_it_be_due(conn)
            await _deliver_twice(conn, hook.id, database_url)
            answer = b"SELECT answer FROM hook_attempts WHERE answer ~ 'stream'"
            assert (await values(conn, answer)) == [
                "message 1 of stream EVENTS, which had it already"
            ]
        with server.running():
            await let_it_be_due(conn)
            await tell(conn, config)
            assert await values(conn, _DELIVERED) == [8]
            async with server.streams() as streams:
                told = await told_to(streams)
                subject = (await streams.get_msg("EVENTS", 1)).subject
        assert subject == "inlet.message.received.v1"
        assert [message_id for message_id, _ in told] == [event["id"] for _, event in told]
        assert _by_conversation(event for _, event in told) == [[1, 2, 3, 4]] * 2


async def test_a_server_of_nats_that_was_started_again_costs_no_attempt(
    tmp_path: Path, database_url: str, open_connection: OpenConnection
) -> None:
    server, config = nats_server(tmp_path), hook_config(database_url)
    async with open_connection() as conn, open_hook_client(config) as client:
        hook = await make_queue_hook(conn, server.url, credential="")
        sender = HookSender(config, client, asyncio.Event())
        for _ in range(2):
            await queue_ping(conn, 1, hook.id, new_id(), utc_now())
            with server.running():
                async with server.streams() as streams:
                    await streams.add_stream(name="EVENTS", subjects=["inlet.>"])
                await sender.begin(conn)
                await sender.finish()
        await sender.close(0.0)
        assert await values(conn, _STATUS) == ["delivered 1"] * 2


async def test_nats_is_shown_a_credential_and_its_limits_are_heeded(
    tmp_path: Path, database_url: str, open_connection: OpenConnection
) -> None:
    users = (
        f'{{user: "inlet", password: "a:b", permissions: {{publish: ["inlet.>"]}}}}, '
        f'{{user: "other", password: "c", permissions: {{publish: ["other.>"]}}}}, '
        f"{{nkey: {_USER_KEY}}}"
    )
    (tmp_path / "conf").write_text(f"max_payload: 2048\nauthorization: {{users: [{users}]}}\n")
    server = nats_server(tmp_path)
    server.options = ["-c", str(tmp_path / "conf")]
    async with open_connection() as conn:
        types = ("conversation.created.v1", _RECEIVED)
        hooks = [
            await make_queue_hook(conn, server.url, *types, credential=credential)
            for credential in ("inlet:a:b", _USER_SEED, "inlet:wrong", "other:c")
        ]
        with server.running():
            async with server.streams(nkeys_seed_str=_USER_SEED) as streams:
                await streams.add_stream(name="EVENTS", subjects=["inlet.>"])
            for hook in hooks:
                await queue_ping(conn, 1, hook.id, new_id(), utc_now())
            await tell(conn, hook_config(database_url, answer_seconds=2.0))
            assert await values(conn, _STATUS) == [
                "delivered 1", "delivered 1", "pending 1 not_authorized", "pending 1 no_answer",
            ]  # fmt: skip
            said = b"SELECT answer FROM hook_attempts WHERE error_class = 'no_answer'"
            assert "permissions violation" in str(await values(conn, said))
            for table in (b"hook_attempts", b"hook_deliveries"):
                await conn.execute(b"DELETE FROM " + table)
            for hook in hooks[1:]:
                await disable_hook(conn, 1, hook.id, "by_hand", utc_now())
            await _receive(conn, database_url, (ANN, "a" * 2048), (ANN, "b"))
            await tell(conn, hook_config(database_url))
            assert await values(conn, _STATUS) == [
                "delivered 1", "failed 1 too_large", "delivered 1",
            ]  # fmt: skip


async def test_nothing_is_lost_where_the_worker_is_killed(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """While it fills a stream, which drops what it is given twice."""
    server = nats_server(tmp_path)
    people = [f"+1415556{number:04}" for number in range(10)]
    async with await connect(fresh_database_url, "tests") as conn:
        with server.running():
            async with server.streams() as streams:
                await streams.add_stream(name="EVENTS", subjects=["inlet.>"])
            hook = await make_queue_hook(conn, server.url, _RECEIVED, credential="")
            texts = [(whose, f"{whose} {number}") for whose in people for number in range(6)]
            await _receive(conn, fresh_database_url, *texts)
            worker = partial(
                worker_process, fresh_database_url, tmp_path / "log", SECRET_KEY=SECRET_KEY
            )

            async def has_begun() -> bool:
                return await values(conn, _MORE_THAN_THREE) == [True]

            async with worker() as process:
                await until(has_begun)
                process.kill()
            await let_it_be_due(conn)  # and not when the leases of the one that was killed end
            async with worker():

                async def is_done() -> bool:
                    return await values(conn, _DELIVERED) == [60]

                await until(is_done)
                tested = await asyncio.to_thread(_test, fresh_database_url, tmp_path, hook.id)
            assert (tested.returncode, tested.stdout) == (0, "The queue took a ping.v1.\n")
            async with server.streams() as streams:
                told = [event for _, event in await told_to(streams)]
    assert told.pop()["type"] == "ping.v1"
    assert _by_conversation(told) == [[1, 2, 3, 4, 5, 6]] * 10


def _test(database_url: str, folder: Path, hook_id: str) -> subprocess.CompletedProcess[str]:
    """Try the queue as an operator does, while a worker runs."""
    return subprocess.run(
        (sys.executable, "-P", "-m", "app.cli", "transport", "test", hook_id),
        env={"DATABASE_URL": database_url, "SECRET_KEY": SECRET_KEY},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
