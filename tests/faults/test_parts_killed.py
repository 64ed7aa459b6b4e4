"""A worker killed while it joins parts of a text leaves them waiting; another one joins them."""

from pathlib import Path

from dividing import a_part, make_vonage, texts_of
from flows import count_of, record, until, until_blocked, values, work
from worker_process import worker_process

from store.database import connect


async def test_the_last_part_came_to_a_worker_that_was_killed(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """It is held in mid-batch by the sender's conversation, which somebody else has locked."""
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_vonage(conn)
        first = [a_part(number, 2, f"{number} ", reference="1") for number in (1, 2)]
        await record(conn, channel, *first, a_part(1, 3, "a", identity="p1"))
        await work(fresh_database_url)
        assert await count_of(conn, "messages") == 1
        later = [
            a_part(number, 3, text, identity=f"p{number}") for number, text in ((3, "c"), (2, "b"))
        ]
        async with (
            await connect(fresh_database_url, "holder") as holder,
            worker_process(fresh_database_url, tmp_path / "log") as process,
        ):
            async with holder.transaction():
                await holder.execute("SELECT id FROM conversations FOR UPDATE")
                await record(conn, channel, *later)
                await until_blocked(conn)
                process.kill()
                process.wait()
            waiting = b"SELECT count(*) FROM message_parts WHERE message_id IS NULL"
            assert await values(conn, waiting) == [1]
        assert await count_of(conn, "inbound_queue") == 3
        async with worker_process(fresh_database_url, tmp_path / "log"):

            async def is_done() -> bool:
                return await count_of(conn, "inbound_queue") == 0

            await until(is_done)
        assert sorted(await texts_of(conn)) == [("1 2 ", "1-1 1-2"), ("abc", "p1 p2 p3")]
        assert await count_of(conn, "inbound_failures") == 0
        assert await count_of(conn, "outbox") == 2
