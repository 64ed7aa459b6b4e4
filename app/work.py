"""Runs a worker process until told to stop."""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import random

import httpx
import structlog
import uvloop

from app.blobs import open_blobs
from app.clock import monotonic, utc_now
from app.consumers import make_consumers
from app.forced_exit import stop_on_signals
from app.garbage_collection import collect_rarely
from app.ids import new_id
from app.keys import sealer_of
from app.large_memory import give_back_large_memory
from app.long_texts import LongTextsApart
from app.settings import Settings
from app.tracing import start_tracing
from app.version import VERSION
from domain.backoff import Backoff
from domain.consumer import CONSUMERS
from domain.long_texts import LongTexts
from domain.media_link import media_url
from domain.retention import Retention
from domain.retry import RetryPolicy
from domain.webhook_url import webhook_url
from inbox.hooks.payload import make_payload
from ingest.wake import Waker
from providers import FETCHERS, LISTERS, LOOK_UPS, MEDIA, REGISTRY, SENDERS
from store.blobs import BlobStore
from store.database import Connection, connect
from store.notifications import CHANGES_GAP_SECONDS, notify_changes
from store.origin import connect_follower
from worker.background.chores import (
    ASKING_SECONDS,
    FILE_CHORES,
    LONG_CHORES,
    LOOK_UP,
    RECONCILE,
    Chore,
    run_chores,
)
from worker.background.consumers import run_consumers
from worker.background.jobs import run_jobs
from worker.background.repeating import BackgroundConfig
from worker.background.switching import switch_off
from worker.config import WorkerConfig
from worker.fetching.config import FetcherConfig
from worker.fetching.fetcher import run_fetcher, run_media_fetcher
from worker.hooks.config import HookConfig
from worker.hooks.sender import run_hooks
from worker.listing.config import ListingConfig
from worker.listing.reconcile import reconcile_due
from worker.loop import run_worker
from worker.reading.batch_reader import ReaderConfig
from worker.sending.config import SenderConfig
from worker.sending.look_up import LookUpConfig, look_up_due
from worker.sending.provider_request import open_client
from worker.sending.sender import run_sender

_LOG = structlog.get_logger(__name__)

_ASKED_AT_ONCE = 1
_ANSWER_SECONDS = 30.0
_STOP_SECONDS = 5.0  # a batch that takes longer rolls back


def work(
    settings: Settings, database_url: str, report_ready: Callable[[], None] = lambda: None
) -> None:
    """Process events until SIGTERM or SIGINT; the batch in hand is finished first."""
    collect_rarely()
    give_back_large_memory()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, database_url, report_ready))


def worker_config(
    settings: Settings,
    database_url: str,
    on_commit: Callable[[], None] = lambda: None,
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
        random=random,
        poll_seconds=settings.poll_seconds,
        identity=(new_id(), socket.gethostname(), os.getpid()),
        providers=REGISTRY,
        fetching=frozenset(FETCHERS),
        use_prepared=settings.prepared_statements,
        on_commit=on_commit,
        readers=ReaderConfig(),
        version=VERSION,
    )


def sender_config(
    settings: Settings,
    database_url: str,
    on_commit: Callable[[], None],
    blobs: BlobStore | None = None,
) -> SenderConfig:
    """Tell a sender how to send; each call names another sender."""
    sealer = sealer_of(settings)
    return SenderConfig(
        database_url=database_url,
        worker_id=new_id(),
        providers=SENDERS,
        sealer=sealer,
        callback_url=lambda channel: webhook_url(settings.web_url, channel),
        media_url=lambda place: media_url(settings.web_url, sealer, place, utc_now()),
        retry=RetryPolicy(
            max_retries=settings.max_retries, backoff_base_ms=settings.backoff_base_ms
        ),
        random=random,
        clock=utc_now,
        poll_seconds=settings.poll_seconds,
        use_prepared=settings.prepared_statements,
        on_commit=on_commit,
        blobs=blobs,
    )


def fetcher_config(
    settings: Settings, database_url: str, on_commit: Callable[[], None]
) -> FetcherConfig:
    """Tell a fetcher how to fetch what providers keep."""
    return FetcherConfig(
        connect=lambda: connect(database_url, "inlet fetch", prepare=settings.prepared_statements),
        providers=FETCHERS,
        sealer=sealer_of(settings),
        retry=RetryPolicy(
            max_retries=settings.max_retries, backoff_base_ms=settings.backoff_base_ms
        ),
        random=random,
        clock=utc_now,
        on_commit=on_commit,
        media_providers=MEDIA,
        private_hosts=frozenset(settings.media_private_hosts),
    )


