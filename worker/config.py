"""How one worker works, and what follows from that for its rooms and batches. Knows no loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.provider import Provider
from domain.retry import RetryPolicy
from domain.tracing import UNTRACED, Tracing
from worker.batch import BatchConfig, Turns
from worker.reading.batch_reader import ReaderConfig
from worker.reading.event import Read


def nobody_follows() -> None:
    """Be called in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """How one worker works. `dice` gives numbers in [0, 1); `identity` is (id, host, pid).

    `on_commit` is called after each batch that left something to follow. With `readers` events are
    read in processes apart, without in this process, as tests do.
    """

    database_url: str
    batch_size: int
    claim_timeout_seconds: float
    retry: RetryPolicy
    clock: Callable[[], datetime]
    dice: Callable[[], float]
    poll_seconds: float
    identity: tuple[str, str, int]
    providers: Mapping[str, Provider]
    use_prepared: bool = True
    on_commit: Callable[[], None] = nobody_follows
    readers: ReaderConfig | None = None
    version: str = ""
    tracing: Tracing = UNTRACED


def batch_config(config: WorkerConfig, read: Read | None, turns: Turns) -> BatchConfig:
    """Tell batches what all of them need."""
    return BatchConfig(
        providers=config.providers,
        claim_timeout_seconds=config.claim_timeout_seconds,
        retry=config.retry,
        dice=config.dice,
        turns=turns,
        read=read,
    )
