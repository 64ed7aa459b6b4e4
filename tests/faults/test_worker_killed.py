"""A worker killed in the middle of a batch loses nothing and leaves nothing done twice."""

import asyncio
from pathlib import Path

from flows import (
    ANN,
    BEN,
    an_sms,
    conversations,
    count_of,
    groups,
    make_channel,
    record,
    until,
    until_blocked,
    values,
    work,
)
from worker_process import worker_process

from store.database import Connection, connect

_CLAIMABLE = b"SELECT event_id FROM inbound_queue FOR UPDATE SKIP LOCKED"


async def _claimable(conn: Connection) -> int:
    async with conn.transaction():
        return len(await values(conn, _CLAIMABLE))


async def test_its_claims_are_free_again_at_once(fresh_database_url: str, tmp_path: Path) -> None:
    """It is held in mid-batch by a conversation that somebody else has locked."""
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("first", ANN))
        await work(fresh_database_url)
        texts = [an_sms(f"m{n:02}", (ANN, BEN)[n % 2], minute=n + 1) for n in range(50)]
        await record(conn, channel, *texts)
        async with (
            await connect(fresh_database_url, "holder") as holder,
            worker_process(fresh_database_url, tmp_path / "log") as process,
        ):
            async with holder.transaction():
                await holder.execute("SELECT id FROM conversations FOR UPDATE")
                await until_blocked(conn)
                assert await _claimable(conn) == 0
                process.kill()
                process.wait()

            async def are_free() -> bool:
                return await _claimable(conn) == 50

            await until(are_free)
        assert await values(conn, b"SELECT max(attempt_count) FROM inbound_queue") == [0]
        assert await count_of(conn, "messages") == 1
        assert await count_of(conn, "outbox") == 1
        assert await work(fresh_database_url) == 50
        assert [len(group) for group in await groups(conn)] == [26, 25]
        assert await count_of(conn, "inbound_failures") == 0
        assert await count_of(conn, "outbox") == 51


async def test_killed_again_and_again(fresh_database_url: str, tmp_path: Path) -> None:
    """Five times while it works on a backlog of small batches; the sixth finishes."""
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        people = [f"+1415556{number:04}" for number in range(20)]
        await record(
            conn, channel, *(an_sms(f"m{n}", people[n % 20], minute=n % 700) for n in range(2000))
        )
        for _ in range(5):
            done = await count_of(conn, "messages")

            async def has_begun(before: int = done) -> bool:
                return await count_of(conn, "messages") > min(before, 1999)

            log = tmp_path / "log"
            async with worker_process(fresh_database_url, log, batch_size=5) as process:
                await until(has_begun)
                process.kill()
        assert await count_of(conn, "messages") > 0
        async with worker_process(fresh_database_url, tmp_path / "log"):

            async def is_done() -> bool:
                return await count_of(conn, "inbound_queue") == 0

            await until(is_done)
        seen = await conversations(conn)
        assert sorted(len(conversation.messages) for conversation in seen) == [100] * 20
        assert await count_of(conn, "messages") == 2000
        assert await count_of(conn, "outbox") == 2000
        assert await count_of(conn, "inbound_failures") == 0


async def test_its_readers_go_with_it(fresh_database_url: str, tmp_path: Path) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        async with worker_process(fresh_database_url, tmp_path / "log") as process:

            async def is_done() -> bool:
                return await count_of(conn, "messages") == 1

            await until(is_done)
            readers = _offspring(process.pid)
            assert readers
            process.kill()
            process.wait()

        async def are_gone() -> bool:
            return not any(_is_alive(reader) for reader in readers)

        await until(are_gone)


async def test_told_to_stop_in_mid_batch_it_rolls_back_in_time(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """Somebody holds what it waits for, and does not let go."""
    async with (
        await connect(fresh_database_url, "tests") as conn,
        await connect(fresh_database_url, "holder") as holder,
    ):
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("first", ANN))
        await work(fresh_database_url)
        await record(conn, channel, an_sms("second", ANN, minute=1))
        async with holder.transaction():
            await holder.execute("SELECT id FROM conversations FOR UPDATE")
            async with worker_process(fresh_database_url, tmp_path / "log") as process:
                await until_blocked(conn)
                process.terminate()
                await asyncio.to_thread(process.wait, 120)
                assert process.returncode == 0
        assert await values(conn, b"SELECT attempt_count FROM inbound_queue") == [0]
        assert await count_of(conn, "inbound_failures") == 0
        assert await work(fresh_database_url) == 1
        assert await groups(conn) == [("first", "second")]


def _offspring(pid: int) -> list[int]:
    """List the processes that descend from one, as the kernel tells it."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_offspring(child)]
    return found


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(") ")[2][0] != "Z"
