"""Finds the 64-bit key under which each text is stored, whatever collides with it.

Two texts never share a row: after an insert that found a key taken, the stored text is compared,
and on a difference the next probe is tried. Knows no table.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
Key = tuple[int, int]
HashOf = Callable[[str, int], int]


@dataclass(frozen=True, slots=True)
class Hashed(Generic[T]):
    """An item at the key that one probe gives it."""

    customer_id: int
    hash: int
    item: T

    @property
    def key(self) -> Key:
        return (self.customer_id, self.hash)


async def store_hashed(
    items: Collection[T],
    identify: Callable[[T], tuple[int, str]],
    hash_of: HashOf,
    insert_new: Callable[[Sequence[Hashed[T]]], Awaitable[set[Key]]],
    find_same: Callable[[Sequence[Hashed[T]]], Awaitable[set[T]]],
) -> dict[T, int]:
    """Store what is not stored and return the hash of every item.

    `identify` gives customer and text; `insert_new` returns the keys it could insert; `find_same`
    returns the items that their key already holds. Rows go in sorted by key, so that two workers
    cannot wait for each other.
    """
    hashes: dict[T, int] = {}
    pending = list(items)
    probe = 0
    while pending:
        tried = [
            Hashed(customer_id, hash_of(text, probe), item)
            for item, (customer_id, text) in ((item, identify(item)) for item in pending)
        ]
        tried.sort(key=lambda row: row.key)
        sharing = Counter(row.key for row in tried)
        inserted = await insert_new(tried)
        stored = {row.item for row in tried if row.key in inserted and sharing[row.key] == 1}
        doubtful = [row for row in tried if row.item not in stored]
        if doubtful:
            stored |= await find_same(doubtful)
        hashes.update((row.item, row.hash) for row in tried if row.item in stored)
        pending = [row.item for row in tried if row.item not in stored]
        probe += 1
    return hashes
