"""What a fetcher is told. Knows no loop and no request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.fetching_provider import FetchingProvider
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from store.polling import Connect


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherConfig:
    """How one fetcher works. `random` gives numbers in [0, 1).

    What takes longer than `fetch_seconds` is tried again.
    """

    connect: Connect
    providers: Mapping[str, FetchingProvider]
    sealer: Sealer
    retry: RetryPolicy
    random: Callable[[], float]
    clock: Callable[[], datetime]
    on_commit: Callable[[], None]
    poll_seconds: float = 1.0
    fetch_seconds: float = 60.0
    lease_seconds: float = 120.0
