"""What operators see over HTTP: how the machinery is doing, the channels, events by any filter."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from databases import as_owner
from filing import do, keep
from ops_house import KEY, SECRET, Json, ask, get, let_a_worker_report
from played_bucket import played_bucket
from rebuilding import look
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from app.blobs import open_blobs
from store.database import connect
from worker.background.file_moving import move_files

_CHANNELS = (
    ChannelPlan(
        name="texts",
        provider="generic",
        kind="sms",
        own_address="+14155550199",
        further_addresses=("+14155550196", "+14155550190"),
    ),
    ChannelPlan(name="others", provider="generic", kind="sms", own_address="+14155550198"),
    ChannelPlan(
        name="signed",
        provider="generic",
        kind="sms",
        own_address="+14155550197",
        signature_mode="report",
        secrets=(SECRET,),
    ),
)
_KEYS = {
    KEY: KeyPlan(scopes=("operator", "installation:read")),
    "reader": KeyPlan(scopes=("conversations:read",)),
    "events": KeyPlan(scopes=("events:read",)),
    "replays": KeyPlan(scopes=("events:replay",)),
    "stranger": KeyPlan(customer=2, scopes=("operator",)),
}
_ANN, _BEN = "+14155550123", "+14155550124"


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        yield house


async def _say(house: House, channel: str, sender: str, name: str) -> None:
    message = {"from": sender, "provider_message_id": name, "body": "Hello"}
    await house.client.post(url_of(house.channels[channel]), json=message)


async def _names(house: House, query: str) -> list[str]:
    found = await get(house, f"/events?{query}")
    return [item["provider_message_id"] for item in found["items"]]


async def test_now_tells_what_waits_without_a_worker(database_url: str) -> None:
    async with _house(database_url) as house:
        await _say(house, "texts", _ANN, "one")
        now = await get(house, "/now")
        assert [lane["depth"] for lane in now["lanes"]] == [1, 0, 0, 0]
        assert now["lanes"][0]["waiting_seconds"] == now["oldest_unprocessed_seconds"] > 0
        assert now["workers"] == []
        assert now["spool"]["events"] == 0
        assert now["database"]["latency_ms"] > 0


async def test_now_shows_who_works(database_url: str) -> None:
    async with _house(database_url) as house:
        await let_a_worker_report(database_url)
        [worker] = (await get(house, "/now"))["workers"]
        assert worker["at_work"]
        assert (worker["host"], worker["version"], worker["failed"]) == ("tests", "0.4.0", 1)


async def test_health_fails_without_a_worker_and_says_why(database_url: str) -> None:
    async with _house(database_url) as house:
        response = await ask(house, "GET", "/health")
        assert response.status_code == 503
        checks = _by_name(response.json())
        assert response.json()["state"] == checks["workers"]["state"] == "fail"
        assert checks["workers"]["rule"]
        assert checks["schema"] == {
            "name": "schema",
            "state": "ok",
            "rule": "Every migration is applied.",
            "value": 0,
            "found": "current",
        }
        await let_a_worker_report(database_url)
        response = await ask(house, "GET", "/health")
        assert response.status_code == 200
        assert _by_name(response.json())["workers"]["state"] == "ok"


async def test_health_sees_old_events_dead_letters_and_silence(database_url: str) -> None:
    async with _house(database_url) as house:
        await let_a_worker_report(database_url)
        await house.client.post(url_of(house.channels["texts"]), content=b"no message")
        await house.work()
        await _say(house, "texts", _ANN, "late")
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"UPDATE inbound_queue SET next_attempt_at = now() - interval '10 minutes'"
            )
            await conn.execute(b"UPDATE channels SET silence_minutes = 30 WHERE name = 'others'")
            await conn.execute(
                b"INSERT INTO channel_activity (customer_id, channel_id, last_accepted_at)"
                b" SELECT 1, id, now() - interval '1 hour' FROM channels WHERE name = 'others'"
            )
        response = await ask(house, "GET", "/health")
        checks = _by_name(response.json())
        assert response.status_code == 503
        assert checks["queue_age"]["state"] == "fail"
        assert checks["queue_age"]["value"] > 300
        assert checks["dead_letters"]["state"] == "warn"
        assert checks["silence"]["state"] == "fail"
        assert checks["silence"]["found"] == "1 of 3 channels silent"


async def test_health_says_what_failed_and_what_was_set_aside(database_url: str) -> None:
    async with _house(database_url) as house:
        await let_a_worker_report(database_url)
        checks = _by_name((await ask(house, "GET", "/health")).json())
        assert (checks["failures"]["state"], checks["set_aside"]["state"]) == ("ok", "ok")
        await house.client.post(url_of(house.channels["texts"]), content=b"no message")
        await house.work()
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"INSERT INTO changes_set_aside (consumer, seq, customer_id, type, error_class)"
                b" VALUES ('search', 1, 1, 'message.received', 'KeyError'),"
                b" ('search', 2, 1, 'message.received', 'KeyError')"
            )
            checks = _by_name((await ask(house, "GET", "/health")).json())
            assert (checks["failures"]["state"], checks["failures"]["value"]) == ("warn", 1)
            assert checks["failures"]["found"] == "1 attempts failed: 1 unreadable"
            assert (checks["set_aside"]["state"], checks["set_aside"]["value"]) == ("warn", 2)
            assert checks["set_aside"]["found"] == "2 changes set aside: 2 by search, KeyError"
            await conn.execute(
                b"UPDATE changes_set_aside SET created_at = now() - interval '2 days'"
            )
            await conn.execute(b"UPDATE inbound_failures SET failed_at = now() - interval '1 hour'")
            checks = _by_name((await ask(house, "GET", "/health")).json())
            assert (checks["failures"]["state"], checks["set_aside"]["state"]) == ("ok", "ok")


async def test_health_says_which_derived_rows_disagree(database_url: str) -> None:
    async with _house(database_url) as house:
        await let_a_worker_report(database_url)
        check = _by_name((await ask(house, "GET", "/health")).json())["derived_rows"]
        assert (check["state"], check["value"]) == ("ok", 0)
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"INSERT INTO derived_differences (customer_id, part, id, columns, first_seen_at)"
                b" SELECT 1, part, gen_random_uuid()::text, '{seq}', now() - interval '3 minutes'"
                b" FROM unnest('{conversations,conversations,inbound_events}'::text[]) AS t (part)"
            )
        check = _by_name((await ask(house, "GET", "/health")).json())["derived_rows"]
        assert (check["state"], check["value"]) == ("warn", 3)
        assert check["found"] == (
            "2 conversations, 1 inbound_events of default disagree, for 3 min: run inlet compare "
            "--mend, then inlet rebuild --apply, --customer NAME"
        )


async def test_comparisons_say_what_was_wrong_and_mended(database_url: str) -> None:
    async with _house(database_url) as house:
        await let_a_worker_report(database_url)
        await _say(house, "texts", _ANN, "one")
        await house.work()
        async with await connect(database_url, "tests") as conn:
            await conn.execute(b"UPDATE conversations SET message_count = 5, last_seq = 5")
            await look(conn, mends=True)
        [run] = (await get(house, "/comparisons?wrong=true"))["items"]
        assert (run["part"], run["reason"], run["rows_mended"]) == ("conversations", "minute", 1)
        assert run["samples"][0]["columns"] == ["message_count", "last_seq"]
        assert len((await get(house, "/comparisons"))["items"]) > 1
        check = _by_name((await ask(house, "GET", "/health")).json())["derived_rows"]
        assert check["state"] == "warn"
        assert check["found"] == "1 conversations mended within a day: see inlet compare --runs"


async def test_health_says_so_where_the_schema_is_behind(fresh_database_url: str) -> None:
    async with _house(fresh_database_url) as house:
        async with await connect(as_owner(fresh_database_url), "tests") as conn:
            await conn.execute(b"DELETE FROM _yoyo_migration WHERE migration_id LIKE '0014%'")
            await conn.execute(b"ALTER TABLE web_processes RENAME TO another")
        response = await ask(house, "GET", "/health")
        assert response.status_code == 503
        assert _by_name(response.json())["schema"]["state"] == "fail"


@pytest.mark.parametrize(
    ("unseen_minutes", "state", "events"), [(0, "fail", 3), (10, "warn", 0), (120, "ok", 0)]
)
async def test_health_sees_events_on_a_disk(
    database_url: str, unseen_minutes: int, state: str, events: int
) -> None:
    """Those of a process that is gone are another one's by now, and counted there."""
    async with _house(database_url) as house:
        await let_a_worker_report(database_url)
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"INSERT INTO web_processes VALUES (gen_random_uuid(), 'gone', 1, '0.4.0', now(),"
                b" now() - make_interval(mins => %s), 9, 0, 0, 0, 3, 300,"
                b" now() - interval '2 hours', 0, 0, 1)",
                (unseen_minutes,),
            )
        response = await ask(house, "GET", "/health")
        assert _by_name(response.json())["spool"]["state"] == state
        now = await get(house, "/now")
        assert now["spool"]["events"] == events
        assert (now["oldest_unprocessed_seconds"] > 3600) == (events > 0)


