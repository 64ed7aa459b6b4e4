"""What a worker remembers is what it learned, for its customer and its role, until it forgets."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from domain.address import Address
from store.conversations import Participant
from worker.writing import row_cache as module
from worker.writing.row_cache import Learned, RowCache

_ANN = Address("phone", "+14155550101")


def _learned(
    hashes: Mapping[Address, int] = MappingProxyType({}),
    outside: Collection[Address] = (),
    participants: Collection[Participant] = (),
) -> Learned:
    """Say what was written for the first customer."""
    return Learned(
        hashes={(1, address): address_hash for address, address_hash in hashes.items()},
        outside={(1, address) for address in outside},
        participants=participants,
        places={},
    )


def test_nothing_is_known_before_it_is_learned() -> None:
    row_cache = RowCache()
    assert row_cache.address_hash((1, _ANN), is_outside=True) is None
    assert row_cache.unknown_participants([(1, "c", 5, "own")]) == [(1, "c", 5, "own")]


def test_an_own_address_is_not_known_to_have_a_contact() -> None:
    row_cache = RowCache()
    row_cache.learn(_learned({_ANN: 5}))
    assert row_cache.address_hash((1, _ANN), is_outside=False) == 5
    assert row_cache.address_hash((1, _ANN), is_outside=True) is None
    row_cache.learn(_learned({_ANN: 5}, outside={_ANN}))
    assert row_cache.address_hash((1, _ANN), is_outside=True) == 5


def test_a_hash_of_zero_is_known() -> None:
    row_cache = RowCache()
    row_cache.learn(_learned({_ANN: 0}, outside={_ANN}))
    assert row_cache.address_hash((1, _ANN), is_outside=True) == 0


def test_customers_and_roles_are_told_apart() -> None:
    row_cache = RowCache()
    row_cache.learn(_learned({_ANN: 5}, outside={_ANN}))
    assert row_cache.address_hash((2, _ANN), is_outside=True) is None
    row_cache.learn(_learned(participants=[(1, "c", 5, "own")]))
    others: list[Participant] = [(1, "c", 5, "other"), (2, "c", 5, "own"), (1, "d", 5, "own")]
    assert row_cache.unknown_participants([(1, "c", 5, "own"), *others]) == others


def test_all_is_forgotten_at_once() -> None:
    row_cache = RowCache()
    row_cache.learn(_learned({_ANN: 5}, outside={_ANN}))
    row_cache.learn(_learned({Address("handle", "own"): 6}))
    row_cache.learn(_learned(participants=[(1, "c", 5, "own")]))
    row_cache.clear()
    assert row_cache.address_hash((1, _ANN), is_outside=True) is None
    assert row_cache.address_hash((1, Address("handle", "own")), is_outside=False) is None
    assert row_cache.unknown_participants([(1, "c", 5, "own")]) == [(1, "c", 5, "own")]


def test_memory_is_bounded() -> None:
    row_cache = RowCache()
    capacity = module._CAPACITY  # pyright: ignore[reportPrivateUsage]  # the bound is the subject
    participants: list[Participant] = [(1, "c", number, "own") for number in range(capacity + 10)]
    row_cache.learn(_learned(participants=participants))
    assert row_cache.unknown_participants(participants) == participants[:10]
