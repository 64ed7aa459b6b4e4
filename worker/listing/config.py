"""What whoever asks providers for missed messages is told. Knows no request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from domain.listing_provider import ListingProvider
from domain.sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingConfig:
    """How providers are asked. `event_days` is for how long events are kept; 0: for ever."""

    client: httpx.AsyncClient
    providers: Mapping[str, ListingProvider]
    sealer: Sealer
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    event_days: int = 0
    hold_seconds: float = 120.0
    answer_seconds: float = 60.0
