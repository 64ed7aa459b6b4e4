"""Whatever order receipts and the result of the send arrive in, a message ends the same.

Each receipt is kept; the status never goes back.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from conftest import OpenConnection
from flows import NOW, event_of, values, work
from hypothesis import given
from hypothesis import strategies as st
from sending import a_conversation, answer, sending_channel, status_of

from domain.channel import Channel
from domain.message import DeliveryReceipt
from domain.outbound import STATUS_RANK
from simulation import PLAYED_SENDERS
from store.database import Connection
from store.events import record_events
from store.receipts import hold_receipts
from store.sending import Ending, begin_attempt, lease_due, settle_sent

WORDS = ("queued", "sent", "failed", "delivered", "read", "deferred", "bounced")
_BOUNCED = max(STATUS_RANK.values()) + 1
RESULT = "the result"
_NUMBERS = count(1)
_URL = "https://inlet.test/webhooks/generic/token"


@given(
    words=st.lists(st.sampled_from(WORDS), unique=True, max_size=7),
    place=st.integers(0, 7),
)
def test_a_status_only_moves_forward(
    database_url: str,
    open_connection: OpenConnection,
    run: Callable[..., Any],
    words: list[str],
    place: int,
) -> None:
    arrivals = [*words[:place], RESULT, *words[place:]]

    async def play() -> None:
        async with open_connection() as conn:
            await _play(database_url, conn, arrivals)

    run(play)


async def _play(database_url: str, conn: Connection, arrivals: list[str]) -> None:
    number = next(_NUMBERS)
    channel = await sending_channel(conn, f"sms-{number}")
    conversation = await a_conversation(database_url, conn, channel)
    queued = await answer(conn, conversation)
    known_as = f"p-{number}"
    async with conn.transaction():
        [lease] = await lease_due(conn, queued.message_id, 10, 60)
        assert await begin_attempt(conn, lease, 60) == 1
    ranks, status = [0], ""
    for number_of, arrival in enumerate(arrivals, 1):
        if arrival == RESULT:
            async with conn.transaction():
                await hold_receipts(conn, [(channel.id, known_as)])
                ending = Ending(outcome="sent", http_status=200)
                assert await settle_sent(conn, lease, ending, known_as, lambda _, code: code or "?")
        else:
            await record_events(conn, [event_of(channel, _receipt(channel, known_as, arrival))])
            await work(database_url)
        status = (await status_of(conn, queued)).partition(":")[0]
        has_bounced = status == "failed" and "bounced" in arrivals[:number_of]
        rank = STATUS_RANK[status]  # pyright: ignore[reportArgumentType]
        ranks.append(_BOUNCED if has_bounced else rank)
    assert ranks == sorted(ranks)
    reached = [
        STATUS_RANK[word] for word in ("sent", "failed", "delivered", "read") if word in arrivals
    ]
    last = _BOUNCED if "bounced" in arrivals else max([STATUS_RANK["sent"], *reached])
    assert ranks[-1] == last
    kept = b"SELECT count(*), count(message_id) FROM message_receipts WHERE channel_id = %s"
    row = await (await conn.execute(kept, (channel.id,))).fetchone()
    assert row == (len(arrivals) - 1, len(arrivals) - 1)
    failure = b"SELECT failure IS NOT NULL FROM messages WHERE id = %s"
    has_failed = status == "failed"
    assert await values(conn, failure, queued.message_id) == [has_failed]


def _receipt(channel: Channel, known_as: str, word: str) -> bytes:
    code = "30003" if word == "failed" else None
    receipt = DeliveryReceipt(
        provider_message_id=known_as, status="sent", provider_status=word, error_code=code
    )
    delivery = PLAYED_SENDERS["generic"].compose_receipt(
        receipt, channel.own_address, channel, _URL, NOW
    )
    return delivery.body
