"""`inlet reconcile`, and workers that do the same every so often; the provider is respx."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import respx
from command_line import SECRET_KEY, Inlet, refused
from databases import as_owner
from flows import count_of, values

from app.clock import utc_now
from app.doctor import examine
from app.ids import new_id
from domain.sealing import Sealer
from providers import LISTERS
from store.database import Connection, connect
from worker.background.repeating import BackgroundConfig
from worker.listing.config import ListingConfig
from worker.listing.reconcile import reconcile_due
from worker.sending.provider_request import open_client

Run = Callable[..., Any]

_OWN = "+14155550199"
_LISTS = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
_ADD = ("channel", "add", "--kind", "sms", "--address", _OWN, "--name", "text")
_TWILIO = (*_ADD, "--provider", "twilio", "--secret", "token", "--account", "AC1")


def _resource(sid: str, minutes_ago: int = 30) -> dict[str, object]:
    sent_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "sid": sid,
        "direction": "inbound",
        "status": "received",
        "from": "+14155550100",
        "to": _OWN,
        "body": "Hello",
        "num_media": "0",
        "date_sent": sent_at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
    }


def _page(*sids: str) -> httpx.Response:
    return httpx.Response(200, json={"messages": [_resource(sid) for sid in sids]})


@pytest.fixture
def text(inlet: Inlet) -> None:
    """A channel of Twilio that has account and credential."""
    assert inlet(*_TWILIO).code == 0


async def _read(url: str, query: bytes) -> list[object]:
    async with await connect(url, "tests") as conn:
        return await values(conn, query)


@pytest.mark.usefixtures("text")
def test_what_was_missed_is_kept_and_counted(inlet: Inlet, database_url: str, run: Run) -> None:
    wanted = ("reconcile", "--channel", "text", "--since", "2h", "--json")
    with respx.mock() as provider:
        lists = provider.get(_LISTS).mock(return_value=_page("SM1", "SM2"))
        first = inlet(*wanted).json
        assert (first["listed"], first["new"], first["already_there"]) == (2, 2, 0)
        lists.mock(return_value=_page("SM1", "SM2", "SM3"))
        tried = inlet(*wanted, "--dry-run").json
        assert (tried["listed"], tried["new"], tried["is_dry_run"]) == (3, 1, True)
        assert run(_read, database_url, b"SELECT count(*) FROM inbound_events") == [2]
        out = inlet(*wanted[:-1]).out
        assert "new            1" in out
        assert "already there  2" in out
    assert run(_read, database_url, b"SELECT count(*) FROM inbound_events") == [3]
    told = b"SELECT DISTINCT signature || ' ' || headers::text || content_type FROM inbound_events"
    listed = 'unchecked {"x-inlet-listed-by": "api.twilio.com"}application/json'
    assert run(_read, database_url, told) == [listed]
    query = parse_qs(lists.calls.last.request.url.query.decode())
    assert query["To"] == [_OWN]
    shown = inlet("channel", "show", "text", "--json").json
    assert (shown["reconciled_new"], shown["reconcile_failure"]) == (1, None)
    assert shown["reconciled_at"] is not None


@pytest.mark.usefixtures("text")
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(401, json={"code": 20003}), "refuses the channel's credential"),
        (httpx.Response(503), "the provider answered 503"),
        (httpx.ConnectError("away"), "could not be asked"),
        (httpx.Response(200, text="<html>"), "could not be understood"),
        (httpx.Response(302, headers={"location": "https://evil.test"}), "answered 302"),
    ],
)
def test_a_provider_that_does_not_list_is_one_line_and_changes_nothing(
    inlet: Inlet, database_url: str, run: Run, answer: httpx.Response | Exception, says: str
) -> None:
    with respx.mock() as provider:
        provider.get(_LISTS).mock(side_effect=[answer])
        refused(inlet("reconcile", "--channel", "text"), says)
    assert run(_read, database_url, b"SELECT count(*) FROM inbound_events") == [0]
    assert says in inlet("channel", "show", "text").out
    assert run(_read, database_url, b"SELECT covered_until FROM reconciliations") == [None]


@pytest.mark.parametrize(
    ("added", "words", "says"),
    [
        (_TWILIO, ("--channel", "nothing"), "no channel has this name"),
        (_TWILIO, ("--channel", "text", "--since", "soon"), "--since must be a time"),
        ((*_ADD, "--provider", "twilio", "--secret", "t"), (), "it has no account"),
        (
            (*_ADD, "--provider", "plivo", "--secret", "t", "--account", "MA1"),
            (),
            "plivo lists no messages with their texts; these do: infobip, sinch, telnyx, twilio",
        ),
        (
            (*_ADD, "--provider", "sinch", "--account", "PROJECT:APP", "--credential", "ID:KEY"),
            (),
            "it sends by the Conversation API",
        ),
        (
            (*_ADD, "--provider", "infobip", "--credential", "k", "--account", "x.api.infobip.com"),
            ("--dry-run",),
            "hands each message out once",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    inlet: Inlet, added: tuple[str, ...], words: tuple[str, ...], says: str
) -> None:
    assert inlet(*added).code == 0
    with respx.mock():
        channel = () if "--channel" in words else ("--channel", "text")
        refused(inlet("reconcile", *channel, *words), says)


@pytest.mark.usefixtures("text")
def test_a_channel_that_is_switched_off_is_not_asked_for(inlet: Inlet) -> None:
    inlet("channel", "disable", "text")
    with respx.mock():
        refused(inlet("reconcile", "--channel", "text"), "it is switched off")


@pytest.mark.usefixtures("text")
def test_workers_are_told_how_often_to_ask(inlet: Inlet) -> None:
    watched = inlet("channel", "watch", "text", "--reconcile-minutes", "15", "--json").json
    assert watched["reconcile_minutes"] == 15
    assert inlet("channel", "show", "text", "--json").json["reconcile_minutes"] == 15
    watched = inlet("channel", "watch", "text", "--reconcile-minutes", "0", "--json").json
    assert watched["reconcile_minutes"] is None
    plivo = ("--provider", "plivo", "--secret", "t", "--account", "MA1", "--name", "other")
    inlet("channel", "add", "--kind", "sms", "--address", "+14155550188", *plivo)
    refused(inlet("channel", "watch", "other", "--reconcile-minutes", "15"), "lists no messages")


async def _ask(
    database_url: str, conn: Connection, *, clock: Callable[[], datetime] = utc_now, days: int = 0
) -> None:
    """Let one worker ask for whatever is due; events are kept for so many days."""
    background = BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=clock,
        new_id=new_id,
        on_commit=lambda: None,
    )
    async with open_client(1, 5.0) as client:
        config = ListingConfig(
            client=client,
            providers=LISTERS,
            sealer=Sealer(SECRET_KEY),
            clock=clock,
            new_id=new_id,
            event_days=days,
        )
        async for _ in reconcile_due(conn, clock(), background, config=config):
            pass


async def _state(conn: Connection) -> tuple[Any, ...]:
    query = b"""
        SELECT covered_until, listed_count, new_count, error_class, held_until FROM reconciliations
    """
    [row] = await (await conn.execute(query)).fetchall()
    return row


def _asked_since(lists: respx.Route) -> list[str]:
    calls: list[Any] = [*lists.calls]
    urls = [str(call.request.url) for call in calls]
    return [parse_qs(urlsplit(url).query)["DateSent>"][0] for url in urls]


_DUE = b"UPDATE reconciliations SET began_at = began_at - interval '15 minutes'"


def _watched(inlet: Inlet, *added: str) -> None:
    assert inlet(*(added or _TWILIO)).code == 0
    assert inlet("channel", "watch", "text", "--reconcile-minutes", "15").code == 0


def test_workers_ask_once_each_time(inlet: Inlet, database_url: str, run: Run) -> None:
    _watched(inlet)

    async def ask() -> None:
        async with (
            await connect(database_url, "tests") as conn,
            await connect(database_url, "tests") as other,
        ):
            with respx.mock() as provider:
                lists = provider.get(_LISTS).mock(return_value=_page("SM1"))
                await asyncio.gather(*(_ask(database_url, each) for each in (conn, other)))
                assert lists.call_count == 1
                await _ask(database_url, conn)  # it is not due again
                assert lists.call_count == 1
                await conn.execute(_DUE)
                await _ask(database_url, other)
                assert lists.call_count == 2
            assert await count_of(conn, "inbound_events") == 1
            covered, listed, new, error, held = await _state(conn)
            assert (listed, new, error, held) == (1, 0, None, None)
            assert utc_now() - covered < timedelta(minutes=1)
            await conn.execute(_DUE)
            await conn.execute(b"UPDATE channels SET disabled_at = now()")
            with respx.mock():
                await _ask(database_url, conn)

    run(ask)


def test_a_provider_that_was_away_is_asked_from_where_it_was_left(
    inlet: Inlet, database_url: str, run: Run
) -> None:
    """The first look is at a day; later ones begin an hour before all was there."""
    _watched(inlet)
    now = utc_now()

    async def ask() -> None:
        async with await connect(database_url, "tests") as conn:
            with respx.mock() as provider:
                lists = provider.get(_LISTS).mock(return_value=_page())
                await _ask(database_url, conn)
                covered = (await _state(conn))[0]
                for answer in (httpx.Response(503), httpx.ConnectError("away")):
                    await conn.execute(_DUE)
                    lists.mock(side_effect=[answer])
                    await _ask(database_url, conn)
                    assert (await _state(conn))[0] == covered
                    assert (await _state(conn))[3] == "fetch_failed"
                await conn.execute(
                    b"UPDATE reconciliations SET covered_until = now() - interval '3 days'"
                )
                await conn.execute(_DUE)
                lists.mock(return_value=_page(), side_effect=None)
                await _ask(database_url, conn)
                assert (await _state(conn))[3] is None
                spans = (timedelta(hours=24), timedelta(hours=1), timedelta(days=3, hours=1))
                days = [(now - span).date().isoformat() for span in spans]
                assert _asked_since(lists) == [days[0], days[1], days[1], days[2]]
                await conn.execute(
                    b"UPDATE reconciliations SET covered_until = now() - interval '9 days'"
                )
                await conn.execute(_DUE)
                await _ask(database_url, conn, days=2)  # what is forgotten would come again
                assert _asked_since(lists)[-1] == (now - timedelta(days=2)).date().isoformat()

    run(ask)


def test_whoever_lost_its_turn_keeps_nothing(inlet: Inlet, database_url: str, run: Run) -> None:
    _watched(inlet)

    async def ask() -> None:
        async with (
            await connect(database_url, "tests") as conn,
            await connect(database_url, "tests") as other,
        ):

            async def answer(_request: httpx.Request) -> httpx.Response:
                await other.execute(b"UPDATE reconciliations SET fence = fence + 1")
                return _page("SM1")

            with respx.mock() as provider:
                provider.get(_LISTS).mock(side_effect=answer)
                await _ask(database_url, conn)
            assert await count_of(conn, "inbound_events") == 0
            covered, listed, _, error, held = await _state(conn)
            assert (covered, listed, error) == (None, 0, None)
            assert held is not None  # by whoever has it now

    run(ask)


def test_a_command_during_a_workers_turn_waits_for_another_time(
    inlet: Inlet, database_url: str, run: Run
) -> None:
    _watched(inlet)
    held = b"UPDATE reconciliations SET held_until = now() + interval '1 minute' RETURNING 1"
    assert run(_read, database_url, held) == [1]
    with respx.mock():
        refused(inlet("reconcile", "--channel", "text"), "somebody asks for this channel")
    ended = b"UPDATE reconciliations SET held_until = now() - interval '1 second' RETURNING 1"
    assert run(_read, database_url, ended) == [1]
    with respx.mock() as provider:
        provider.get(_LISTS).mock(return_value=_page("SM1"))
        assert inlet("reconcile", "--channel", "text", "--json").json["new"] == 1


def test_an_older_span_of_a_command_leaves_no_gap(
    inlet: Inlet, database_url: str, run: Run
) -> None:
    """All is there up to a time only if asking began before what was there already."""
    _watched(inlet)
    covered = b"SELECT covered_until FROM reconciliations"
    with respx.mock() as provider:
        provider.get(_LISTS).mock(return_value=_page())
        inlet("reconcile", "--channel", "text", "--since", "10m")
        assert run(_read, database_url, covered) == [None]
        inlet("reconcile", "--channel", "text")
        [first] = run(_read, database_url, covered)
        assert first is not None
        long_ago = b"""
            UPDATE reconciliations SET covered_until = now() - interval '1 day'
            RETURNING covered_until
        """
        [before] = run(_read, database_url, long_ago)
        inlet("reconcile", "--channel", "text", "--since", "10m")
        assert run(_read, database_url, covered) == [before]
        inlet("reconcile", "--channel", "text", "--since", "2d")
        assert run(_read, database_url, covered)[0] > before


def test_sinch_is_asked_for_no_longer_than_it_keeps(inlet: Inlet) -> None:
    assert inlet(*_ADD, "--provider", "sinch", "--account", "plan", "--credential", "t").code == 0
    with respx.mock() as provider:
        url = "https://us.sms.api.sinch.com/xms/v1/plan/inbounds"
        lists = provider.get(url).mock(
            return_value=httpx.Response(200, json={"count": 0, "inbounds": []})
        )
        told = inlet("reconcile", "--channel", "text", "--since", "90d", "--json").json
        [since] = parse_qs(lists.calls.last.request.url.query.decode())["start_date"]
    assert since[:16] == told["since"][:16]
    assert utc_now() - datetime.fromisoformat(since) < timedelta(days=14, minutes=1)


def test_the_doctor_names_a_channel_that_could_not_be_asked_for(
    inlet: Inlet, database_url: str, run: Run
) -> None:
    _watched(inlet)

    async def found() -> str:
        async with await connect(database_url, "tests") as conn:
            with respx.mock() as provider:
                provider.get(_LISTS).mock(return_value=httpx.Response(401))
                await _ask(database_url, conn)
        findings = {
            each.subject: each
            async for each in examine(as_owner(database_url), utc_now, Sealer(SECRET_KEY))
        }
        finding = findings["reconciliations"]
        return f"{finding.state} {finding.detail}"

    assert run(found) == (
        "warn text: the provider refuses the channel's credential (it answered 401)"
    )
