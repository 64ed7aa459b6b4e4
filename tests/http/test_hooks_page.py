"""The pages of hooks with plain links and forms: made, tested, changed, switched, replayed."""

import re

from conftest import OpenConnection
from flows import values
from hook_receiver import Receiver, hook_config, hook_receiver, let_it_be_due, tell
from operator_desk import OperatorDesk, open_operator_desk
from page_house import tags_of, text_of

from store.database import Connection

_URL = "https://crm.example.com/inlet"
_SECRET = re.compile(r'id="secret">(whsec_[^<]+)<')
_RECEIVED = {"type message.received.v1": "yes"}


async def _make(desk: OperatorDesk, conn: Connection, url: str = _URL) -> str:
    """Make a hook by the form; one that leads to loopback is put there behind its back."""
    form = await desk.get("/ops/hooks/new")
    made = await desk.send(form, "/ops/hooks/new", url=_URL, channel_id="", **_RECEIVED)
    assert made.status_code == 200, made.text
    assert _SECRET.search(made.text)
    await conn.execute("UPDATE hooks SET url = %s", (url,))
    [hook_id] = await values(conn, b"SELECT id::text FROM hooks")
    return f"/ops/hooks/{hook_id}"


async def _tell(desk: OperatorDesk, conn: Connection, receiver: Receiver) -> None:
    await let_it_be_due(conn)
    await tell(conn, hook_config(desk.house.database_url, receiver.place))


async def _do(desk: OperatorDesk, path: str, **fields: str) -> str:
    """Answer a question with yes; return where that leads."""
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    asked = await desk.get(f"{path}?{query}")
    done = await desk.send(asked, path)
    assert done.status_code == 303, done.text
    return await desk.get(done.headers["location"])


async def test_only_admins_see_hooks(database_url: str) -> None:
    async with open_operator_desk(database_url) as desk:
        assert "Hooks are for administrators" in text_of(await desk.get("/ops/hooks", 403))
        assert "/ops/hooks" not in [link["href"] for link in tags_of(await desk.get("/ops"), "a")]


async def test_a_hook_is_made_once_and_its_secret_shown_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url, "admin") as desk, open_connection() as conn:
        assert "No hooks" in text_of(await desk.get("/ops/hooks"))
        form = await desk.get("/ops/hooks/new")
        refused = await desk.send(form, "/ops/hooks/new", url="http://crm.example.com/")
        assert refused.status_code == 422
        assert "Must be an https:// URL" in text_of(refused.text)
        unchosen = await desk.send(form, "/ops/hooks/new", url=_URL)
        assert "Must be one or more events" in text_of(unchosen.text)
        sent = {"url": _URL, "channel_id": "", **_RECEIVED}
        first = await desk.send(form, "/ops/hooks/new", **sent)
        again = await desk.send(form, "/ops/hooks/new", **sent)
        assert _SECRET.search(first.text)
        assert again.status_code == 303
        assert not _SECRET.search(await desk.get(again.headers["location"]))
        assert await values(conn, b"SELECT count(*) FROM hooks") == [1]
        assert _URL in text_of(await desk.get("/ops/hooks"))


async def test_a_test_shows_what_the_receiver_answered(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        open_operator_desk(database_url, "admin") as desk,
        open_connection() as conn,
        hook_receiver() as receiver,
    ):
        receiver.answer = lambda _event: 503
        path = await _make(desk, conn, receiver.url)
        tested = await desk.send(await desk.get(path), f"{path}/test")
        place = tested.headers["location"]
        assert "It is on its way" in text_of(await desk.get(place))
        await _tell(desk, conn, receiver)
        shown = text_of(await desk.get(place))
        assert "503" in shown
        assert "The receiver did not answer 2xx ok" in shown
        assert '"type": "ping.v1"' in shown
        hook = text_of(await desk.get(path))
        assert "Failing" in hook
        assert "ping.v1" in hook
        receiver.answer = lambda _event: 410
        await _tell(desk, conn, receiver)
        assert "the receiver answered 410" in text_of(await desk.get(path))
        assert "Disabled: gone" in text_of(await desk.get("/ops/hooks"))
        assert "What waits is kept" not in text_of(await _do(desk, f"{path}/enable"))


async def test_what_was_told_is_replayed_alone_or_by_its_time(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        open_operator_desk(database_url, "admin") as desk,
        open_connection() as conn,
        hook_receiver() as receiver,
    ):
        path = await _make(desk, conn, receiver.url)
        await desk.deliver("first")
        await desk.deliver("second")
        await desk.house.work()
        await _tell(desk, conn, receiver)
        log = await desk.get(f"{path}?status=delivered")
        links = [
            str(link["href"])
            for link in tags_of(log, "a")
            if "row-link" in (link.get("class") or "")
        ]
        assert len(links) == 2
        assert "1 event queued again" in text_of(await _do(desk, f"{links[0]}/replay"))
        await _tell(desk, conn, receiver)
        span = {"after": "2020-01-01T00:00", "before": "2099-01-01T00:00", "status": ""}
        assert "2 events queued again" in text_of(await _do(desk, f"{path}/replay", **span))
        await _tell(desk, conn, receiver)
        assert [event["id"] for event in receiver.taken[-2:]] == [
            event["id"] for event in receiver.taken[:2]
        ]
        for wrong in (
            "",
            "?after=x&before=2020-01-01T00:00",
            "?after=2021-01-01&before=2020-01-01",
        ):
            assert not tags_of(await desk.get(f"{path}/replay{wrong}"), "form")[1:]


async def test_a_hook_is_changed_given_another_secret_switched_off_and_removed(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url, "admin") as desk, open_connection() as conn:
        path = await _make(desk, conn)
        form = await desk.get(f"{path}/change")
        change = {"url": _URL, "channel_id": "", "type note.created.v1": "yes"}
        changed = await desk.send(form, f"{path}/change", **change)
        assert "The hook is changed" in text_of(await desk.get(changed.headers["location"]))
        assert await values(conn, b"SELECT types FROM hooks") == [["note.created.v1"]]
        stale = await desk.send(form, f"{path}/change", **change, **_RECEIVED)
        assert stale.status_code == 412
        rotated = await desk.send(await desk.get(f"{path}/rotate"), f"{path}/rotate")
        assert _SECRET.search(rotated.text)
        assert "Signed with the old secret too" in text_of(rotated.text)
        assert "Switched off" in text_of(await _do(desk, f"{path}/disable"))
        assert "The hook is removed" in text_of(await _do(desk, f"{path}/remove"))
        assert await desk.get(path, 404)


async def test_where_a_queue_lies_is_not_changed_here(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_operator_desk(database_url, "admin") as desk, open_connection() as conn:
        path = await _make(desk, conn, "nats://nats.internal:4222/inlet")
        shown = await desk.get(path)
        assert "changed with inlet transport" in text_of(shown)
        links = [link["href"] for link in tags_of(shown, "a")]
        assert f"{path}/change" in links
        assert not {f"{path}/rotate", f"{path}/remove"} & set(links)
        form = await desk.get(f"{path}/change")
        sent = {"url": _URL, "channel_id": "", "version": "1", **_RECEIVED}
        refused = await desk.send(form, f"{path}/change", **sent)
        assert refused.status_code == 409
        assert "It leads to a queue" in text_of(refused.text)
