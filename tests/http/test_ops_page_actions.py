"""What operators do on their page: asked first, with count and reason; done once; in the audit."""

from conftest import OpenConnection
from flows import values
from operator_desk import open_operator_desk
from page_house import tags_of, text_of

_WAITING = b"SELECT count(*) FROM dead_letters WHERE resolution IS NULL"
_DROPPED = b"SELECT count(*) FROM dead_letters WHERE resolution = 'dropped'"
_QUEUED = b"SELECT count(*) FROM inbound_queue"
_JOBS = b"SELECT kind FROM jobs"
_AUDIT = b"SELECT action || ': ' || (detail ->> 'reason') FROM audit ORDER BY id"
_EVENTS = b"SELECT signature FROM inbound_events ORDER BY id"


async def test_chosen_dead_letters_are_retried_once_with_a_reason(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        await desk.deliver_junk(3)
        await desk.house.work()
        ids = _ids(await desk.get("/ops/dead-letters"))[:2]
        query = "&".join(f"id={event_id}" for event_id in ids)
        page = await desk.get(f"/ops/dead-letters/retry?{query}")
        assert "Retry 2 dead letters?" in text_of(page)
        assert await values(conn, _WAITING) == [3]
        fields = {"reason": "the reader was mended"}
        done = await desk.send(page, "/ops/dead-letters/retry", **fields)
        again = await desk.send(page, "/ops/dead-letters/retry", **fields)
        assert done.status_code == 303, done.text
        assert again.headers["location"] == done.headers["location"]
        assert "2 events queued again" in text_of(await desk.get(done.headers["location"]))
        assert await values(conn, _WAITING) == [1]
        assert await values(conn, _QUEUED) == [2]
        assert await values(conn, _AUDIT) == ["dead_letters.retried: the reader was mended"]
        audit = text_of(await desk.get("/ops/audit"))
        assert "the reader was mended" in audit


async def test_all_that_match_become_a_job_that_can_be_canceled(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        await desk.deliver_junk(2)
        await desk.house.work()
        await conn.execute("DELETE FROM workers")
        page = await desk.get("/ops/dead-letters/drop?error_class=unreadable")
        assert "Give up 2 dead letters?" in text_of(page)
        done = await desk.send(page, "/ops/dead-letters/drop", reason="a test of the provider")
        place = done.headers["location"].partition("?")[0]
        assert await values(conn, _JOBS) == ["drop"]
        text = text_of(await desk.get(done.headers["location"]))
        for part in ("0 of 2", "a test of the provider", "unreadable", "No worker is running"):
            assert part in text
        assert "Dead letters given up" in text_of(await desk.get("/ops/jobs?status=queued"))
        asked = await desk.get(f"{place}/cancel")
        done = await desk.send(asked, f"{place}/cancel")
        assert "The job is canceled" in text_of(await desk.get(done.headers["location"]))
        assert "It has ended already" in text_of(await desk.get(f"{place}/cancel"))
        assert await values(conn, _DROPPED) == [0]


async def test_replay_asks_and_queues_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        await desk.deliver("one")
        await desk.house.work()
        [event_id] = _ids(await desk.get("/ops/events"))
        page = await desk.get(f"/ops/events/replay?id={event_id}")
        assert "Replay 1 event?" in text_of(page)
        done = await desk.send(page, "/ops/events/replay", reason="looks odd")
        assert done.headers["location"] == "/ops/events?done=replayed&n=1"
        assert await values(conn, _QUEUED) == [1]


async def test_ticking_nothing_never_means_all(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver_junk(2)
        await desk.house.work()
        for path in ("/ops/dead-letters/retry", "/ops/dead-letters/drop", "/ops/events/replay"):
            page = await desk.get(f"{path}?chosen=1")
            assert "Nothing was chosen" in text_of(page)
            assert not [form for form in tags_of(page, "form") if form.get("action") == path]


async def test_what_is_missing_is_asked_for_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        await desk.deliver_junk()
        await desk.house.work()
        page = await desk.get("/ops/dead-letters/retry")
        for fields, sentence in (
            ({"reason": "  "}, "Say why"),
            ({"reason": "x" * 501}, "at most 500"),
            ({"reason": "mended", "events_per_second": "many"}, "Events a second must be"),
        ):
            answer = await desk.send(page, "/ops/dead-letters/retry", **fields)
            assert answer.status_code == 422
            assert sentence in text_of(answer.text)
            assert "Retry 1 dead letter?" in text_of(answer.text)
        assert await values(conn, _JOBS) == []


async def test_a_form_of_another_site_does_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        await desk.deliver_junk()
        await desk.house.work()
        fields = {"reason": "evil", "idempotency_key": "one", "csrf_token": "0" * 64}
        answer = await desk.client.post("/ops/dead-letters/drop", data=fields)
        assert answer.status_code == 403
        assert (await desk.client.post("/ops/events/x/unmask", data={})).status_code == 403
        assert await values(conn, _JOBS) == []


async def test_a_dead_letter_that_somebody_else_took_is_refused_in_words(
    database_url: str,
) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver_junk()
        await desk.house.work()
        [event_id] = _ids(await desk.get("/ops/dead-letters"))
        first = await desk.get(f"/ops/dead-letters/retry?id={event_id}")
        second = await desk.get(f"/ops/dead-letters/retry?id={event_id}")
        await desk.send(first, "/ops/dead-letters/retry", reason="mine")
        answer = await desk.send(second, "/ops/dead-letters/retry", reason="mine too")
        assert answer.status_code == 409
        assert "nothing was changed" in text_of(answer.text)
        assert "Nothing matches any more" in text_of(answer.text)


async def test_a_refused_delivery_is_compared_and_released(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        assert await desk.deliver("bad", "signed", "a wrong secret") == 401
        place = _links(await desk.get("/ops/quarantine"))[0]
        page = await desk.get(place)
        text = text_of(page)
        assert "matches none of the channel's secrets" in text
        assert "Expected" in text
        assert "parcel" not in text
        assert "parcel" in text_of((await desk.send(page, f"{place}/unmask")).text)
        asked = await desk.get(f"{place}/release")
        answer = await desk.send(asked, f"{place}/release", reason="known sender")
        assert answer.status_code == 409
        again = await desk.send(
            answer.text, f"{place}/release", reason="known sender", unverified="yes"
        )
        assert again.status_code == 303, again.text
        assert "Released: 1 event recorded" in text_of(await desk.get(again.headers["location"]))
        assert await values(conn, _EVENTS) == ["failed"]
        assert "quarantine.released: known sender" in await values(conn, _AUDIT)
        assert "Released" in text_of(await desk.get("/ops/quarantine?released=yes"))


def _ids(page: str) -> list[str]:
    boxes = tags_of(page, "input")
    return [box["value"] or "" for box in boxes if box.get("name") == "id"]


def _links(page: str) -> list[str]:
    links = tags_of(page, "a")
    return [link["href"] or "" for link in links if "row-link" in (link.get("class") or "")]