async def test_channels_show_counts_and_silence(database_url: str) -> None:
    async with _house(database_url) as house:
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"INSERT INTO channel_hours SELECT 1, id, date_trunc('hour', now()), 168, 8, 2, 1"
                b" FROM channels WHERE name = 'texts'"
            )
            await conn.execute(
                b"INSERT INTO channel_activity SELECT 1, id, now() - interval '13 hours', now(),"
                b" 'bad_signature' FROM channels WHERE name = 'texts'"
            )
        first = await get(house, "/channels?limit=1")
        assert [item["name"] for item in first["items"]] == ["others"]
        rest = await get(house, f"/channels?cursor={first['page']['next_cursor']}")
        assert [item["name"] for item in rest["items"]] == ["signed", "texts"]
        texts = rest["items"][1]
        assert texts["own_address"] == "+14155550199"
        assert texts["addresses"] == ["+14155550199", "+14155550190", "+14155550196"]
        assert first["items"][0]["addresses"] == ["+14155550198"]
        assert texts["last_24_hours"] == {
            "accepted": 168, "duplicates": 8, "rejected": 2, "unreadable": 1,
        }  # fmt: skip
        assert texts["last_rejected"]["reason"] == "bad_signature"
        assert texts["silence"]["usual_gap_seconds"] == 3600
        assert texts["silence"]["alarm_after_seconds"] == 12 * 3600
        assert texts["silence"]["alarm"]
        assert rest["items"][0]["silence"]["alarm_after_seconds"] is None


