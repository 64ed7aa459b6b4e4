"""`inlet dead`, `inlet replay`, `inlet jobs` and `inlet quarantine`: filters, counts and jobs."""

import asyncio
import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from command_line import SECRET_KEY, Inlet, refused
from conftest import OpenConnection, run_coroutine
from flows import NOW, values
from operator_samples import a_channel, fail_all, queued, settle_all, store_channel, store_event
from recovering import beside

from app.ids import new_id
from domain.channel import Channel
from domain.delivery import Delivery
from domain.sealing import Sealer
from domain.standard_webhooks import sign_standard_webhook
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from store.quarantine import quarantine
from worker.background.jobs import run_jobs, step_job

OnDatabase = Callable[..., Any]
_NO_ID = "01930000-0000-7000-8000-00000000ffff"
_SECRET = "whsec_c2VjcmV0IG9uZSBmb3IgdGVzdHM="


@pytest.fixture
def on_database(open_connection: OpenConnection) -> OnDatabase:
    """Run `function(conn, *arguments)` on the database the commands use."""

    def run_function(function: Callable[..., Any], *arguments: Any) -> Any:
        async def on_a_connection() -> Any:
            async with open_connection() as conn:
                return await function(conn, *arguments)

        return run_coroutine(on_a_connection())

    return run_function


async def _some_dead(conn: Connection) -> list[str]:
    channel, other = await store_channel(conn, "support"), await store_channel(conn, "other")
    ids = [await store_event(conn, channel, number) for number in range(3)]
    await fail_all(conn, "unreadable")
    ids.append(await store_event(conn, other, 3))
    await fail_all(conn, "database")
    return ids


async def _work(conn: Connection, database_url: str) -> None:
    while await step_job(conn, beside(database_url)):
        pass


def test_dead_letters_are_listed_and_counted_by_filters(
    inlet: Inlet, on_database: OnDatabase
) -> None:
    ids = on_database(_some_dead)

    def listed(*arguments: str) -> list[str]:
        items = inlet("dead", "list", "--json", *arguments).json["items"]
        return [item["event_id"] for item in items]

    assert listed() == ids[::-1]
    assert listed("--channel", "other") == [ids[3]]
    assert listed("--class", "unreadable", "--limit", "1") == [ids[2]]
    assert listed("--provider", "twilio") == []
    assert listed("--since", "1h") == ids[::-1]
    assert listed("--until", "2024-11-01T14:00:00Z") == []
    dry = inlet("dead", "retry", "--class", "unreadable", "--dry-run", "--json")
    assert dry.json == {"count": 3, "capped": False}
    assert inlet("dead", "drop", "--all", "--dry-run").out == "4 dead letters would be dropped.\n"
    assert inlet("dead", "drop", ids[0], "--dry-run").out == "1 dead letter would be dropped.\n"
    assert inlet("replay", "--all", "--dry-run").out == "4 events would be queued again.\n"
    assert inlet("jobs", "list", "--json").json == {"items": []}
    assert on_database(queued) == {}


def test_what_is_asked_wrongly_is_one_clear_line(inlet: Inlet, on_database: OnDatabase) -> None:
    (dead, *_) = on_database(_some_dead)
    refused(inlet("dead", "retry"), "say which dead letters")
    refused(inlet("dead", "drop", dead, "--class", "unreadable"), "say which dead letters")
    refused(inlet("replay"), "say which events")
    refused(inlet("replay", dead, "--since", "1h"), "say which events")
    refused(inlet("dead", "list", "--since", "yesterday"), "--since must be a time like")
    refused(inlet("dead", "list", "--until", "999999d"), "--until must be a time like")
    refused(inlet("dead", "list", "--channel", "nope"), "no channel has this name or id")
    refused(inlet("dead", "retry", "--all", "--since", "1h", "--until", "2h"), "until must be")
    refused(inlet("dead", "drop", _NO_ID), "nothing was changed")
    refused(inlet("jobs", "show", "x"), "a job id is a UUID")
    refused(inlet("jobs", "show", _NO_ID), "no job has this id")
    refused(inlet("jobs", "cancel", _NO_ID), "no job has this id")
    refused(inlet("quarantine", "show", "x"), "a delivery id is a UUID")
    refused(inlet("quarantine", "release", _NO_ID), "there is no such refused delivery")


def test_a_filter_makes_a_job_that_can_be_followed(
    inlet: Inlet, on_database: OnDatabase, database_url: str
) -> None:
    ids = on_database(_some_dead)
    ended = inlet(
        *("dead", "retry", "--class", "unreadable", "--rate", "1000", "--json"),
        *("--reason", "the parser was mended"),
    )
    assert "No worker is running" in ended.err
    job = ended.json
    assert (job["kind"], job["status"], job["total"]) == ("retry", "queued", 3)
    assert (job["events_per_second"], job["reason"]) == (1000, "the parser was mended")
    on_database(_work, database_url)
    shown = inlet("jobs", "show", job["id"], "--json").json
    assert (shown["status"], shown["changed"]) == ("done", 3)
    assert sorted(on_database(queued)) == ids[:3]
    assert [listed["id"] for listed in inlet("jobs", "list", "--json").json["items"]] == [job["id"]]
    assert "the parser was mended" in inlet("jobs", "list").out
    refused(inlet("jobs", "cancel", job["id"]), "the job has ended already")


