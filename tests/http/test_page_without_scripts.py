"""The page with plain links and forms only: log in, read, answer, sort, log out."""

import re
from datetime import timedelta

from conftest import OpenConnection
from flows import ANN, a_mail, an_sms, make_channel, record, values, work
from page_house import Desk, key_text, log_in, open_desk, open_page, tags_of, text_of

from app.clock import utc_now
from domain.channel import Channel
from store.database import Connection
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer

_STATUS = b"SELECT status FROM conversations"
_OUTBOUND = b"SELECT count(*) FROM messages WHERE direction = 'outbound'"


async def test_whoever_is_not_logged_in_is_asked_to(database_url: str) -> None:
    async with open_page(database_url) as client:
        response = await client.get("/inbox?view=mine")
        assert response.status_code == 303
        assert response.headers["location"] == "/inbox/login?next=/inbox%3Fview%3Dmine"
        form = await client.get(response.headers["location"])
        [place] = [field for field in tags_of(form.text, "input") if field.get("name") == "next"]
        assert place["value"] == "/inbox?view=mine"


async def test_a_key_that_is_not_known_is_refused_without_a_cookie(database_url: str) -> None:
    async with open_page(database_url) as client:
        response = await log_in(client, "inlet_test_nobody")
        assert response.status_code == 401
        assert "set-cookie" not in response.headers
        assert "not known" in text_of(response.text)