async def test_events_are_found_by_every_filter(database_url: str) -> None:
    async with _house(database_url) as house:
        await _say(house, "texts", _ANN, "ann")
        await _say(house, "others", _BEN, "ben")
        await _say(house, "signed", _ANN, "unsigned")
        await house.client.post(url_of(house.channels["texts"]), content=b"no message")
        await house.work()
        await _say(house, "texts", _ANN, "waiting")
        ids = {name: channel.id for name, channel in house.channels.items()}
        for query, names in {
            "": ["waiting", None, "unsigned", "ben", "ann"],
            f"channel_id={ids['others']}": ["ben"],
            "kind=unreadable": [None],
            "status=received": ["waiting"],
            "status=processed": ["unsigned", "ben", "ann"],
            "status=dead_letter": [None],
            "status=error": [],
            "error_class=unreadable": [None],
            "error_class=unreadable&status=dead_letter": [None],
            "error_class=unreadable&status=error": [],
            "error_class=ValueError": [],
            "signature=failed": ["unsigned"],
            "provider_message_id=ben": ["ben"],
            f"provider_message_id=ben&channel_id={ids['texts']}": [],
            f"address=%2B{_ANN[1:]}": ["unsigned", "ann"],
            f"address=%2B{_ANN[1:]}&channel_id={ids['texts']}": ["ann"],
            f"address=%2B{_BEN[1:]}&provider_message_id=ann": [],
            "address=%2B14155550198": ["ben"],
            "address=nobody@example.com": [],
        }.items():
            assert await _names(house, query) == names, query


async def test_events_of_a_time(database_url: str) -> None:
    async with _house(database_url) as house:
        await _say(house, "texts", _ANN, "ann")
        soon = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert await _names(house, f"until={soon}") == ["ann"]
        assert await _names(house, f"since={soon}") == []


async def test_receipts_are_found_by_the_id_of_their_message(database_url: str) -> None:
    async with _house(database_url) as house:
        receipt = {"type": "receipt", "provider_message_id": "sent-1", "status": "delivered"}
        await house.client.post(url_of(house.channels["texts"]), json=receipt)
        assert await _names(house, "provider_message_id=sent-1") == ["sent-1"]
        await house.work()
        assert await _names(house, "provider_message_id=sent-1&kind=receipt") == ["sent-1"]


