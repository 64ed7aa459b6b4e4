"""A bounded cache whose entries grow old. Time is an argument; knows nothing of what it holds."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Held(Generic[V]):
    """A cached value and whether it should be asked for again."""

    value: V
    is_stale: bool


class TtlCache(Generic[K, V]):
    """Keep at most `capacity` values, the least recently written leaving first."""

    def __init__(self, capacity: int, ttl_seconds: float) -> None:
        self._capacity = capacity
        self._ttl_seconds = ttl_seconds
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K, now: float) -> Held[V] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        return Held(entry[0], is_stale=now - entry[1] >= self._ttl_seconds)

    def put(self, key: K, value: V, now: float) -> None:
        self._entries[key] = (value, now)
        self._entries.move_to_end(key)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)
