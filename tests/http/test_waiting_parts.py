"""A part that waits for the others of its text: operators see that, and it is no error."""

from dividing import a_part, let_wait, make_vonage
from flows import record
from operator_desk import open_operator_desk
from ops_house import get
from page_house import text_of

from store.database import connect


async def test_a_part_that_waits_says_so(database_url: str) -> None:
    async with (
        open_operator_desk(database_url) as desk,
        await connect(database_url, "tests") as conn,
    ):
        channel = await make_vonage(conn)
        [waiting] = await record(conn, channel, a_part(2, 3, "b"))
        await desk.house.work()
        text = text_of(await desk.get(f"/ops/events/{waiting}"))
        assert "It is part 2 of 3 of a text, and waits for the others" in text
        told = (await get(desk.house, f"/events/{waiting}"))["waiting"]
        assert (told["part_number"], told["part_total"], told["failed_attempts"]) == (2, 3, 0)

        await let_wait(conn)
        await record(conn, channel, a_part(1, 3, "a"))
        await desk.house.work()
        found = await get(desk.house, f"/events/{waiting}")
        assert found["waiting"] is None
        assert found["event"]["status"] == "processed"
        text = text_of(await desk.get(f"/ops/events/{waiting}"))
        assert "number 1, received" in text
        listed = await get(desk.house, "/events?status=processed")
        assert [found["message"]["id"]] == [listed["items"][-1]["id"]]
