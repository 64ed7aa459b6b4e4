"""One event that cannot be processed never fails its neighbours, whatever refuses it and when."""

import asyncio
import re
from dataclasses import replace
from typing import Any, cast

import pytest
from conftest import OpenConnection
from databases import as_owner
from flows import (
    BEN,
    NOW,
    an_sms,
    conversations,
    count_of,
    groups,
    make_channel,
    make_due,
    record,
    until,
    values,
    worker_config,
)
from odd_provider import Odd

from domain.event import ClaimedEvent
from domain.message import Attachment, DeliveryReceipt, Reading
from store.database import Connection, connect
from worker.config import WorkerConfig
from worker.loop import drain, run_worker

# A table refuses what its statement sends at once; a deferred trigger only refuses the commit.
_REFUSALS = {
    "body": [b"ALTER TABLE bodies ADD CHECK (text NOT LIKE '%poison%')"],
    "conversation": [
        b"ALTER TABLE conversations ADD CHECK (last_message_preview NOT LIKE '%poison%')"
    ],
    "message": [b"ALTER TABLE messages ADD CHECK (provider_message_id NOT LIKE '%poison%')"],
    "attachment": [b"ALTER TABLE attachments ADD CHECK (url NOT LIKE '%poison%')"],
    "commit": [
        b"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE check_violation; END'
        """,
        b"""
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON messages
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (NEW.provider_message_id LIKE '%poison%') EXECUTE FUNCTION refuse()
        """,
    ],
}


async def _refuse(url: str, refusal: str) -> None:
    async with await connect(as_owner(url), "tests") as owner:
        for statement in _REFUSALS[refusal]:
            await owner.execute(statement)


async def _with_poison(url: str, conn: Connection, refusal: str, batch_size: int) -> WorkerConfig:
    """Record 20 texts, three of which Postgres refuses, and process them."""
    await _refuse(url, refusal)
    channel = await make_channel(conn, "sms")
    for number in range(20):
        poison = number in {3, 4, 17}
        await record(
            conn,
            channel,
            an_sms(
                f"poison-{number}" if poison else f"fine-{number}",
                BEN if number % 2 and refusal != "conversation" else f"+1415555{number:04d}",
                body=f"poison {number}" if poison else "Hello",
                attachments=["https://poison.test/a"] if poison else ["https://fine.test/a"],
            ),
        )
    config = worker_config(url, batch_size=batch_size, max_retries=1)
    await drain(config)
    assert await count_of(conn, "messages") == 17
    return config


async def _check_dead(conn: Connection, error_class: str, attempts: int) -> None:
    assert await values(conn, b"SELECT error_class FROM dead_letters") == [error_class] * 3
    assert await values(conn, b"SELECT attempts FROM dead_letters") == [attempts] * 3
    assert await count_of(conn, "inbound_failures") == 3 * attempts
    assert await count_of(conn, "inbound_queue") == 0
    assert not [name for group in await groups(conn) for name in group if "poison" in name]


@pytest.mark.parametrize("refusal", ["body", "message", "attachment"])
@pytest.mark.parametrize("batch_size", [1, 5, 100])
async def test_a_row_that_is_refused_for_what_it_says_is_given_up_at_once(
    fresh_database_url: str, refusal: str, batch_size: int
) -> None:
    """No retry can cure it; the detail names the constraint and repeats nothing of the row."""
    async with await connect(fresh_database_url, "tests") as conn:
        await _with_poison(fresh_database_url, conn, refusal, batch_size)
        await _check_dead(conn, "row_refused", 1)
        details = await values(conn, b"SELECT DISTINCT detail FROM dead_letters")
        table = {"body": "bodies", "message": "messages", "attachment": "attachments"}[refusal]
        why = rf"\['the event.s rows could not be written: 23514 {table} {table}_[a-z_]+_check'\]"
        assert re.fullmatch(why, str(details).replace('"', "'"))
        assert len(await conversations(conn)) == 10


@pytest.mark.parametrize("refusal", ["conversation", "commit"])
@pytest.mark.parametrize("batch_size", [1, 5, 100])
async def test_what_may_be_taken_later_is_tried_again_and_given_up_alone(
    fresh_database_url: str, refusal: str, batch_size: int
) -> None:
    """A conversation's row is made of many events, and a commit names nobody."""
    async with await connect(fresh_database_url, "tests") as conn:
        config = await _with_poison(fresh_database_url, conn, refusal, batch_size)
        waiting = await values(conn, b"SELECT attempt_count FROM inbound_queue")
        assert waiting == [1, 1, 1]
        await make_due(conn)
        await drain(config)
        await _check_dead(conn, "CheckViolation", 2)
        assert len(await conversations(conn)) == (17 if refusal == "conversation" else 10)


async def test_what_fails_a_whole_batch_is_found_while_much_waits(fresh_database_url: str) -> None:
    """Other hands succeed meanwhile; that must not keep the one that failed from halving."""
    stop = asyncio.Event()
    async with await connect(fresh_database_url, "tests") as conn:
        await _refuse(fresh_database_url, "commit")
        channel = await make_channel(conn, "sms")
        names = [f"{'poison' if number % 90 == 50 else 'fine'}-{number}" for number in range(450)]
        await record(conn, channel, *(an_sms(name) for name in names))
        config = worker_config(fresh_database_url, batch_size=16, max_retries=0)
        working = asyncio.create_task(run_worker(config, stop))

        async def is_done() -> bool:
            return await count_of(conn, "inbound_queue") == 0

        await until(is_done)
        stop.set()
        await working
        assert await count_of(conn, "messages") == 445
        assert await values(conn, b"SELECT error_class FROM dead_letters") == ["CheckViolation"] * 5


_NAIVE = NOW.replace(tzinfo=None)
_RECEIPT = DeliveryReceipt(
    provider_message_id="m",
    status="failed",
    provider_status="failed",
    error_code="30003",
    occurred_at=NOW,
)
_HOSTILE_READINGS: dict[str, Reading] = {
    "NUL in a receipt": replace(_RECEIPT, provider_status="\0"),
    "surrogate in a receipt": replace(_RECEIPT, error_code="\ud800"),
    "number in a receipt": replace(_RECEIPT, error_code=cast(Any, 30003)),
    "receipt without zone": replace(_RECEIPT, occurred_at=_NAIVE),
    "receipt of no known status": replace(_RECEIPT, status=cast(Any, "lost")),
    "message without zone": replace(an_sms("x"), sent_at=_NAIVE),
    "message of no known kind": replace(an_sms("x"), kind=cast(Any, "fax")),
    "surrogates everywhere": replace(an_sms("\ud800", "\ud800", "\ud800", body="\ud800")),
    "NUL everywhere": replace(an_sms("\0", "\0", "\0", body="\0", attachments=["\0"])),
    "negative size": replace(an_sms("x"), attachments=(Attachment(url="u", size_bytes=-1),)),
    "size beyond bigint": replace(
        an_sms("x"), attachments=(Attachment(url="u", size_bytes=2**63),)
    ),
    "no reading at all": cast(Any, object()),
}


@pytest.mark.parametrize("hostile", _HOSTILE_READINGS)
async def test_whatever_a_provider_reads_fails_only_its_own_event(
    database_url: str, open_connection: OpenConnection, hostile: str
) -> None:
    def read_one(event: ClaimedEvent) -> Reading | None:
        readings = {"message:odd": _HOSTILE_READINGS[hostile], "message:receipt": _RECEIPT}
        return readings.get(event.dedup_key)

    config = worker_config(
        database_url, max_retries=0, providers={"generic": Odd(read_one=read_one)}
    )
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        names = ["a", "b", "receipt", "odd", "c", "d"]
        (*_, odd, _, _) = await record(conn, channel, *(an_sms(name) for name in names))
        async with asyncio.timeout(120):
            await drain(config)
        fine = await values(conn, b"SELECT id FROM messages WHERE event_id <> %s", odd)
        assert len(fine) == 4
        assert await count_of(conn, "inbound_queue") == 0
        kept = await count_of(conn, "message_receipts") + await count_of(conn, "messages") - 5
        assert kept + await count_of(conn, "dead_letters") == 1
