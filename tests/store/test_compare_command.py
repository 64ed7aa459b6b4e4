"""`inlet compare`: what it prints, and how it ends."""

from typing import Any

from command_line import Inlet
from databases import run_coroutine
from flows import an_sms, make_channel, record, work

from store.database import connect


async def _plant(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("one"))
        await work(database_url)
        await conn.execute(b"UPDATE conversations SET message_count = 4, last_seq = 4")
        await conn.execute(b"UPDATE messages SET subject = 'planted'")


def test_wrong_rows_are_shown_then_mended(database_url: str, inlet: Inlet) -> None:
    run_coroutine(_plant(database_url))
    shown = inlet("compare", "--json")
    assert shown.code == 1
    found: dict[str, Any] = {part["part"]: part for part in shown.json}
    assert found["messages"]["samples"][0]["columns"] == ["subject"]
    assert (found["conversations"]["rows_wrong"], found["bodies"]["rows_seen"]) == (1, 1)
    mended = inlet("compare", "--mend")
    assert (mended.code, "conversations" in mended.out) == (0, True)
    assert inlet("compare").code == 0
    runs = inlet("compare", "--runs")
    assert (runs.code, "asked" in runs.out) == (0, True)
    assert {run["part"] for run in inlet("compare", "--runs", "--json").json} == {
        "messages", "conversations",
    }  # fmt: skip
