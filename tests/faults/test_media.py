"""Media of messages are fetched once, early, by a lease; a text never waits for them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import respx
from conftest import OpenConnection
from filing import do
from flows import (
    NOW,
    an_sms,
    count_of,
    groups,
    make_channel,
    record,
    until,
    values,
    work,
)
from media_fetching import PNG, fetch_all_with, kept_content, let_it_be_due, media_config
from media_server import answer, media_server
from rebuilding import compare, found, lose, mend
from worker_process import worker_process

from app.clock import utc_now
from domain.channel import Channel
from domain.media_provider import TRIED_FOR
from store.database import Connection, connect
from store.media import count_media, lease_media
from store.replay import replay_events
from worker.background.file_forgetting import collect_files
from worker.fetching.config import FetcherConfig
from worker.fetching.fetcher import fetch_next_media, open_media_client, run_media_fetcher
from worker.fetching.media import MediaFetching
from worker.sending.access_token import AccessTokens

_STATUS = b"SELECT concat_ws(' ', status, attempt_count, error_class) FROM media_fetches ORDER BY 1"


async def fetch(conn: Connection, config: FetcherConfig) -> int:
    """Fetch whatever is due; return how much that was."""
    count = 0
    async with open_media_client(config) as client:
        tokens = AccessTokens(client, config.clock)
        while await fetch_next_media(conn, client, tokens, config):
            count += 1
    return count


async def receive(conn: Connection, database_url: str, *urls: str) -> Channel:
    """Let a message with media come in, and be shown."""
    channel = await make_channel(conn, "sms")
    await record(conn, channel, an_sms("m1", kind="mms", attachments=urls))
    await work(database_url)
    return channel


async def test_what_a_message_has_at_its_provider_is_fetched(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers |= {"/a": answer(200, PNG), "/b": answer(200, b"text", etag="x")}
        await receive(conn, database_url, media.url("/a"), media.url("/b"))
        assert await groups(conn) == [("m1",)]  # before anything was fetched
        assert await kept_content(conn) is None
        before = await count_of(conn, "outbox")
        assert await fetch(conn, media_config(database_url, media.place)) == 2
        assert (await kept_content(conn), await kept_content(conn, 2)) == (PNG, b"text")
        assert await values(conn, b"SELECT media_type FROM files ORDER BY 1") == ["image/png", None]
        assert await values(conn, _STATUS) == ["stored 1", "stored 1"]
        assert await count_of(conn, "outbox") == before + 2
        assert await values(conn, b"SELECT type FROM outbox ORDER BY seq DESC LIMIT 2") == (
            ["message.updated"] * 2
        )
        assert await fetch(conn, media_config(database_url, media.place)) == 0
        assert media.asked == ["/a", "/b"]


async def test_a_text_without_media_queues_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await receive(conn, database_url)
        assert await groups(conn) == [("m1",)]
        assert await count_of(conn, "media_fetches") == 0


async def test_replay_and_rebuild_fetch_nothing_again_and_lose_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers["/a"] = answer(200, PNG)
        await receive(conn, database_url, media.url("/a"), media.url("/gone"))
        await fetch(conn, media_config(database_url, media.place))
        state = await values(conn, b"SELECT t::text FROM media_fetches AS t ORDER BY position")
        assert len((await replay_events(conn, 1)).queued_ids) == 1
        await work(database_url)
        assert (await compare(database_url)).is_equal
        await lose(conn, ["m1"])
        assert found(await mend(database_url))["messages"] == "missing 1"
        assert (await compare(database_url)).is_equal
        assert await kept_content(conn) == PNG
        assert state == await values(
            conn, b"SELECT t::text FROM media_fetches AS t ORDER BY position"
        )
        assert await fetch(conn, media_config(database_url, media.place)) == 0
        assert media.asked == ["/a", "/gone"]


async def test_what_a_rebuild_mends_is_fetched_where_it_is_now(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers |= {"/a": answer(200, PNG), "/wrong": answer(200, b"other")}
        await receive(conn, database_url, media.url("/a"))
        await conn.execute("UPDATE attachments SET url = %s", (media.url("/wrong"),))
        await conn.execute("UPDATE media_fetches SET url = %s", (media.url("/wrong"),))
        await fetch(conn, media_config(database_url, media.place))
        assert await kept_content(conn) == b"other"
        await mend(database_url)
        assert await kept_content(conn) is None
        await fetch(conn, media_config(database_url, media.place))
        assert await kept_content(conn) == PNG


async def test_what_no_message_has_any_more_is_not_fetched(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        await receive(conn, database_url, media.url("/a"))
        await conn.execute("DELETE FROM attachments")
        assert await fetch(conn, media_config(database_url, media.place)) == 0
        assert (media.asked, await count_of(conn, "media_fetches")) == ([], 0)


async def test_a_provider_that_is_away_is_asked_again_until_it_has_it_no_more(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        await receive(conn, database_url, media.url("/a"))
        clock = utc_now()
        for hours in (0, 1, 47, 47.9):
            now = clock + timedelta(hours=hours)
            assert (
                await fetch(conn, media_config(database_url, media.place, now=lambda now=now: now))
                == 1
            )
            assert await fetch(conn, media_config(database_url, media.place)) == 0
            await let_it_be_due(conn)
        assert await values(conn, _STATUS) == ["pending 4 fetch_refused"]
        before = await count_of(conn, "outbox")
        await fetch(conn, media_config(database_url, media.place, now=lambda: clock + TRIED_FOR))
        assert await values(conn, _STATUS) == ["failed 5 fetch_refused"]
        assert await values(conn, b"SELECT error FROM media_fetches") == [
            "the provider answered 404"
        ]
        assert await count_of(conn, "outbox") == before + 1
        counts = await count_media(conn)
        assert (counts.waiting, counts.failed) == (0, 1)


async def test_a_network_of_ours_is_never_asked(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers["/a"] = answer(200, PNG)
        await receive(conn, database_url, media.url("/a"))
        assert await fetch(conn, media_config(database_url)) == 1
        assert await values(conn, _STATUS) == ["failed 1 fetch_not_allowed"]
        assert media.asked == []


async def test_who_takes_too_long_is_left(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.hangs.add("/a")
        await receive(conn, database_url, media.url("/a"))
        await fetch(conn, replace(media_config(database_url, media.place), fetch_seconds=0.2))
        assert await values(conn, _STATUS) == ["pending 1 fetch_failed"]


async def test_who_lost_the_lease_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, open_connection() as other, media_server() as media:
        media.answers["/a"] = answer(404)
        await receive(conn, database_url, media.url("/a"))
        config = media_config(database_url, media.place)
        async with open_media_client(config) as client:
            tokens = AccessTokens(client, config.clock)
            [late] = await lease_media(conn, 1, 0.0)
            media.answers["/a"] = answer(200, PNG)
            assert await fetch(other, config) == 1
            assert await values(other, _STATUS) == ["stored 2"]
            media.answers["/a"] = answer(404)
            await MediaFetching(client=client, tokens=tokens, config=config).fetch(conn, late)
        assert await values(conn, _STATUS) == ["stored 2"]
        assert await kept_content(conn) == PNG


async def test_a_worker_that_is_killed_meanwhile_loses_nothing(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """Its lease ends, and somebody else fetches what it has begun to."""
    async with await connect(fresh_database_url, "tests") as conn, media_server() as media:
        media.hangs.add("/a")
        channel = await make_channel(conn, "sms")
        async with worker_process(
            fresh_database_url, tmp_path / "log", MEDIA_PRIVATE_HOSTS=media.place
        ) as process:
            await record(conn, channel, an_sms("m1", kind="mms", attachments=[media.url("/a")]))
            async with asyncio.timeout(60):
                await media.was_asked.wait()
            process.kill()
        assert await groups(conn) == [("m1",)]
        assert await values(conn, _STATUS) == ["pending 1"]
        assert (
            await fetch(conn, media_config(fresh_database_url, media.place)) == 0
        )  # it may be at it
        media.hangs.clear()
        media.answers["/a"] = answer(200, PNG)
        await let_it_be_due(conn)
        async with worker_process(
            fresh_database_url, tmp_path / "log", MEDIA_PRIVATE_HOSTS=media.place
        ):

            async def is_kept() -> bool:
                return await values(conn, _STATUS) == ["stored 2"]

            await until(is_kept)
        assert await kept_content(conn) == PNG


async def test_the_loops_fetch_when_they_are_woken(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers["/a"] = answer(200, PNG)
        stop, woken = asyncio.Event(), asyncio.Event()
        config = replace(
            media_config(database_url, media.place), poll_seconds=600.0, on_commit=stop.set
        )
        running = asyncio.create_task(run_media_fetcher(config, stop, woken))
        await asyncio.sleep(0.2)
        await receive(conn, database_url, media.url("/a"))
        woken.set()
        async with asyncio.timeout(60):
            await running
        assert await kept_content(conn) == PNG


async def test_what_was_fetched_is_kept_and_forgotten_as_files_of_mails_are(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers["/a"] = answer(200, PNG)
        await receive(conn, database_url, media.url("/a"))
        await fetch(conn, media_config(database_url, media.place))
        await conn.execute("UPDATE files SET created_at = %s", (NOW - timedelta(days=100),))
        await do(collect_files, conn, database_url, None)
        assert await kept_content(conn) == PNG
        await conn.execute("UPDATE customers SET file_days = 30")
        await do(collect_files, conn, database_url, None)
        assert await kept_content(conn) == PNG  # its message is new
        await conn.execute("UPDATE messages SET created_at = %s", (NOW - timedelta(days=31),))
        await do(collect_files, conn, database_url, None)
        assert await kept_content(conn) is None
        assert await values(conn, _STATUS) == ["stored 1"]  # and it is not fetched again
        assert await fetch(conn, media_config(database_url, media.place)) == 0


async def test_a_file_of_no_message_goes(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, media_server() as media:
        media.answers["/a"] = answer(200, PNG)
        await receive(conn, database_url, media.url("/a"))
        await fetch(conn, media_config(database_url, media.place))
        await conn.execute("DELETE FROM attachments")
        await conn.execute("UPDATE files SET created_at = %s", (NOW - timedelta(days=2),))
        assert await do(collect_files, conn, database_url, None) > 0
        assert await values(conn, b"SELECT forgotten_at IS NOT NULL FROM files") == [True]


async def test_what_nobody_foresaw_is_a_failed_attempt_and_not_tried_for_ever(
    database_url: str, open_connection: OpenConnection
) -> None:
    url = "https://media.example.com/a"
    async with open_connection() as conn, respx.mock() as router:
        await receive(conn, database_url, url)
        router.get(url).mock(side_effect=RuntimeError("https://user:secret@media.example.com"))
        clock = utc_now()
        await fetch_all_with(conn, media_config(database_url))
        assert await values(conn, _STATUS) == ["pending 1 fetch_failed"]
        assert await values(conn, b"SELECT error FROM media_fetches") == [
            "it could not be fetched (RuntimeError)"
        ]
        await let_it_be_due(conn)
        await fetch_all_with(conn, media_config(database_url, now=lambda: clock + TRIED_FOR))
        assert await values(conn, _STATUS) == ["failed 2 fetch_failed"]