@pytest.mark.parametrize("query", ["", "status=received"])
async def test_pages_of_events_neither_skip_nor_repeat(database_url: str, query: str) -> None:
    async with _house(database_url) as house:
        for number in range(5):
            await _say(house, "texts", _ANN, f"m{number}")
        names, cursor = list[str](), ""
        while True:
            found = await get(house, f"/events?limit=2&{query}{cursor}")
            names += [item["provider_message_id"] for item in found["items"]]
            await _say(house, "texts", _ANN, f"later-{len(names)}")
            if not found["page"]["has_more"]:
                break
            cursor = f"&cursor={found['page']['next_cursor']}"
        assert names == ["m4", "m3", "m2", "m1", "m0"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("colour=red", 400, "unknown_parameter"),
        ("cursor=x", 400, "invalid_cursor"),
        ("status=done", 422, "validation_failed"),
        ("since=yesterday", 422, "validation_failed"),
        ("error_class=a%20b", 422, "validation_failed"),
    ],
)
async def test_wrong_questions_are_refused(
    database_url: str, query: str, status: int, code: str
) -> None:
    async with _house(database_url) as house:
        response = await ask(house, "GET", f"/events?{query}")
        assert (response.status_code, response.json()["code"]) == (status, code)


async def test_it_takes_the_scope_and_shows_only_ones_own(database_url: str) -> None:
    async with _house(database_url) as house:
        await _say(house, "texts", _ANN, "ann")
        [event] = (await get(house, "/events"))["items"]
        for path in ("/now", "/health", "/channels", "/events", "/failures", "/dead-letters"):
            assert (await ask(house, "GET", path, key="reader")).status_code == 403
            assert (await ask(house, "GET", path, key=None)).status_code == 401
        response = await ask(house, "GET", "/events", key="stranger")
        assert response.json()["items"] == []
        response = await ask(house, "GET", f"/events/{event['id']}", key="stranger")
        assert response.status_code == 404


def _by_name(health: Json) -> Mapping[str, Json]:
    return {check["name"]: check for check in health["checks"]}


async def test_events_can_be_read_or_replayed_with_a_scope_of_their_own(database_url: str) -> None:
    async with _house(database_url) as house:
        await house.client.post(url_of(house.channels["texts"]), content=b"no json")
        await house.work()
        [event] = (await ask(house, "GET", "/events", key="events")).json()["items"]
        path = f"/events/{event['id']}"
        selection = {"ids": [event["id"]], "reason": "a try"}
        asked = (
            ("GET", path, None, 200, 403),
            ("GET", "/failures", None, 200, 403),
            ("GET", "/dead-letters", None, 200, 403),
            ("GET", f"{path}?unmask=true", None, 403, 403),
            ("POST", "/dead-letters/drop", selection, 403, 403),
            ("POST", "/dead-letters/retry", selection, 403, 200),
            ("GET", "/now", None, 403, 403),
        )
        for method, place, body, reads, replays in asked:
            for key, status in (("events", reads), ("replays", replays)):
                response = await ask(house, method, place, body, key=key)
                assert response.status_code == status, (place, key)
        assert (await ask(house, "GET", "/dead-letters")).status_code == 200


async def test_health_says_which_files_cannot_be_moved_and_who_has_too_many(
    database_url: str,
) -> None:
    async with (
        played_bucket() as bucket,
        open_house(database_url, _CHANNELS, _KEYS, bucket.settings()) as house,
        await connect(database_url, "tests") as conn,
    ):
        blobs = open_blobs(bucket.settings())
        await keep(conn, b"one", b"three")
        checks = _by_name((await ask(house, "GET", "/health")).json())
        assert (checks["files"]["state"], checks["file_quota"]["state"]) == ("ok", "ok")
        assert checks["files"]["found"] == "2 wait to be moved"
        bucket.fails_with = 503
        await do(move_files, conn, database_url, blobs)
        await conn.execute(b"UPDATE files SET created_at = now() - interval '3 hours'")
        await conn.execute(b"UPDATE customers SET most_file_bytes = 7 WHERE id = 1")
        checks = _by_name((await ask(house, "GET", "/health")).json())
        assert (checks["files"]["state"], checks["files"]["value"]) == ("warn", 1)
        assert checks["files"]["found"] == (
            "2 wait in the database, 1 could not be moved; the oldest of these came 3 h 0 min ago"
        )
        assert checks["file_quota"]["found"] == "1 above it: default"
        bucket.fails_with = None
        await do(move_files, conn, database_url, blobs)
        assert _by_name((await ask(house, "GET", "/health")).json())["files"]["state"] == "ok"
