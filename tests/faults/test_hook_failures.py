"""What a hook's receiver does wrong, how long it is tried, and when it is told nothing any more."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from conftest import OpenConnection
from flows import BEN, values
from hook_receiver import (
    bodies,
    hook_config,
    hook_receiver,
    let_it_be_due,
    make_hook,
    receive,
    tell,
)

from app.clock import utc_now
from store.hook_deliveries import count_hooks
from store.hooks import set_hook

_RECEIVED = "message.received.v1"
_STATUS = b"""
    SELECT concat_ws(' ', status, attempt_count, error_class) FROM hook_deliveries ORDER BY position
"""
_HOOK = b"SELECT concat_ws(' ', disabled_reason, failing_since IS NOT NULL) FROM hooks"


async def test_no_answer_in_time_is_a_failure(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        receiver.answer = lambda _event: None
        await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, database_url, "a")
        await tell(conn, hook_config(database_url, receiver.place, answer_seconds=0.1))
        assert await values(conn, _STATUS) == ["pending 1 no_answer"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "600"}, 600),
        ({"Retry-After": "Tue, 01 Dec 2026 10:10:00 GMT"}, 600),
        ({"Retry-After": "Tue, 01 Dec 2026 11:10:00 GMT", "Date": "Tue, 01 Dec 2026 11:00:00 GMT"},
            600),
        ({"Retry-After": "999999"}, 3600),
    ],
)  # fmt: skip
async def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(
    database_url: str, open_connection: OpenConnection, headers: dict[str, str], seconds: int
) -> None:
    now = datetime(2026, 12, 1, 10, tzinfo=UTC)
    async with open_connection() as conn, hook_receiver() as receiver:
        receiver.answer, receiver.headers = (lambda _event: 429), headers
        hook = await make_hook(conn, receiver.url, _RECEIVED)
        config = hook_config(database_url, receiver.place, clock=lambda: now)
        await receive(conn, database_url, "a")
        await tell(conn, config)
        until = (
            b"SELECT next_attempt_at FROM hook_deliveries UNION SELECT left_alone_until FROM hooks"
        )
        assert await values(conn, until) == [now + timedelta(seconds=seconds)]
        await conn.execute("UPDATE hooks SET left_alone_until = now() + interval '10 minutes'")
        await receive(conn, database_url, "b", sender=BEN)
        await tell(conn, config)
        assert bodies(receiver.posted) == ["a"]
        receiver.answer = lambda _event: 200
        await set_hook(
            conn, 1, hook.id, url=f"{receiver.url}/new", types=[_RECEIVED], channel_id=None
        )
        await let_it_be_due(conn)
        await tell(conn, config)
        assert sorted(bodies(receiver.taken)) == ["a", "b"]


async def test_410_disables_it_at_once(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        receiver.answer = lambda _event: 410
        await make_hook(conn, receiver.url, _RECEIVED)
        await receive(conn, database_url, "a", "b")
        config = hook_config(database_url, receiver.place)
        await tell(conn, config)
        await let_it_be_due(conn)
        await tell(conn, config)
        assert len(receiver.posted) == 1
        assert await values(conn, _HOOK) == ["gone t"]
        audited = b"SELECT action || ' ' || (detail ->> 'reason') FROM audit"
        assert await values(conn, audited) == ["hook.disabled gone"]
        assert (await count_hooks(conn)).disabled == 1


async def test_one_that_is_down_for_days_is_disabled_and_goes_on_when_enabled(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        await make_hook(conn, "http://127.0.0.1:1/", _RECEIVED)
        await receive(conn, database_url, "a", "b")
        for days in (0, 1, 2.9, 3.1):
            now = utc_now() + timedelta(days=days)
            await let_it_be_due(conn)
            await tell(conn, hook_config(database_url, "127.0.0.1:1", clock=lambda now=now: now))
        assert await values(conn, _HOOK) == ["failing t"]
        assert await values(conn, _STATUS) == ["failed 4 unreachable", "pending 0"]
        await conn.execute(
            "UPDATE hooks SET url = %s, disabled_at = NULL, disabled_reason = NULL", (receiver.url,)
        )
        await let_it_be_due(conn)
        await tell(conn, hook_config(database_url, receiver.place))
        assert bodies(receiver.taken) == ["b"]
        assert await values(conn, _HOOK) == ["f"]


async def test_private_networks_are_refused_where_the_connection_is_made(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        await make_hook(conn, receiver.url, _RECEIVED)
        await make_hook(conn, "https://localhost/", _RECEIVED)
        await receive(conn, database_url, "a")
        await tell(conn, hook_config(database_url))
        assert await values(conn, _STATUS) == ["pending 1 address_not_allowed"] * 2
        assert receiver.posted == []


async def test_after_an_hour_without_the_receiver_everything_arrives_in_order(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, hook_receiver() as receiver:
        hook = await make_hook(conn, "http://127.0.0.1:1/", _RECEIVED)
        config = partial(hook_config, database_url, receiver.place, "127.0.0.1:1")
        now, minutes = utc_now(), (0, 1, 5, 20, 59)
        for at in minutes:
            await receive(conn, database_url, f"a{at}")
            await receive(conn, database_url, f"b{at}", sender=BEN)
            await let_it_be_due(conn)
            await tell(conn, config(clock=lambda at=at: now + timedelta(minutes=at)))
        assert await values(conn, _HOOK) == ["t"]
        await set_hook(conn, 1, hook.id, url=receiver.url, types=[_RECEIVED], channel_id=None)
        await let_it_be_due(conn)
        await tell(conn, config(clock=lambda: now + timedelta(minutes=60)))
        told = bodies(receiver.taken)
        for sender in "ab":
            each = [body for body in told if body[0] == sender]
            assert each == [f"{sender}{at}" for at in minutes]
        assert await values(conn, _HOOK) == ["f"]
