"""SIGHUP replaces web and workers under load: none refused, none cut, none lost or doubled."""

import asyncio
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from inlet_up import Running, folder_of_its_own, up, wait_until
from raw_sender import RawSender

from app.embedded_postgres import embedded_postgres
from store.database import connect

_SENDERS_OF_EACH_KIND = 8
_PAUSE_SECONDS = 0.04
_COUNT = b"""
    SELECT count(*), count(DISTINCT provider_message_id) FROM inbound_events
    WHERE provider_message_id LIKE 'raw-%'
"""


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


async def test_two_rolling_restarts_under_load(data_dir: Path) -> None:
    with up(data_dir) as inlet:
        sender = RawSender(inlet.sms_url)
        is_over = asyncio.Event()
        before = _pids(inlet)
        async with asyncio.TaskGroup() as group:
            for _ in range(_SENDERS_OF_EACH_KIND):
                group.create_task(sender.keep_sending(is_over.is_set, _PAUSE_SECONDS))
                group.create_task(sender.send_anew(is_over.is_set, _PAUSE_SECONDS))
            for times in (1, 2):
                inlet.process.send_signal(signal.SIGHUP)
                await asyncio.to_thread(_wait_until_replaced, inlet, times)
            is_over.set()

        counts = sender.counts
        assert (counts.refused, counts.broken_off, counts.other_statuses) == ([], [], [])
        assert len(counts.accepted) > 200
        assert counts.slowest_seconds < 5
        assert before.isdisjoint(_pids(inlet))
        wait_until(lambda: inlet.message_count() == len(counts.accepted))
        with embedded_postgres(data_dir) as url:
            async with await connect(url, "tests") as conn:
                counted = await (await conn.execute(_COUNT)).fetchone()
        assert counted == (len(counts.accepted), len(counts.accepted))


def test_settings_are_read_again_and_bad_ones_change_nothing(data_dir: Path) -> None:
    with up(data_dir) as inlet:
        before = _pids(inlet)
        (data_dir / ".env").write_text("BATCH_SIZE=none\n")
        inlet.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "BATCH_SIZE must be" in inlet.log.read_text())
        assert _pids(inlet) == before

        (data_dir / ".env").write_text("BATCH_SIZE=7\n")
        inlet.process.send_signal(signal.SIGHUP)
        _wait_until_replaced(inlet, 1)
        assert {child.environ()["BATCH_SIZE"] for child in inlet.children("work")} == {"7"}
        assert inlet.send("afterwards") == 200


def _wait_until_replaced(inlet: Running, times: int) -> None:
    wait_until(lambda: _replaced(inlet) == times)


def _replaced(inlet: Running) -> int:
    return inlet.log.read_text().count('"event": "replaced"')


def _pids(inlet: Running) -> set[int]:
    return {child.pid for command in ("serve", "work") for child in inlet.children(command)}
