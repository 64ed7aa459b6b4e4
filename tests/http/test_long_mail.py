"""A long mail that is not kept clean yet is shown, whatever happens to who cleans it."""

import asyncio
from dataclasses import replace

from conftest import OpenConnection
from flows import a_mail, make_channel, record, until, values, work
from page_house import log_in, text_of
from text_processes import text_processes
from whole_house import KeyPlan, key_text, open_house

_HTML = "<p>Where is <b>my</b> parcel?</p><script>alert(1)</script>" * 5_000


async def _has_begun() -> bool:
    return bool(text_processes())


async def test_a_mail_is_shown_although_its_process_is_killed(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "mail", "email")
        await record(conn, channel, replace(a_mail("one", body=_HTML), body_format="html"))
        await work(database_url)
        [message_id] = await values(conn, b"SELECT id::text FROM messages")
    async with open_house(database_url, (), {"reader": KeyPlan(agent="Ann")}) as house:
        await log_in(house.client, key_text("reader"))
        opening = [
            asyncio.create_task(house.client.get(f"/inbox/m/{message_id}/html")) for _ in range(2)
        ]
        await until(_has_begun)
        [process] = text_processes()
        process.kill()
        for response in await asyncio.gather(*opening):
            assert response.status_code == 200
            assert text_of(response.text).count("my parcel?") == 5_000
            assert "alert" not in response.text
    assert not process.is_running()
