"""What workers report is added up, however often they report and however many there were."""

import math
from dataclasses import replace

from conftest import OpenConnection
from flows import NOW, an_sms, make_channel, make_due, record, worker_config

from app.ids import new_id
from domain.provider import Provider
from providers import generic
from store.workers import WorkerReport, report_worker, worker_totals
from worker.loop import drain

_REPORT = WorkerReport(
    id=new_id(),
    host="one",
    pid=7,
    started_at=NOW,
    claimed=3,
    processed=1,
    error=1,
    dead_letter=1,
    latency_bounds=[0.5, 1.0],
    latency_counts=[1, 0, 2],
    latency_sum=2.5,
)


async def test_before_any_worker_there_is_nothing(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        totals = await worker_totals(conn)
    assert (totals.claimed, totals.latency_sum, totals.latencies) == (0, 0.0, ())
    assert totals.last_seen_at is None


async def test_a_report_takes_the_place_of_the_workers_last(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        await report_worker(conn, replace(_REPORT, id=new_id()))
        await report_worker(conn, _REPORT)
        later = replace(_REPORT, claimed=2**40, latency_counts=[5, 1, 2], latency_sum=3.0)
        await report_worker(conn, later)
        totals = await worker_totals(conn)
    assert (totals.claimed, totals.processed) == (2**40 + 3, 2)
    assert (totals.error, totals.dead_letter) == (2, 2)
    assert totals.latencies == ((0.5, 6), (1.0, 1), (math.inf, 4))
    assert totals.latency_sum == 5.5
    assert totals.last_seen_at is not None


async def test_a_worker_counts_every_attempt(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Of five events three are read, one is unreadable, and one fails twice."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, b"{}", *(an_sms(str(number)) for number in range(3)))
        await drain(worker_config(database_url))
        await record(conn, channel, an_sms("odd"))
        unknown: dict[str, Provider] = {"other": generic}
        for _ in range(2):
            await drain(worker_config(database_url, max_retries=1, providers=unknown))
            await make_due(conn)
        totals = await worker_totals(conn)
    assert (totals.claimed, totals.processed) == (6, 3)
    assert (totals.error, totals.dead_letter) == (1, 2)
    assert totals.latency_sum == 3.0
    assert dict(totals.latencies)[1.0] == 3
