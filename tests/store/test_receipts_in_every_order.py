"""The words of each provider of texts, in every order that they and the answer may come in.

Whatever the order, a text ends the same: the status never goes back, and each receipt is kept.
"""

from collections import defaultdict
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import NOW, an_sms, record, values, work
from sending import answer, sending_channel
from text_answers import ANSWERS, TEXT_SENDERS

from app.ids import new_id
from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, ReceiptStatus
from providers import REGISTRY, SENDERS
from simulation import PLAYED_SENDERS
from store.database import Connection
from store.events import NewEvent, record_events
from store.receipts import hold_receipts
from store.sending import Ending, Lease, begin_attempt, lease_due, settle_sent

_RESULT = "the result"
_URL = "https://inlet.test/webhooks/any/token"
_CONVERSATIONS = b"SELECT conversation_id FROM messages WHERE direction = 'inbound' ORDER BY id"
_STATUS = b"SELECT concat_ws(': ', status, failure) FROM messages WHERE id = %s"
_KEPT = b"SELECT count(*) FROM message_receipts WHERE message_id IS NOT NULL"


@pytest.mark.parametrize("name", TEXT_SENDERS)
async def test_every_order_ends_the_same(
    name: str, database_url: str, open_connection: OpenConnection
) -> None:
    words = PLAYED_SENDERS[name].RECEIPT_WORDS
    delivered = list(permutations([_RESULT, words["sent"], words["failed"], words["delivered"]]))
    failed = list(permutations([_RESULT, words["sent"], words["failed"]]))
    orders = [*delivered, *failed]
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider=name, account=ANSWERS[name].account)
        leases = await _texts_that_leave(database_url, conn, channel, len(orders))
        for step in range(4):
            for lease, number in leases.items():
                if step < len(orders[number]):
                    await _arrive(conn, channel, lease, number, orders[number][step])
            await work(database_url)
        ends: dict[int, set[object]] = defaultdict(set)
        for lease, number in leases.items():
            [status] = await values(conn, _STATUS, lease.message_id)
            ends[len(orders[number])].add(status)
        assert ends[4] == {"delivered"}
        [reason] = ends[3]
        assert str(reason).startswith("failed: ")
        assert await values(conn, _KEPT) == [3 * len(delivered) + 2 * len(failed)]


async def _texts_that_leave(
    database_url: str, conn: Connection, channel: Channel, count: int
) -> dict[Lease, int]:
    """Let so many people be answered, and begin to send; return the leases with their numbers."""
    texts = [an_sms(f"in-{n}", _number(n)) for n in range(count)]
    for text in texts:
        await record(conn, channel, text)
    await work(database_url)
    conversations = [str(found) for found in await values(conn, _CONVERSATIONS)]
    assert len(conversations) == count
    queued = [await answer(conn, conversation) for conversation in conversations]
    number_of = {each.message_id: number for number, each in enumerate(queued)}
    async with conn.transaction():
        leases = await lease_due(conn, new_id(), count, 60)
        for lease in leases:
            assert await begin_attempt(conn, lease, 60) == 1
    assert len(leases) == count
    return {lease: number_of[lease.message_id] for lease in leases}


async def _arrive(
    conn: Connection, channel: Channel, lease: Lease, number: int, arrival: str
) -> None:
    """Let a receipt arrive, or the answer to who sent."""
    known_as = f"p-{number}"
    if arrival == _RESULT:
        explain = SENDERS[channel.provider].explain
        async with conn.transaction():
            await hold_receipts(conn, [(channel.id, known_as)])
            ending = Ending(outcome="sent", http_status=200)
            assert await settle_sent(conn, lease, ending, known_as, lambda _, code: explain(code))
    else:
        await record_events(conn, [_receipt(channel, known_as, number, arrival)])


def _receipt(channel: Channel, known_as: str, number: int, word: str) -> NewEvent:
    played = PLAYED_SENDERS[channel.provider]
    said: dict[str, ReceiptStatus] = {each: status for status, each in played.RECEIPT_WORDS.items()}
    receipt = DeliveryReceipt(
        provider_message_id=known_as,
        status=said[word],
        provider_status=word,
        error_code="30003" if said[word] == "failed" else None,
        recipients=(_number(number),),
    )
    delivery = played.compose_receipt(receipt, channel.own_address, channel, _URL, NOW)
    return _event(channel, delivery)


def _event(channel: Channel, delivery: Delivery) -> NewEvent:
    (event,) = REGISTRY[channel.provider].split(delivery, channel.kind)
    assert event.kind == "receipt"
    return NewEvent(
        channel.customer_id,
        new_id(),
        channel.id,
        channel.provider,
        event.kind,
        event.provider_message_id,
        event.dedup_key,
        "unchecked",
        "{}",
        delivery.content_type,
        event.body,
        NOW,
    )


def _number(number: int) -> str:
    return f"+1415555{1000 + number}"