async def test_the_cookie_is_kept_from_scripts_and_other_sites(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        await desk.post("/inbox/logout")
        response = await log_in(desk.client, key_text("Maya Okafor"))
        cookie = response.headers["set-cookie"].lower()
        for part in ("inlet_session=", "httponly", "samesite=strict", "path=/", "secure"):
            assert part in cookie


async def test_the_cookie_goes_by_tls_alone_however_the_page_was_reached(
    database_url: str,
) -> None:
    """The public URL is https: also who comes by the machine's own address gets no other cookie."""
    async with open_desk(database_url) as desk:
        response = await desk.client.post(
            "http://127.0.0.1:8025/inbox/login", data={"key": key_text("Maya Okafor")}
        )
        assert response.status_code == 303
        assert "; secure" in response.headers["set-cookie"].lower()


async def test_log_in_leads_nowhere_else(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        for place in (
            "https://evil.test/inbox",
            "//evil.test",
            "/\\evil.test",
            "/api/openapi.yaml",
        ):
            response = await log_in(desk.client, key_text("Maya Okafor"), next=place)
            assert response.headers["location"] == "/inbox"


async def test_a_form_of_another_site_does_not_log_in(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        response = await desk.client.post(
            "/inbox/login",
            data={"key": key_text("Maya Okafor")},
            headers={"sec-fetch-site": "cross-site"},
        )
        assert response.status_code == 403


async def test_after_logging_out_the_cookie_is_worth_nothing(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        kept = desk.client.cookies["inlet_session"]
        assert (await desk.post("/inbox/logout")).headers["location"] == "/inbox/login"
        desk.client.cookies.set("inlet_session", kept)
        response = await desk.client.get("/inbox")
        assert response.status_code == 303


async def test_the_list_shows_who_wrote_what(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
    async with open_desk(database_url) as desk:
        page = await desk.get("/inbox")
        text = text_of(page)
        assert "Where is my parcel?" in text
        assert "About invoice" in text
        assert "SMS" in text
        assert "Email" in text
        assert len([row for row in tags_of(page, "li") if row.get("data-id")]) == 2


async def test_a_reply_is_queued_once_however_often_its_form_is_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
        async with open_desk(database_url) as desk:
            place = await _open(desk, "parcel")
            page = await desk.get(place)
            [key] = [
                field for field in tags_of(page, "input") if field.get("name") == "idempotency_key"
            ]
            fields = {"idempotency_key": key["value"] or "", "text": "It comes today."}
            for _ in range(2):
                response = await desk.post(f"{place}/reply", **fields)
                assert response.status_code == 303, response.text
                assert response.headers["location"] == place
            assert "It comes today." in text_of(await desk.get(place))
        assert await values(conn, _OUTBOUND) == [1]


async def test_send_and_close_does_both(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
        async with open_desk(database_url) as desk:
            place = await _open(desk, "parcel")
            await desk.post(f"{place}/reply", idempotency_key="once", text="Done.", then="close")
            assert "Done." not in text_of(await desk.get("/inbox"))
            assert "Done." in text_of(await desk.get("/inbox?view=closed"))


async def test_a_search_finds_what_is_in_no_view_that_is_open(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, open_desk(database_url) as desk:
        await _furnish(conn, database_url)
        await drain_consumer(conn, search_consumer())
        place = await _open(desk, "parcel")
        await desk.post(f"{place}/status", status="closed")
        assert "Where is my parcel" not in text_of(await desk.get("/inbox?view=mine"))
        assert "Where is my parcel" in text_of(await desk.get("/inbox?view=mine&q=parcel"))
        assert "Where is my parcel" in text_of(await desk.get("/inbox?q=parcel&status=closed"))
        found = text_of(await desk.get("/inbox?view=mine&q=parcel&status=snoozed"))
        assert "Where is my parcel" not in found


async def test_notes_tags_assignment_and_status_go_by_form(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
    async with open_desk(database_url) as desk:
        place = await _open(desk, "parcel")
        await desk.post(f"{place}/note", text="Ask the courier.")
        await desk.post(f"{place}/tag", tag="Delivery")
        await desk.post(f"{place}/assign", assignee=desk.agent_id)
        text = text_of(await desk.get(place))
        assert "Note Maya Okafor" in text
        assert "Ask the courier." in text
        assert "Assigned to Maya Okafor" in text
        assert "delivery" in text
        assert "Where is my parcel?" in text_of(await desk.get("/inbox?view=mine"))
        assert "Where is my parcel?" in text_of(await desk.get("/inbox?view=open&tag=delivery"))
        response = await desk.post(f"{place}/snooze", until=_in_a_month())
        assert response.status_code == 303, text_of(response.text)
        assert "Where is my parcel?" in text_of(await desk.get("/inbox?view=snoozed"))
        await desk.post(f"{place}/status", status="closed")
        assert "Where is my parcel?" in text_of(await desk.get("/inbox?view=closed"))


async def test_reading_a_page_marks_nothing_and_the_button_does(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, open_desk(database_url) as desk:
        await conn.execute("UPDATE agents SET read_from = '2000-01-01T00:00:00Z'")
        await _furnish(conn, database_url)
        place = await _open(desk, "parcel")
        assert "New since you were here" not in text_of(await desk.get("/inbox"))
        await desk.get(place)
        assert "Unread." in text_of(await desk.get("/inbox?view=unread"))
        await desk.post(f"{place}/read", seq="1")
        assert "Where is my parcel?" not in text_of(await desk.get("/inbox?view=unread"))
        await desk.post(f"{place}/unread", seq="1")
        assert "Where is my parcel?" in text_of(await desk.get("/inbox?view=unread"))


async def test_a_form_without_the_token_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
        async with open_desk(database_url) as desk:
            place = await _open(desk, "parcel")
            for token in ({}, {"csrf_token": "0" * 64}):
                response = await desk.client.post(
                    f"{place}/status", data={**token, "status": "closed"}
                )
                assert response.status_code == 403
                assert "out of date" in text_of(response.text)
        assert await values(conn, _STATUS) == ["open", "open"]


async def test_who_may_only_read_sees_no_form_and_is_refused(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
    async with open_desk(database_url, scopes=["conversations:read"]) as desk:
        place = await _open(desk, "parcel")
        page = await desk.get(place)
        assert not tags_of(page, "textarea")
        assert "may read, but not write" in text_of(page)
        response = await desk.post(f"{place}/note", text="No")
        assert response.status_code == 403
        assert "No access" in text_of(response.text)


async def test_what_is_not_there_is_a_page_too(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        for path in ("/inbox/nothing", "/inbox/c/no-id", f"/inbox/c/{desk.agent_id}"):
            response = await desk.client.get(path)
            assert response.status_code == 404
            assert "Nothing here" in text_of(response.text)


async def test_an_empty_inbox_says_how_to_begin(database_url: str) -> None:
    async with open_desk(database_url) as desk:
        text = text_of(await desk.get("/inbox"))
        assert "Nothing has come in yet" in text
        assert "curl https://inlet.test/webhooks/generic/" in text


async def test_filters_that_match_nothing_can_be_cleared(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _furnish(conn, database_url)
    async with open_desk(database_url) as desk:
        page = await desk.get("/inbox?view=open&tag=unheard-of")
        assert "Nothing matches" in text_of(page)
        assert "/inbox?view=open" in [link.get("href") for link in tags_of(page, "a")]
        assert "All clear" not in text_of(page)


def _in_a_month() -> str:
    return (utc_now() + timedelta(days=30)).isoformat()


async def _furnish(conn: Connection, database_url: str) -> None:
    sms = await make_channel(conn, "sms")
    mail = await make_channel(conn, "mail", "email")
    for channel in (sms, mail):
        await _let_send(conn, channel)
    await record(conn, sms, an_sms("parcel", ANN, body="Where is my parcel?"))
    await record(conn, mail, a_mail("invoice", body="Please send it again."))
    await work(database_url)


async def _let_send(conn: Connection, channel: Channel) -> None:
    await conn.execute(
        "UPDATE channels SET send_url = 'http://127.0.0.1:9/send' WHERE id = %s", (channel.id,)
    )


async def _open(desk: Desk, word: str) -> str:
    """Find where the conversation with a word in its row is."""
    page = await desk.get("/inbox")
    for row in re.split(r'(?=<li class="row)', page)[1:]:
        if word in row:
            return (tags_of(row, "a")[0]["href"] or "").split("?")[0]
    raise AssertionError(word)


async def test_a_mail_with_another_subject_can_begin_a_conversation_of_its_own(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "mail", "email")
        first = a_mail("one", subject="Invoice", body="About the invoice")
        same = a_mail("two", answers="one", subject="Re: Invoice", body="Thanks", minute=1)
        other = a_mail("three", answers="two", subject="A new lamp", body="And a lamp", minute=2)
        await record(conn, channel, first, same, other)
        await work(database_url)
        [conversation] = await values(conn, b"SELECT id FROM conversations")
        async with open_desk(database_url) as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            offered = [form for form in tags_of(page, "form") if "/split" in str(form)]
            assert [form["action"] for form in offered] == [f"/inbox/c/{conversation}/split"]
            assert await _split(desk, conversation, "x") == 422
            assert await _split(desk, conversation, "1") == 422
            assert await _split(desk, conversation, "3") == 303
            assert await _split(desk, conversation, "3") == 422
            subjects = await values(conn, b"SELECT subject FROM conversations ORDER BY 1")
            assert subjects == ["A new lamp", "Invoice"]
            page = await desk.get(f"/inbox/c/{conversation}")
            assert not [form for form in tags_of(page, "form") if "/split" in str(form)]


async def _split(desk: Desk, conversation: object, from_seq: str) -> int:
    return (await desk.post(f"/inbox/c/{conversation}/split", from_seq=from_seq)).status_code
