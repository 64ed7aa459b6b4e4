"""Runs a worker process until told to stop."""

import asyncio
import os
import signal
import socket
from random import random

import structlog
import uvloop

from app.clock import utc_now
from app.ids import new_id
from app.settings import Settings
from domain.retry import RetryPolicy
from providers import REGISTRY
from worker.loop import WorkerConfig, run_worker

_LOG = structlog.get_logger(__name__)


def work(settings: Settings, database_url: str) -> None:
    """Process events until SIGTERM or SIGINT; the batch in hand is finished first."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(worker_config(settings, database_url)))


def worker_config(settings: Settings, database_url: str) -> WorkerConfig:
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
    )


async def _work(config: WorkerConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    _LOG.info("worker_started")
    await run_worker(config, stop)
    _LOG.info("worker_stopped")
