"""What a sender is told. Knows no loop and no request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.channel import Channel
from domain.media_link import MediaPlace
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from domain.sending_provider import SendingProvider
from store.blobs import BlobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderConfig:
    """How one sender works. `random` gives numbers in [0, 1); `worker_id` names its leases.

    `callback_url` writes the URL that a channel's provider reports to; `on_commit` is called
    whenever something was recorded. `blobs` has the files that left the database; `media_url`
    writes the link by which a provider fetches a file of a text.
    """

    database_url: str
    worker_id: str
    providers: Mapping[str, SendingProvider]
    sealer: Sealer
    callback_url: Callable[[Channel], str]
    media_url: Callable[[MediaPlace], str]
    retry: RetryPolicy
    random: Callable[[], float]
    clock: Callable[[], datetime]
    poll_seconds: float
    on_commit: Callable[[], None]
    blobs: BlobStore | None = None
    most_in_flight: int = 32
    lease_seconds: float = 60.0
    answer_seconds: float = 20.0
    use_prepared: bool = True