def test_a_replay_by_time_is_a_job_that_can_be_canceled(
    inlet: Inlet, on_database: OnDatabase, database_url: str
) -> None:
    on_database(_some_dead)
    on_database(settle_all)
    since = ("--since", "2024-11-01T14:00:01Z", "--until", "2024-11-01T14:00:03Z")
    ended = inlet("replay", *since, "--reason", "after the upgrade")
    assert "job" in ended.out
    (job,) = inlet("jobs", "list", "--kind", "replay", "--json").json["items"]
    assert f"inlet jobs show {job['id']} --wait" in ended.out
    assert job["total"] == 2
    canceled = inlet("jobs", "cancel", job["id"], "--json").json
    assert (canceled["status"], canceled["changed"]) == ("canceled", 0)
    on_database(_work, database_url)
    assert on_database(queued) == {}
    refused(inlet("jobs", "show", job["id"], "--wait"), "it is canceled")


def test_wait_follows_the_job_to_its_end(
    inlet: Inlet, on_database: OnDatabase, database_url: str
) -> None:
    on_database(_some_dead)
    stop = asyncio.Event()
    loop = asyncio.new_event_loop()
    worker = Thread(target=loop.run_until_complete, args=[run_jobs(beside(database_url), stop)])
    worker.start()
    try:
        ended = inlet("dead", "drop", "--all", "--wait", "--json")
    finally:
        loop.call_soon_threadsafe(stop.set)
        worker.join()
        loop.close()
    assert (ended.json["status"], ended.json["changed"]) == ("done", 4)
    assert inlet("dead", "list", "--json").json == {"items": []}


async def _refused_delivery(conn: Connection, signed_with: str) -> tuple[Channel, str]:
    channel = a_channel("support")
    sealed = Sealer(SECRET_KEY).seal((_SECRET,), channel.secrets_place)
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
    body = b'{"from": "+14155550100", "provider_message_id": "m-1", "body": "\x1b[2J"}'
    headers = sign_standard_webhook("m-1", body, signed_with, NOW)
    url = "https://inlet.test/webhooks/generic/token"
    delivery = Delivery(method="POST", url=url, headers=headers, body=body, received_at=NOW)
    kept = json.dumps(headers)
    delivery_id = new_id()
    await quarantine(
        conn, channel, delivery, delivery_id=delivery_id, reason="bad_signature", headers=kept
    )
    return channel, delivery_id


def test_a_refused_delivery_is_shown_and_released(inlet: Inlet, on_database: OnDatabase) -> None:
    _, delivery_id = on_database(_refused_delivery, "another secret")
    (listed,) = inlet("quarantine", "list", "--waiting", "--json").json["items"]
    assert (listed["id"], listed["reason"]) == (delivery_id, "bad_signature")
    assert inlet("quarantine", "list", "--channel", "support").out.count(delivery_id) == 1
    assert inlet("quarantine", "list", "--verdict", "missing_signature", "--json").json == {
        "items": []
    }
    shown = inlet("quarantine", "show", delivery_id, "--json").json
    assert shown["check"]["is_match"] is False
    assert shown["check"]["expected"] != shown["check"]["received"]
    out = inlet("quarantine", "show", delivery_id).out
    assert shown["check"]["expected"][0] in out
    assert shown["check"]["received"][0] in out
    assert "its signature matches none" in out
    assert "\x1b" not in out
    refused(inlet("quarantine", "release", delivery_id), "its signature matches none")
    ended = inlet("quarantine", "release", delivery_id, "--unverified", "--reason", "by phone")
    assert ended.out.startswith("Released as event ")
    assert len(on_database(queued)) == 1
    refused(inlet("quarantine", "release", delivery_id, "--unverified"), "released already")
    assert inlet("quarantine", "list", "--waiting", "--json").json == {"items": []}
    reasons = b"SELECT detail->>'reason' FROM audit WHERE action = 'quarantine.released'"
    assert on_database(values, reasons) == ["by phone"]


def test_a_secret_is_mended_and_its_delivery_released(
    inlet: Inlet, on_database: OnDatabase
) -> None:
    _, delivery_id = on_database(_refused_delivery, "the right secret")
    refused(inlet("channel", "secret", "support", "--secret", " "), "--secret must not be empty")
    refused(inlet("channel", "secret", "nope"), "no channel has this name or id")
    mended = inlet("channel", "secret", "support", "--secret", "the right secret", "--keep")
    assert mended.out == "The channel accepts 2 secrets.\n"
    assert "its signature matches" in inlet("quarantine", "show", delivery_id).out
    done = inlet("quarantine", "release", delivery_id, "--json").json
    assert (done["signature"], done["known_ids"]) == ("verified", [])
    made = inlet("channel", "secret", "support", "--json").json
    assert (made["secrets"], made["secret"][:6]) == (1, "whsec_")
    actions = b"SELECT action FROM audit ORDER BY id"
    assert on_database(values, actions) == [
        "channel.secrets_changed", "quarantine.released", "channel.secrets_changed",
    ]  # fmt: skip
