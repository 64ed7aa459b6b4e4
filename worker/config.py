"""How one worker works, and what follows from that for its rooms and batches. Knows no loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.provider import Provider
from domain.retry import RetryPolicy
from domain.tracing import UNTRACED, Tracing
from worker.batch import BatchConfig, Turns
from worker.reading.nursery import Nursery, Place
from worker.reading.reading_room import ReadingRoom


def nobody_follows() -> None:
    """Be called in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """How one worker works. `dice` gives numbers in [0, 1); `identity` is (id, host, pid).

    `on_commit` is called after each batch that left something to follow. With a nursery events are
    read in processes apart, without one in this process, as tests do.
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
    fetching: frozenset[str] = frozenset()
    use_prepared: bool = True
    on_commit: Callable[[], None] = nobody_follows
    nursery: Nursery | None = None
    version: str = ""
    tracing: Tracing = UNTRACED


def open_room(config: WorkerConfig, place: Place) -> ReadingRoom | None:
    """Open the room in which events are read apart; None to read them in this process."""
    if config.nursery is None:
        return None
    config.nursery.start(config.providers)
    return ReadingRoom(config.nursery, place)


def batch_config(config: WorkerConfig, room: ReadingRoom | None, turns: Turns) -> BatchConfig:
    """Tell batches what all of them need."""
    return BatchConfig(
        providers=config.providers,
        claim_timeout_seconds=config.claim_timeout_seconds,
        retry=config.retry,
        dice=config.dice,
        turns=turns,
        read=room.read if room is not None else None,
        fetching=config.fetching,
    )
