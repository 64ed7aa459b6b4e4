"""What a fetcher is told. Knows no loop and no request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.fetching_provider import FetchingProvider
from domain.media_provider import MediaProvider
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from store.polling import Connect


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherConfig:
    """How one fetcher works. `random` gives numbers in [0, 1).

    What takes longer than `fetch_seconds` is tried again. `media_providers` are those whose media
    want a credential; `private_hosts` those that may be on a network of ours, as `HOST:PORT`.
    """

    connect: Connect
    providers: Mapping[str, FetchingProvider]
    sealer: Sealer
    retry: RetryPolicy
    random: Callable[[], float]
    clock: Callable[[], datetime]
    on_commit: Callable[[], None]
    media_providers: Mapping[str, MediaProvider] = field(default_factory=dict[str, MediaProvider])
    private_hosts: frozenset[str] = frozenset()
    poll_seconds: float = 1.0
    fetch_seconds: float = 60.0
    lease_seconds: float = 120.0
