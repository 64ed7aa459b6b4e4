"""What every endpoint of the inbox has at hand. Knows no endpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from inbox.auth import KeyDoor
from inbox.limits import RateLimits
from store.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """`poke`, called after a commit, tells workers and streams that there is something new.

    `public_url` is where people reach the web process.
    """

    pool: Pool
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    door: KeyDoor
    limits: RateLimits
    poke: Callable[[], None]
    public_url: str