def hook_config(settings: Settings, database_url: str) -> HookConfig:
    """Tell whoever posts to hooks how to do that."""
    return HookConfig(
        connect=lambda: connect_follower(
            database_url, "inlet hooks", prepare=settings.prepared_statements
        ),
        make_payload=make_payload,
        sealer=sealer_of(settings),
        random=random,
        clock=utc_now,
        monotonic=monotonic,
        new_id=new_id,
        private_hosts=frozenset(settings.hook_private_hosts),
        poll_seconds=settings.poll_seconds,
    )


def listing_config(settings: Settings, client: httpx.AsyncClient) -> ListingConfig:
    """Tell whoever asks providers for what was missed how to do that."""
    return ListingConfig(
        client=client,
        providers=LISTERS,
        sealer=sealer_of(settings),
        clock=utc_now,
        new_id=new_id,
        event_days=settings.event_days,
    )


def listing_client() -> httpx.AsyncClient:
    """Make the client that asks them."""
    return open_client(_ASKED_AT_ONCE, _ANSWER_SECONDS)


def background_config(
    settings: Settings,
    database_url: str,
    on_commit: Callable[[], None],
    long_texts: LongTexts,
    blobs: BlobStore | None = None,
) -> BackgroundConfig:
    """Tell a worker how to do jobs and chores."""
    return BackgroundConfig(
        connect=lambda: connect(
            database_url, "inlet background", prepare=settings.prepared_statements
        ),
        clock=utc_now,
        new_id=new_id,
        retention=retention(settings),
        long_texts=long_texts,
        blobs=blobs,
        random=random,
        on_commit=on_commit,
        providers=REGISTRY,
        mends_derived=settings.mend_derived,
    )


def retention(settings: Settings) -> Retention:
    """Say how long things are kept unless a customer says otherwise."""
    return Retention(
        event_days=settings.event_days,
        dead_letter_days=settings.dead_letter_days,
        quarantine_days=settings.quarantine_days,
        outbox_days=settings.outbox_days,
    )


async def _ask_providers(
    settings: Settings, background: BackgroundConfig, stop: asyncio.Event
) -> None:
    """Do the chores for which providers are asked; nothing else waits for them."""
    async with listing_client() as client:
        looking_up = LookUpConfig(
            client=client,
            providers=LOOK_UPS,
            senders=SENDERS,
            sealer=sealer_of(settings),
            clock=utc_now,
            on_commit=background.on_commit,
        )
        steps = {
            RECONCILE: partial(reconcile_due, config=listing_config(settings, client)),
            LOOK_UP: partial(look_up_due, config=looking_up),
        }
        chores = {
            name: Chore(every_seconds=ASKING_SECONDS[name], steps=step)
            for name, step in steps.items()
        }
        await run_chores(background, stop, chores)


async def _work(settings: Settings, database_url: str, report_ready: Callable[[], None]) -> None:
    stop = stop_on_signals(_STOP_SECONDS)

    async def open_one() -> Connection:
        return await connect(database_url, "inlet background", prepare=settings.prepared_statements)

    async def open_follower() -> Connection:
        return await connect_follower(
            database_url, "inlet background", prepare=settings.prepared_statements
        )

    waker = Waker(open_one, Backoff(random), notify_changes, CHANGES_GAP_SECONDS)
    long_texts = LongTextsApart()
    blobs = open_blobs(settings)
    background = background_config(settings, database_url, waker.poke, long_texts, blobs)
    tracing = start_tracing(settings.otel_exporter_otlp_endpoint, "worker")
    has_written = asyncio.Event()

    def on_written() -> None:
        waker.poke()
        has_written.set()

    work_config = worker_config(settings, database_url, on_written)
    work_config = replace(work_config, tracing=tracing)
    _LOG.info("worker_started")
    report_ready()
    telling = asyncio.create_task(waker.run())
    consumers = make_consumers(settings, long_texts)
    off = [name for name in CONSUMERS if not settings.is_on(name)]
    async with asyncio.TaskGroup() as group:
        group.create_task(run_worker(work_config, stop))
        sending = sender_config(settings, database_url, waker.poke, blobs)
        group.create_task(run_sender(sending, stop))
        fetching = fetcher_config(settings, database_url, waker.poke)
        group.create_task(run_fetcher(fetching, stop))
        group.create_task(run_media_fetcher(fetching, stop, has_written))
        if settings.is_on("hooks"):
            group.create_task(run_hooks(hook_config(settings, database_url), stop))
        group.create_task(run_chores(background, stop))
        group.create_task(run_chores(background, stop, FILE_CHORES))
        group.create_task(run_chores(background, stop, LONG_CHORES))
        group.create_task(_ask_providers(settings, background, stop))
        group.create_task(run_jobs(background, stop))
        if consumers:
            group.create_task(run_consumers(open_follower, consumers, stop, random=random))
        if off:
            group.create_task(switch_off(open_follower, off, stop, random=random))
    await long_texts.close()
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    await asyncio.to_thread(tracing.close)
    _LOG.info("worker_stopped")
