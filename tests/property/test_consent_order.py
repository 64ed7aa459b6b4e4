"""Whatever order texts are worked on in, what somebody says of being texted is the same."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from conftest import OpenConnection
from flows import NOW, an_sms, event_of, make_channel, values, work
from hypothesis import given
from hypothesis import strategies as st

from store.events import record_events

_WORDS = ("STOP", "START", "YES", "HELP", "Hello", "stop texting me")
_NUMBERS = count(1)
_RECORDS = b"""
    SELECT r.word FROM consent_records AS r
    JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
    WHERE a.value = %s ORDER BY r.at
"""
_STANDING = b"""
    SELECT count(*) FROM standing_suppressions AS s
    JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
    WHERE a.value = %s
"""
_UNDECIDED = b"""
    SELECT m.seq FROM undecided_opt_outs AS u JOIN messages AS m ON m.id = u.message_id
    JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
    WHERE a.value = %s
"""


@given(said=st.lists(st.sampled_from(_WORDS), max_size=6), data=st.data())
def test_what_was_said_does_not_hang_on_the_order_of_work(
    database_url: str,
    open_connection: OpenConnection,
    run: Callable[..., Any],
    said: list[str],
    data: st.DataObject,
) -> None:
    order = data.draw(st.permutations(range(len(said))))
    cuts = data.draw(st.sets(st.sampled_from(order or [0])))

    async def play() -> None:
        number = next(_NUMBERS)
        phone = f"+1415555{number:04}"
        async with open_connection() as conn:
            channel = await make_channel(conn, f"sms-{number}", own_address=f"+1650555{number:04}")
            for place in order:
                text = an_sms(f"{number}-{place}", phone, body=said[place], minute=None)
                at = NOW + timedelta(minutes=place)
                await record_events(conn, [event_of(channel, text, received_at=at)])
                if place in cuts:
                    await work(database_url)
            await work(database_url)
            records, is_out, asks = _expected(said)
            assert await values(conn, _RECORDS, phone) == records
            assert bool((await values(conn, _STANDING, phone))[0]) == is_out
            assert bool(await values(conn, _UNDECIDED, phone)) == asks

    run(play)


def _expected(said: list[str]) -> tuple[list[str], bool, bool]:
    """Say what is kept, whether nothing more is sent, and whether somebody has to decide."""
    records: list[str] = []
    is_out = asks = False
    for word in said:
        if word == "stop texting me":
            asks = asks or not is_out
        elif word == "HELP" or word == "START" or (word == "YES" and is_out):
            records.append(word.lower())
        elif word == "STOP":
            records.append("stop")
        if word in {"STOP", "START"} or (word == "YES" and is_out):
            asks = False
            is_out = word == "STOP"
    return records, is_out, asks
