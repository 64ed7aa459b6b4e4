"""How many requests a key may make in a minute, counted in the memory of each web process.

Windows are fixed: the count begins again when its minute is over. Knows no request.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

from domain.errors import TooManyRequests

Bucket = Literal["api", "search"]

_WINDOW_SECONDS = 60.0
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int


class RateLimits:
    """Counts the requests of every key. A limit of 0 is none."""

    def __init__(self, per_minute: Mapping[Bucket, int]) -> None:
        self._per_minute = per_minute
        self._windows: OrderedDict[tuple[str, Bucket], _Window] = OrderedDict()

    def charge(self, key_id: str, bucket: Bucket, now: float) -> dict[str, str]:
        """Count one request and return the headers that tell what is left.

        Raises: TooManyRequests.
        """
        limit = self._per_minute[bucket]
        if not limit:
            return {}
        window = self._windows.get((key_id, bucket))
        if window is None or window.ends_at <= now:
            window = self._begin(key_id, bucket, now)
        window.used += 1
        seconds_left = str(max(1, ceil(window.ends_at - now)))
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - window.used)),
            "RateLimit-Reset": seconds_left,
        }
        if window.used > limit:
            raise TooManyRequests(
                f"this key may make {limit} such requests a minute",
                {**headers, "Retry-After": seconds_left},
            )
        return headers

    def _begin(self, key_id: str, bucket: Bucket, now: float) -> _Window:
        window = _Window(now + _WINDOW_SECONDS, 0)
        self._windows[key_id, bucket] = window
        self._windows.move_to_end((key_id, bucket))
        if len(self._windows) > _REMEMBERED:
            self._windows.popitem(last=False)
        return window
