"""What this worker has written lately and need not write again, or look up: addresses,
participants, and which conversation a key's texts go to.

A wrong entry cannot do harm unseen: the foreign keys refuse it, and where a conversation was merged
or split meanwhile the write shows it. All is dropped on any error.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.address import Address
from store.conversations import Participant
from store.current_conversations import PlaceKey

AddressKey = tuple[int, Address]
T = TypeVar("T")
V = TypeVar("V")

_CAPACITY = 200_000


class _Recent(Generic[T, V]):
    """A bounded map; the entry that was written first leaves first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[T, V] = OrderedDict()

    def get(self, key: T) -> V | None:
        return self._entries.get(key)

    def add(self, key: T, value: V) -> None:
        self._entries[key] = value
        if len(self._entries) > _CAPACITY:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        self._entries.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What was written, and may be remembered. `outside` are the addresses that have a contact.

    `copies` are the events that brought a message once more.
    """

    hashes: Mapping[AddressKey, int]
    outside: Collection[AddressKey]
    participants: Collection[Participant]
    places: Mapping[PlaceKey, str]
    copies: Collection[str] = ()


class RowCache:
    """What one worker remembers of rows."""

    def __init__(self) -> None:
        self._outside: _Recent[AddressKey, int] = _Recent()
        self._own: _Recent[AddressKey, int] = _Recent()
        self._participants: _Recent[Participant, bool] = _Recent()
        self._places: _Recent[PlaceKey, str] = _Recent()

    def address_hash(self, key: AddressKey, *, is_outside: bool) -> int | None:
        """Return the hash of a stored address; an outside one is known to have its contact."""
        return (self._outside if is_outside else self._own).get(key)

    def unknown_participants(self, participants: Iterable[Participant]) -> list[Participant]:
        """Return those that are not known to be stored."""
        return [
            participant for participant in participants if not self._participants.get(participant)
        ]

    def place_of(self, key: PlaceKey) -> str | None:
        """Return the conversation that a key's texts go to."""
        return self._places.get(key)

    def learn(self, learned: Learned) -> None:
        """Remember what was written, once the transaction has committed."""
        for address, address_hash in learned.hashes.items():
            cached = self._outside if address in learned.outside else self._own
            cached.add(address, address_hash)
        for participant in learned.participants:
            self._participants.add(participant, True)
        for key, conversation in learned.places.items():
            self._places.add(key, conversation)

    def clear(self) -> None:
        """Forget everything."""
        self._outside.clear()
        self._own.clear()
        self._participants.clear()
        self._places.clear()
