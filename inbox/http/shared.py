"""What every endpoint of the inbox has at hand. Knows no endpoint."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from domain.long_texts import IN_PLACE, LongTexts
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.rates import RateWatch
from store.blobs import BlobStore
from store.database import Connection, Pool


async def _not_looked_at(_conn: Connection) -> bool:
    return True


async def _nothing_to_heed() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """`poke`, called after a commit, tells workers and streams that there is something new.

    `heed_channels` returns once a committed change of a channel counts in this process.
    `public_url` is where people reach the web process. `schema_is_current` says whether every
    migration is applied. `blobs` has the files that left the database; None: none ever did.
    """

    pool: Pool
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    door: KeyDoor
    limits: RateLimits
    poke: Callable[[], None]
    public_url: str
    heed_channels: Callable[[], Awaitable[None]] = _nothing_to_heed
    long_texts: LongTexts = IN_PLACE
    blobs: BlobStore | None = None
    rates: RateWatch = field(default_factory=RateWatch)
    schema_is_current: Callable[[Connection], Awaitable[bool]] = _not_looked_at
