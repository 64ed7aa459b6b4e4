"""A worker killed in the middle of a batch loses nothing and leaves nothing done twice."""

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
                return await count_of(conn, "messages") > before

            log = tmp_path / "log"
            async with worker_process(fresh_database_url, log, batch_size=5) as process:
                await until(has_begun)
                process.kill()
        assert 0 < await count_of(conn, "messages") < 2000
        async with worker_process(fresh_database_url, tmp_path / "log"):

            async def is_done() -> bool:
                return await count_of(conn, "inbound_queue") == 0

            await until(is_done)
        seen = await conversations(conn)
        assert sorted(len(one.messages) for one in seen) == [100] * 20
        assert await count_of(conn, "messages") == 2000
        assert await count_of(conn, "outbox") == 2000
        assert await count_of(conn, "inbound_failures") == 0
