"""The operators' page with plain links and forms only: who sees it, and what each page shows."""

import pytest
from conftest import OpenConnection
from operator_desk import SECRET_TEXT, open_operator_desk, page_without_database
from page_house import log_in, tags_of, text_of
from whole_house import key_text

PAGES = (
    "/ops",
    "/ops/events",
    "/ops/failures",
    "/ops/dead-letters",
    "/ops/quarantine",
    "/ops/jobs",
    "/ops/audit",
)
_NOWHERE = "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11"


async def test_whoever_is_not_logged_in_is_asked_to(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        desk.client.cookies.clear()
        response = await desk.client.get("/ops/events?status=error")
        assert response.status_code == 303
        assert response.headers["location"] == "/inbox/login?next=/ops/events%3Fstatus%3Derror"
        back = await log_in(desk.client, key_text("operator"), next="/ops/events?status=error")
        assert back.headers["location"] == "/ops/events?status=error"


async def test_an_operator_who_reads_no_conversations_is_led_to_operations(
    database_url: str,
) -> None:
    async with open_operator_desk(database_url) as desk:
        response = await log_in(desk.client, key_text("operator"))
        assert response.headers["location"] == "/ops"
        assert not [
            link for link in tags_of(await desk.get("/ops"), "a") if link["href"] == "/inbox"
        ]


@pytest.mark.parametrize("path", PAGES)
async def test_a_key_without_the_scope_sees_nothing(database_url: str, path: str) -> None:
    async with open_operator_desk(database_url, "reader") as desk:
        page = await desk.get(path, 403)
        assert "needs the scope operator" in text_of(page)
        assert "/inbox" in [link["href"] for link in tags_of(page, "a")]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_whole_when_nothing_has_happened(database_url: str, path: str) -> None:
    async with open_operator_desk(database_url) as desk:
        response = await desk.client.get(path)
        assert response.status_code == 200
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["cache-control"] == "no-store"
        assert len(tags_of(response.text, "h1")) == 1
        current = [link["href"] for link in tags_of(response.text, "a") if link.get("aria-current")]
        assert path in current
        for script in tags_of(response.text, "script"):
            assert (await desk.client.get(script["src"] or "")).status_code == 200
        for attributes in tags_of(response.text, "link"):
            assert (await desk.client.get(attributes["href"] or "")).status_code == 200


async def test_the_overview_says_what_is_wrong_with_its_rule(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url) as desk, open_connection() as conn:
        await desk.deliver_junk(2)
        await desk.house.work()
        await conn.execute("DELETE FROM workers")
        text = text_of(await desk.get("/ops"))
        assert "1 check fails" in text
        assert "Workers: 0 at work" in text
        assert "Dead letters: 2 waiting" in text
        assert "At least one worker has reported within 30 s." in text
        assert "open" in text
        assert "signatures enforced" in text
        part = await desk.get("/ops/now")
        assert "<html" not in part
        assert "Oldest waiting" in text_of(part)


async def test_events_are_found_by_every_filter(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver("one")
        await desk.deliver("two", "signed")
        await desk.deliver_junk()
        await desk.house.work()
        channel = desk.house.channels["signed"].id
        for query, shown in (
            ("", 3),
            (f"channel_id={channel}", 1),
            ("status=processed", 2),
            ("status=dead_letter", 1),
            ("kind=unreadable", 1),
            ("signature=verified", 1),
            ("error_class=unreadable", 1),
            ("provider_message_id=one", 1),
            ("address=%2B14155550198", 1),
            ("since=2100-01-01T00:00", 0),
            ("until=2100-01-01T00:00:00Z", 3),
            ("unknown=filter", 3),
        ):
            page = await desk.get(f"/ops/events?{query}")
            assert _rows(page) == shown, query


async def test_a_filter_that_cannot_be_read_says_so_beside_it(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver("one")
        for query in (
            "channel_id=x",
            "status=x",
            "since=yesterday",
            "until=0001-01-01T00:00%2B23:00",
        ):
            page = await desk.get(f"/ops/events?{query}", 422)
            assert "Must be" in text_of(page)
            assert _rows(page) == 0
        assert "No event matches" in text_of(await desk.get("/ops/events?error_class=a"))


async def test_an_event_is_masked_until_somebody_asks_and_the_audit_knows(
    database_url: str,
) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver("one")
        await desk.house.work()
        href = _first_link(await desk.get("/ops/events?status=processed"))
        page = await desk.get(href)
        assert SECRET_TEXT not in text_of(page)
        assert "xxxxx xx xx xxxxxx?" in text_of(page)
        assert "What was made of it" in text_of(page)
        path, _, query = href.partition("?")
        shown = await desk.send(page, f"{path}/unmask?{query}")
        assert shown.status_code == 200
        assert SECRET_TEXT in text_of(shown.text)
        assert "Event: unmasked" in text_of(await desk.get("/ops/audit"))


async def test_a_dead_letter_shows_its_attempts(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver_junk()
        await desk.house.work()
        text = text_of(await desk.get(_first_link(await desk.get("/ops/dead-letters"))))
        assert "unreadable" in text
        assert "Give up…" in text
        failures = text_of(await desk.get("/ops/failures"))
        assert "unreadable" in failures
        assert "Retry…" in failures


@pytest.mark.parametrize(
    "path",
    [f"/ops/events/{_NOWHERE}", "/ops/events/x", f"/ops/jobs/{_NOWHERE}", "/ops/quarantine/x"],
)
async def test_what_is_not_there_leads_back(database_url: str, path: str) -> None:
    async with open_operator_desk(database_url) as desk:
        page = await desk.get(path, 404)
        assert "Back to the overview" in text_of(page)
        assert (await desk.client.get(f"{path}/and/more")).status_code == 404


async def test_another_customers_things_do_not_exist(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        await desk.deliver_junk()
        await desk.deliver("bad", "signed", "a wrong secret")
        await desk.house.work()
        places = [_first_link(await desk.get(path)) for path in ("/ops/events", "/ops/quarantine")]
        await log_in(desk.client, key_text("stranger"))
        for place in places:
            await desk.get(place, 404)
        for page in PAGES[1:]:
            assert _rows(await desk.get(page)) == 0


async def test_without_a_database_it_says_what_goes_on() -> None:
    async with page_without_database() as client:
        response = await client.get("/ops/events?status=error")
        assert response.status_code == 503
        assert "Webhooks go on being taken" in text_of(response.text)
        [again] = tags_of(response.text, "a")
        assert again["href"] == "/ops/events?status=error"


def _rows(page: str) -> int:
    return len([link for link in tags_of(page, "a") if "row-link" in (link.get("class") or "")])


def _first_link(page: str) -> str:
    links = [link["href"] for link in tags_of(page, "a") if "row-link" in (link.get("class") or "")]
    return links[0] or ""
