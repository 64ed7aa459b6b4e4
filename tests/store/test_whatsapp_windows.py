"""What WhatsApp is asked for is found by its own indexes, which no text by SMS is in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import OpenConnection
from flows import ANN, OWN_PHONE, an_sms, make_channel, record, values, work
from read_plans import explain, indexes, read_whole

from domain.whatsapp import WINDOW
from store.sql import statements
from store.whatsapp_windows import WindowKey, count_closed, list_windows

CARL, DAN = "whatsapp:+14155550103", "whatsapp:DE.1a2b"
_NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
_HASH = b"SELECT hash FROM addresses WHERE value = %s"
_ANY_ID = "00000000-0000-7000-8000-000000000001"


async def test_a_window_follows_from_the_last_message_that_came_in(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms", further_addresses=("+14155550198",))
        other = await make_channel(conn, "other", own_address="+14155550197")
        later = _NOW + timedelta(hours=3)
        await record(conn, channel, an_sms("1", CARL), an_sms("2", DAN), an_sms("3", ANN))
        await record(conn, channel, an_sms("4", CARL), received_at=later)
        await record(conn, channel, an_sms("5", CARL, "+14155550198"), received_at=_NOW)
        await work(database_url)
        keys = [
            WindowKey(channel.id, OWN_PHONE, CARL),
            WindowKey(channel.id, "+14155550198", CARL),
            WindowKey(channel.id, OWN_PHONE, DAN),
            WindowKey(channel.id, "+14155550198", DAN),
            WindowKey(other.id, OWN_PHONE, CARL),
            WindowKey(channel.id, OWN_PHONE, ANN),
        ]
        assert await list_windows(conn, 1, keys) == {
            keys[0]: later + WINDOW,
            keys[1]: _NOW + WINDOW,
            keys[2]: _NOW + WINDOW,
        }
        assert await list_windows(conn, 2, keys) == {}
        own, *people = [
            (await values(conn, _HASH, address))[0] for address in (OWN_PHONE, CARL, DAN, ANN)
        ]
        for after, closed in ((timedelta(0), 0), (WINDOW, 1), (WINDOW + timedelta(hours=3), 2)):
            found = await count_closed(
                conn,
                1,
                channel.id,
                int(str(own)),
                [int(str(each)) for each in people],
                _NOW + after,
            )
            assert found == closed


_STATEMENTS = [
    (
        "whatsapp_windows",
        "list_last_written",
        {"channel_ids": [_ANY_ID], "own_addresses": [""], "addresses": [""]},
        "messages_by_whatsapp_sender",
    ),
    (
        "whatsapp_windows",
        "count_closed_recipients",
        {"message_id": _ANY_ID, "since": _NOW},
        "messages_by_whatsapp_sender",
    ),
    ("message_listing", "list_quoted", {"message_ids": [_ANY_ID]}, "messages_by_whatsapp_id"),
]


@pytest.mark.parametrize(("file", "name", "given", "index"), _STATEMENTS)
async def test_it_is_found_by_an_index(
    database_url: str,
    open_connection: OpenConnection,
    file: str,
    name: str,
    given: dict[str, Any],
    index: str,
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        texts = [an_sms(f"t{number}", f"+1415555{number:04d}") for number in range(300)]
        by_whatsapp = [an_sms(f"w{number}", f"{CARL}{number:02d}") for number in range(30)]
        await record(conn, channel, *texts, *by_whatsapp)
        await work(database_url)
        await conn.execute("ANALYZE messages")
        plan = await explain(
            database_url,
            b"EXPLAIN (FORMAT JSON) ",
            statements(file)[name],
            {"customer_id": 1} | given,
        )
        assert index in indexes(plan)
        assert "messages" not in read_whole(plan)
