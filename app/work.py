"""Runs a worker process until told to stop."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from random import random

import structlog
import uvloop

from app.clock import utc_now
from app.ids import new_id
from app.keys import secret_key
from app.live import CHANGES_GAP_SECONDS
from app.settings import Settings
from app.webhook_url import webhook_url
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from ingest.wake import Waker
from providers import REGISTRY
from store.database import Connection, connect
from store.signals import tell_changes
from worker.beside import BesideConfig
from worker.bulk import run_jobs
from worker.chores import run_chores
from worker.consumers import run_consumers
from worker.loop import WorkerConfig, run_worker
from worker.search_index import search_consumer
from worker.sender import SenderConfig, run_sender

_LOG = structlog.get_logger(__name__)


def work(settings: Settings, database_url: str) -> None:
    """Process events until SIGTERM or SIGINT; the batch in hand is finished first."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, database_url))


def worker_config(
    settings: Settings, database_url: str, on_commit: Callable[[], None] = lambda: None
) -> WorkerConfig:
    """Tell a worker how to work; each call names another worker."""
    return WorkerConfig(
        database_url=database_url,
        batch_size=settings.batch_size,
        claim_timeout_seconds=settings.claim_timeout_seconds,
        retry=RetryPolicy(
            max_retries=settings.max_retries, backoff_base_ms=settings.backoff_base_ms
        ),
        clock=utc_now,
        dice=random,
        poll_seconds=settings.poll_seconds,
        identity=(new_id(), socket.gethostname(), os.getpid()),
        providers=REGISTRY,
        use_prepared=settings.prepared_statements,
        on_commit=on_commit,
    )


def sender_config(
    settings: Settings, database_url: str, on_commit: Callable[[], None]
) -> SenderConfig:
    """Tell a sender how to send; each call names another sender."""
    return SenderConfig(
        database_url=database_url,
        worker_id=new_id(),
        providers=REGISTRY,
        sealer=Sealer(secret_key(settings)),
        callback_url=lambda channel: webhook_url(settings.web_url, channel),
        retry=RetryPolicy(
            max_retries=settings.max_retries, backoff_base_ms=settings.backoff_base_ms
        ),
        dice=random,
        clock=utc_now,
        poll_seconds=settings.poll_seconds,
        use_prepared=settings.prepared_statements,
        on_commit=on_commit,
    )


def beside_config(
    settings: Settings, database_url: str, on_commit: Callable[[], None]
) -> BesideConfig:
    """Tell a worker how to do jobs and chores."""
    return BesideConfig(
        connect=lambda: connect(database_url, "inlet beside", prepare=settings.prepared_statements),
        clock=utc_now,
        new_id=new_id,
        outbox_days=settings.outbox_days,
        on_commit=on_commit,
    )


async def _work(settings: Settings, database_url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    async def open_one() -> Connection:
        return await connect(database_url, "inlet beside", prepare=settings.prepared_statements)

    waker = Waker(open_one, tell_changes, CHANGES_GAP_SECONDS)
    beside = beside_config(settings, database_url, waker.poke)
    _LOG.info("worker_started")
    telling = asyncio.create_task(waker.run())
    async with asyncio.TaskGroup() as group:
        group.create_task(run_worker(worker_config(settings, database_url, waker.poke), stop))
        group.create_task(run_sender(sender_config(settings, database_url, waker.poke), stop))
        group.create_task(run_chores(beside, stop))
        group.create_task(run_jobs(beside, stop))
        group.create_task(run_consumers(open_one, [search_consumer()], stop))
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    _LOG.info("worker_stopped")
