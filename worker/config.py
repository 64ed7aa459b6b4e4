"""How one worker works, and what follows from that for its batches. Knows no loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.provider import Provider
from domain.retry import RetryPolicy
from domain.tracing import UNTRACED, Tracing
from worker.batch import BatchConfig, WorkerLocks
from worker.reading.batch_reader import ReaderConfig
from worker.reading.event import Read, read_here


def do_nothing() -> None:
    """Be called in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """How one worker works. `random` gives numbers in [0, 1); `identity` is (id, host, pid).

    `on_commit` is called after each batch that left something to follow. With `readers` events are
    read in processes apart, without in this process, as tests do.
    """

    database_url: str
    batch_size: int
    claim_timeout_seconds: float
    retry: RetryPolicy
    clock: Callable[[], datetime]
    random: Callable[[], float]
    poll_seconds: float
    identity: tuple[str, str, int]
    providers: Mapping[str, Provider]
    fetching: frozenset[str] = frozenset()
    use_prepared: bool = True
    on_commit: Callable[[], None] = do_nothing
    readers: ReaderConfig | None = None
    version: str = ""
    tracing: Tracing = UNTRACED


def batch_config(config: WorkerConfig, read: Read | None, locks: WorkerLocks) -> BatchConfig:
    """Tell batches what all of them need; without `read` events are read in this process."""
    return BatchConfig(
        providers=config.providers,
        claim_timeout_seconds=config.claim_timeout_seconds,
        retry=config.retry,
        random=config.random,
        locks=locks,
        read=read or read_here(config.providers),
        fetching=config.fetching,
    )
